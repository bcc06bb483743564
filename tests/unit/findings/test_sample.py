import pyarrow as pa

from sidelight.findings import sample
from sidelight.findings.hits import EVENTS, HITS, MEMBERS, union
from sidelight.findings.sample import Sampler, as_hits, settle


def hit(record, rule="r", host="h", process="p", image="i", time=0):
    return {
        "rule": rule,
        "host": host,
        "process": process,
        "time": time,
        "source": "s",
        "record": record,
        "channel": "c",
        "event_id": "1",
        "image": image,
        "window": "",
    }


def table(*rows):
    return pa.Table.from_pylist(list(rows), schema=HITS)


def test_only_the_first_few_of_a_process_are_kept():
    hits = table(*(hit(n) for n in range(25)))
    assert Sampler(10, 100).choose(hits).tolist() == list(range(10))


def test_processes_of_one_image_share_a_bound():
    hits = table(*(hit(n, process=str(n)) for n in range(25)))
    assert len(Sampler(10, 20).choose(hits)) == 20


def test_a_worker_remembers_what_it_kept():
    sampler = Sampler(2, 100)
    chosen = [len(sampler.choose(table(hit(n, time=n)))) for n in range(5)]
    assert chosen == [1, 1, 0, 0, 0]


def test_what_comes_earlier_in_time_is_kept_though_it_comes_later_in_the_scan():
    sampler = Sampler(2, 100)
    assert [len(sampler.choose(table(hit(n, time=-n)))) for n in range(4)] == [1] * 4


def test_an_event_that_is_scanned_twice_counts_once():
    sampler = Sampler(2, 100)
    twice = table(hit(1), hit(1), hit(2), hit(2), hit(3))
    assert [twice.column("record")[row].as_py() for row in sampler.choose(twice)] == [1, 1, 2, 2]
    assert sampler.choose(table(hit(2))).tolist() == [0]


def test_a_worker_that_forgets_keeps_more_and_never_less(monkeypatch):
    monkeypatch.setattr(sample, "REMEMBERED", 1)
    sampler = Sampler(2, 100)
    chosen = [len(sampler.choose(table(hit(n, time=n), hit(n, "q", time=n)))) for n in range(5)]
    assert chosen == [2] * 5
    assert len(sampler._processes.groups) == 2


def test_settling_takes_off_what_only_one_worker_needed():
    full = [{"source": "s", "record": n, "fields": b"{}"} for n in range(25)]
    events = pa.Table.from_pylist(full, schema=EVENTS)
    hits = union(table(*(hit(n) for n in range(25))))
    parts = [events.slice(20), events.slice(5, 15), events.slice(0, 5)]
    kept = pa.concat_tables(settle(parts, [hits])).column("record").to_pylist()
    assert sorted(kept) == list(range(10))
    assert list(settle(parts, [])) == []


def test_members_count_by_their_group():
    row = dict.fromkeys(MEMBERS.names, "") | {
        "group": "[]",
        "time": 1,
        "record": 2,
        "rule": "b",
    }
    (got,) = as_hits(pa.Table.from_pylist([row], schema=MEMBERS)).to_pylist()
    assert (got["rule"], got["process"], got["record"], got["window"]) == ("b", "[]", 2, "")
