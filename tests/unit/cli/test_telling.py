"""What would leave as sightings, and who would see it."""

from pathlib import Path

from sidelight.cli.telling import _goes, _shown, _why_none, wished
from sidelight.exchange.client import Room

ROOM = Room("https://cert.example/api/collections/1/", "1", "Finds", 1000)
SIGHTING = {"sighting_of_ref": "indicator--1", "count": 3, "first_seen": "2026-01-02T00:00:00Z"}


def test_a_sighting_names_what_was_seen_and_says_who_will_see_it() -> None:
    wish = wished("anonymous")
    lines = list(_shown([SIGHTING], {"indicator--1": "A renamed player"}, wish, ROOM))
    assert lines[:2] == [
        "1 sighting, TLP:AMBER+STRICT:",
        "  A renamed player (indicator--1): 3 times, since 2026-01-02",
    ]
    assert lines[2].startswith("who will see them: whoever shared the indicator, and no other")
    assert lines[3].startswith("they go under a name that only its recipient knows")


def test_a_circle_is_named_by_its_collection() -> None:
    lines = list(_shown([SIGHTING], {}, wished("own", "circle", "TLP:GREEN"), ROOM))
    assert lines[0] == "1 sighting, TLP:GREEN:"
    assert lines[1].startswith("  indicator--1: 3 times")
    assert "in the circles of Finds, hidden members too" in lines[2]
    assert lines[3] == "they go as your organisation"


def test_verdicts_are_added_up_by_rule() -> None:
    yes = {"allow": True, "recipient": "2 of its recipients", "rule": "green", "why": "it may"}
    no = {"allow": False, "rule": "unknown-object", "why": "it is not here"}
    assert list(_goes([yes])) == ["goes to 2 of its recipients: green: it may"]
    assert list(_goes([yes, yes, no])) == [
        "goes to 2 of its recipients (2 sightings): green: it may",
        "does not go to anybody (1 sighting): unknown-object: it is not here",
    ]


def test_no_sighting_says_why() -> None:
    here = Path("kept")
    assert _why_none(0, 0, here).startswith("nothing that allies sent was hunted yet (kept): ")
    assert _why_none(4, 0, here) == "nothing that allies sent was seen (kept)"
    assert _why_none(4, 1, here) == "1 indicator was seen, and that is told already"
