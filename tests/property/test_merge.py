"""Merging: tables unite as sets, and findings do not depend on how a scan was cut."""

from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sidelight.findings.conclude import RuleInfo, conclude
from sidelight.findings.finding import RuleRef
from sidelight.findings.hits import TABLES, empty, merge, union
from sidelight.findings.matches import event_rows, hit_rows
from sidelight.findings.processes import process_rows
from sidelight.findings.sample import Sampler, settle
from sidelight.findings.shelf import ROOM, Shelf
from sidelight.findings.spool import Spool
from sidelight.schema import NO_TIME, Frame, Kind, encode

TEXTS = st.sampled_from(["", "a", "A", "ab", "é", "\U0001f600"])


def cell(field):
    if pa.types.is_integer(field.type):
        return st.sampled_from([NO_TIME, -1, 0, 1, 2**62])
    if pa.types.is_boolean(field.type):
        return st.booleans()
    if pa.types.is_binary(field.type):
        return TEXTS.map(str.encode)
    return st.none() | TEXTS if field.name == "value" else TEXTS


def rows_of(schema):
    return st.lists(st.fixed_dictionaries({f.name: cell(f) for f in schema}), max_size=5)


def tables(name):
    schema = TABLES[name]
    return st.lists(rows_of(schema), min_size=3, max_size=3).map(
        lambda lists: [pa.Table.from_pylist(rows, schema=schema) for rows in lists]
    )


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(TABLES)).flatmap(tables))
def test_union_is_associative_commutative_and_idempotent(three):
    a, b, c = three
    whole = union(a, b, c)
    assert union(union(a, b), c).equals(whole)
    assert union(a, union(b, c)).equals(whole)
    assert union(c, b, a).equals(whole)
    assert union(whole, whole, b).equals(whole)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(TABLES)).flatmap(tables))
def test_union_keeps_every_row_once_in_order(three):
    rows = [tuple(row.values()) for table in three for row in table.to_pylist()]
    order = sorted(set(rows), key=lambda row: [(c is not None, encoded(c)) for c in row])
    assert [tuple(row.values()) for row in union(*three).to_pylist()] == order


def encoded(value):
    return value.encode() if isinstance(value, str) else value


def test_merging_nothing_gives_empty_parts():
    assert merge() == empty()


KIND = Kind("windows", "Microsoft-Windows-Sysmon/Operational", "1")
NAMES = ["ProcessGuid", "ProcessId", "Image", "ParentProcessGuid", "ParentProcessId", "ParentImage"]
RULES = {
    "r": RuleInfo(RuleRef("r", "R", "high"), ("attack.t1055",)),
    "q": RuleInfo(RuleRef("q", "Q", "low")),
}


@st.composite
def events(draw):
    """Process starts in few sources, with GUIDs, reused PIDs and a clock that stands still."""
    number = draw(st.integers(1, 14))
    made = []
    for record in range(number):
        parent = draw(st.integers(0, record))
        guid = draw(st.sampled_from(["", f"{{g{record}}}"]))
        made.append(
            {
                "record": record,
                "time": draw(st.sampled_from([0, 1, 1, 2, 3])),
                "host": draw(st.sampled_from(["H", "h", "k"])),
                "ProcessGuid": guid,
                "ProcessId": draw(st.sampled_from(["4", "0x4", "5"])),
                "Image": draw(st.sampled_from(["C:\\a.exe", "c:\\A.EXE", "b.exe"])),
                "ParentProcessGuid": draw(st.sampled_from(["", f"{{g{parent}}}"])),
                "ParentProcessId": draw(st.sampled_from(["4", "5"])),
                "ParentImage": draw(st.sampled_from(["a.exe", "b.exe", ""])),
                "rules": draw(st.sets(st.sampled_from(["r", "q"]))),
            }
        )
    return made


def frame(rows):
    return Frame(
        KIND,
        ("s",),
        np.zeros(len(rows), np.int32),
        np.array([row["record"] for row in rows], np.int64),
        np.array([row["time"] for row in rows], np.int64),
        encode([row["host"] for row in rows]),
        {name: encode([row[name] for row in rows]) for name in NAMES},
        lambda picked: [{"n": str(rows[index]["record"])} for index in picked.tolist()],
    )


def scan(rows, sampler):
    one = frame(rows)
    matched = {
        rule: np.array([n for n, row in enumerate(rows) if rule in row["rules"]], np.intp)
        for rule in ("r", "q")
    }
    hits = hit_rows(one, matched)
    where = np.concatenate([matched["r"], matched["q"]])[sampler.choose(hits)]
    return replace(
        empty(),
        hits=hits,
        events=event_rows([one], [np.unique(where)]),
        processes=process_rows(one),
    )


def findings(parts, limit, room=ROOM):
    with Spool(limit=limit) as spool:
        for part in parts:
            spool.add(part)
        hits = union(*spool.tables("hits"))
        full = settle(spool.tables("events"), [hits], each_process=2, each_image=3)
        with closing(Shelf.of(full, spool.folder, room)) as shelf:
            return list(conclude(hits, shelf, spool.tables("processes"), RULES))


@settings(max_examples=50, deadline=None)
@given(events(), st.lists(st.integers(0, 14), max_size=3), st.randoms(), st.integers(1, 3))
def test_findings_are_the_same_whatever_the_cut(rows, cuts, random, workers):
    """Parts cut, shuffled, repeated and scanned by several workers, on disk or in memory."""
    whole = findings([scan(rows, Sampler(2, 3))], limit=1 << 20)
    edges = sorted({0, *(min(cut, len(rows)) for cut in cuts), len(rows)})
    pieces = [rows[a:b] for a, b in pairwise(edges)] * 2
    random.shuffle(pieces)
    samplers = [Sampler(2, 3) for _ in range(workers)]
    parts = [scan(piece, samplers[n % workers]) for n, piece in enumerate(pieces)]
    limit, room = random.choice([0, 1 << 20]), random.choice([0, ROOM])
    assert findings(parts, limit, room) == whole


@settings(max_examples=25, deadline=None)
@given(events())
def test_counts_are_exact_and_every_hit_is_in_one_finding(rows):
    found = findings([scan(rows, Sampler(2, 3))], limit=1 << 20)
    seen = sorted((f.rules[0].id, e.record) for f in found for e in f.evidence)
    assert seen == sorted((rule, row["record"]) for row in rows for rule in row["rules"])
    assert all(f.count == len(f.evidence) for f in found)
