import numpy as np
import pyarrow as pa
import pytest

from sidelight.findings import sample
from sidelight.findings.hits import EVENTS, HITS, MEMBERS, union
from sidelight.findings.sample import Sampler, as_hits, settle


def hit(record, rule="r", host="h", process="p", image="i", time=0, source="s"):
    return {
        "rule": rule,
        "host": host,
        "process": process,
        "time": time,
        "source": source,
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


def test_a_worker_that_forgets_knows_which_groups_were_full(monkeypatch):
    monkeypatch.setattr(sample, "REMEMBERED", 4)
    sampler = Sampler(2, 2)
    scans = [table(*(hit(n, "r", image=image, time=n) for image in "abc")) for n in range(9)]
    assert sum(len(sampler.choose(scan)) for scan in scans) == 3 * 2


def test_a_worker_that_forgets_has_the_sample_whatever_the_order(monkeypatch):
    monkeypatch.setattr(sample, "REMEMBERED", 6)
    rng = np.random.default_rng(7)
    for _ in range(40):
        names = zip(rng.choice(list("abc"), 60), rng.choice(list("pqrs"), 60), strict=True)
        times = rng.integers(0, 30, 60).tolist()
        rows = [
            hit(number, image=image, process=image + process, time=time)
            for number, ((image, process), time) in enumerate(zip(names, times, strict=True))
        ]
        sampler, kept = Sampler(2, 5), set()
        for begin in range(0, 60, 4):
            part = rows[begin : begin + 4]
            kept |= {part[row]["record"] for row in sampler.choose(table(*part))}
        ordered = sorted(rows, key=lambda row: (row["time"], row["record"]))
        for row in ordered:
            before = ordered[: ordered.index(row)]
            of_image = sum(each["image"] == row["image"] for each in before)
            of_process = sum(each["process"] == row["process"] for each in before)
            assert of_image >= 5 or of_process >= 2 or row["record"] in kept


@pytest.mark.parametrize("moments", [1, 4, 40])
def test_copies_take_no_room_from_what_counts(monkeypatch, moments):
    """Two sources with the same content, of which the first by name counts, among others."""
    monkeypatch.setattr(sample, "REMEMBERED", 8)
    rng = np.random.default_rng(moments)
    for _ in range(40):
        times = {name: rng.integers(0, moments, 12).tolist() for name in ("a", "ab", "c")}
        processes = {name: rng.choice(list("pq"), 12).tolist() for name in times}
        counted = [
            hit(number, process=process, time=time, source=name)
            for name in times
            for number, (process, time) in enumerate(zip(processes[name], times[name], strict=True))
        ]
        copy = [row | {"source": "b"} for row in counted if row["source"] == "a"]
        rows = [(counted + copy)[at] for at in rng.permutation(48)]
        size, sampler, kept = int(rng.choice([1, 5, 48])), Sampler(4, 6), set()
        for begin in range(0, 48, size):
            part = rows[begin : begin + size]
            some = (part[row] for row in sampler.choose(table(*part)))
            kept |= {(row["source"], row["record"]) for row in some}
        places = [{"source": row["source"], "record": row["record"]} for row in counted]
        events = pa.Table.from_pylist([each | {"fields": b""} for each in places], schema=EVENTS)
        (wanted,) = settle([events], [table(*counted)], 4, 6)
        assert {(row["source"], row["record"]) for row in wanted.to_pylist()} <= kept


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
