"""Entries of the audit log with names beside ids and times that can be read."""

import json

from sidelight.cli.audit_entries import is_about, is_by, lines_of, record_of
from sidelight.exchange.store.audit import Entry

A = "00000000-0000-4000-8000-00000000000a"
FINDS = "00000000-0000-4000-8000-0000000000f1"
NAMES = {A: "Operator A", FINDS: "Finds"}
AT = 1_800_000_000_123_456


def entry(action: str, actor: str = f"soc@a of {A}", **detail: object) -> Entry:
    return Entry(7, AT, actor, action, json.dumps(detail), "f" * 64)


def test_ids_have_names_and_instants_are_times() -> None:
    made = entry("issue token", organisation=A, expires=AT, id="5f1c0a7be2d4")
    head, rest = lines_of(made, NAMES)
    assert head == f"7  2027-01-15T08:00:00Z  issue token, by soc@a of Operator A ({A})"
    assert f"organisation Operator A ({A})" in rest
    assert "expires 2027-01-15T08:00:00Z" in rest


def test_many_objects_are_counted_and_the_first_named() -> None:
    added = [[f"indicator--{number}", "2026"] for number in range(9)]
    _, rest = lines_of(entry("add", collection=FINDS, added=added, refused=[], again=0), NAMES)
    assert (
        "added 9 objects: indicator--0 2026, indicator--1 2026, indicator--2 2026, and 6 more"
        in rest
    )
    assert f"collection Finds ({FINDS})" in rest
    assert "refused nothing" in rest


def test_a_register_is_named_by_its_version_alone() -> None:
    made = entry("register", "root", version=3, register=json.dumps({"organisations": [A]}))
    assert list(lines_of(made, NAMES))[1] == "    version 3"
    assert record_of(made, NAMES)["detail"] == {"version": 3, "register": {"organisations": [A]}}


def test_a_record_keeps_ids_and_says_what_they_are_called() -> None:
    found = record_of(entry("add", collection=FINDS, due=AT), NAMES)
    assert found["actor"] == f"soc@a of {A}"
    assert found["detail"] == {"collection": FINDS, "due": "2027-01-15T08:00:00Z"}
    assert found["names"] == NAMES
    assert found["at"] == "2027-01-15T08:00:00Z"


def test_entries_are_chosen_by_name_id_and_word() -> None:
    made = entry("add", collection=FINDS)
    assert is_by(made, "operator a", NAMES)
    assert is_by(made, A, NAMES)
    assert not is_by(made, "finds", NAMES)
    assert is_about(made, "finds", NAMES)
    assert is_about(made, "ADD", NAMES)
    assert not is_about(made, "revoke", NAMES)
