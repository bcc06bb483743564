"""What the user hands in speaks in a hunt, and never by itself."""

from collections.abc import Mapping

import pyarrow as pa

from sidelight.analytics import ownership
from sidelight.analytics.baseline import learn
from sidelight.analytics.estate import Estate
from sidelight.analytics.hijacks import Hijack, by_name
from sidelight.analytics.knowledge import NOTHING, Knowledge
from sidelight.analytics.sideload import LEAST
from sidelight.analytics.suspicion import Reason
from sidelight.findings.facts import LOADS, WRITES

PLAYER = r"C:\Tools\player.exe"


def loads(*libraries: str, host: str = "h", **known: object) -> pa.Table:
    blank: dict[str, object] = dict.fromkeys(LOADS.names, "")
    rows = [
        blank
        | {"host": host, "image": PLAYER, "library": library, "signed": "false"}
        | {"time": 10**18, "record": number, "source": "s"}
        | known
        for number, library in enumerate(libraries)
    ]
    return pa.Table.from_pylist(rows, schema=LOADS)


def said(table: pa.Table, known: Knowledge) -> Mapping[str, tuple[Reason, ...]]:
    """Give the reasons of ownership by library."""
    estate = Estate.of(table, WRITES.empty_table())
    estate.known = known
    return {load.library.name: tuple(ownership.reasons(load, estate)) for load in estate.loads}


def only(table: pa.Table, known: Knowledge) -> list[tuple[int, str]]:
    """Give what the knowledge adds."""
    with_it, without = said(table, known), said(table, NOTHING)
    return [
        (reason.points, reason.text)
        for name, reasons in with_it.items()
        for reason in reasons
        if reason not in without[name]
    ]


QUIET = Knowledge(learn(loads(r"C:\Tools\a.dll", r"C:\Tools\b.dll", host="quiet")))


def test_a_pair_that_was_usual_speaks_against() -> None:
    assert only(loads(r"D:\Apps\a.dll"), QUIET) == [
        (-25, "This pair was loaded on 1 host in the baseline since 2001-09-09.")
    ]


def test_a_new_library_of_a_known_program_speaks_for_and_not_by_itself() -> None:
    ((points, text),) = only(loads(r"C:\Tools\new.dll"), QUIET)
    assert text == ("New: the baseline knows player.exe with 2 other libraries, not with this.")
    assert 0 < points < LEAST


def test_a_program_that_is_not_known_says_nothing() -> None:
    assert only(loads(r"C:\Tools\a.dll", image=r"C:\Tools\other.exe"), QUIET) == []


def test_another_signature_or_sort_of_folder_is_new() -> None:
    signed = {"signed": "true", "status": "Valid", "signer": "Someone"}
    for table in (loads(r"C:\Tools\a.dll", **signed), loads(r"C:\Users\Public\a.dll")):
        assert [points for points, _ in only(table, QUIET)] == [8]


TABLE = Knowledge(
    hijacks=by_name(
        [
            Hijack(
                "codec.dll",
                "Media House",
                ("Media House GmbH",),
                (r"%PROGRAMFILES%\Media House",),
                ("player.exe",),
            ),
            Hijack("open.dll", "Open Works", (), (r"%PROGRAMFILES%\Open",), ("open.exe",)),
        ]
    )
)
HOUSE = {"signed": "true", "status": "Valid", "signer": "Media House GmbH"}
STRANGER = HOUSE | {"signer": "Stranger Ltd"}


def points(path: str, **known: object) -> list[int]:
    return [points for points, _ in only(loads(path, **known), TABLE)]


def test_the_expected_signer_speaks_against_wherever_the_library_lies() -> None:
    assert points(r"C:\Tools\codec.dll", **HOUSE) == [-40]
    assert points(r"C:\Tools\codec.dll", **HOUSE | {"signer": "Media House"}) == [-40]
    assert points(r"C:\Tools\codec.dll", **HOUSE | {"status": "Revoked"}) == [25, 5]


def test_another_signer_elsewhere_speaks_for() -> None:
    for known in (STRANGER, {"signed": "false"}):
        assert points(r"C:\Tools\codec.dll", **known) == [25, 5]
    assert points(r"C:\Program Files\Media House\codec.dll") == [5]


def test_a_program_that_is_not_listed_adds_nothing() -> None:
    assert points(r"C:\Tools\codec.dll", **STRANGER, image=r"C:\Tools\other.exe") == [25]


def test_where_no_signer_is_listed_the_vendor_and_a_broken_signature_count() -> None:
    assert points(r"C:\Tools\open.dll", **HOUSE | {"signer": "Open Works AG"}) == [-40]
    assert points(r"C:\Tools\open.dll", **STRANGER) == []
    assert points(r"C:\Tools\open.dll") == [10]


def test_a_library_that_is_not_listed_or_of_which_no_signature_is_known_says_nothing() -> None:
    assert points(r"C:\Tools\other.dll") == []
    assert points(r"C:\Tools\codec.dll", signed="") == []
