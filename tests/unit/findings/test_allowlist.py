from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sample_run import findings
from sidelight.findings.allowlist import SCOPES, Entry, Sieve, covers, matches
from sidelight.findings.finding import Evidence, Finding, Process
from sidelight.schema import Event

TODAY = date(2026, 6, 1)
HASH = "ab" * 32


def load(**fields: str) -> Evidence:
    event: Event = {
        "Image": r"C:\ProgramData\Media\player.exe",
        "ImageLoaded": r"C:\ProgramData\Media\codec.dll",
        "Signed": "true",
        "Signature": "Media House",
        "SignatureStatus": "Valid",
        "Hashes": f"MD5={'0' * 32},SHA256={HASH.upper()}",
        **fields,
    }
    return Evidence("a.evtx", 1, "Sysmon", "7", 1, ("r",), event)


def found(*evidence: Evidence, **changes: object) -> Finding:
    some = evidence or (load(),)
    whole = replace(findings()[0], evidence=some, count=len(some))
    return replace(whole, **changes)  # type: ignore[arg-type]


def entry(days: int = 30, name: str = "e", **scope: Sequence[str] | str) -> Entry:
    pairs = {key.rstrip("_"): value for key, value in scope.items()}
    return Entry(
        name,
        "noc",
        "ours",
        TODAY + timedelta(days),
        tuple((key, (v,) if isinstance(v, str) else tuple(v)) for key, v in pairs.items()),
    )


RULE = findings()[0].rules[0].id


@pytest.mark.parametrize(
    ("scope", "right", "wrong"),
    [
        ("rule", RULE, "memory.clr"),
        ("class", "sideload", "memory"),
        ("host", "WS-1?", "dc-*"),
        ("host", "*.operator.example", "operator"),
        ("image", r"c:\programdata\*", r"C:\Windows\*"),
        ("image", "C:/ProgramData/Media/PLAYER.EXE", "player.exe"),
        ("subject", r"*\codec.dll", r"*\codec"),
        ("signer", "media h*", "media"),
        ("sha256", HASH, "cd" * 32),
    ],
)
def test_each_scope_holds_for_what_it_names(scope: str, right: str, wrong: str) -> None:
    finding = found()
    assert covers(entry(**{scope: right}), finding) == "whole"
    assert covers(entry(**{scope: ["nothing", right]}), finding) == "whole"
    assert covers(entry(**{scope: wrong}), finding) == "not"


def test_every_part_of_a_scope_must_hold() -> None:
    assert covers(entry(rule=RULE, host="ws-*"), found()) == "whole"
    assert covers(entry(rule=RULE, host="dc-*"), found()) == "not"


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_finding_that_says_nothing_of_a_scope_is_not_hidden_by_it(scope: str) -> None:
    bare = found(Evidence("a", 1, "c", "1", 1, (), {}), host="", process=(), rules=())
    text = "memory" if scope == "class" else "*"
    assert covers(entry(**{scope: text}), bare) == "not"


@pytest.mark.parametrize(
    "other",
    [
        load(ImageLoaded=r"C:\ProgramData\Media\other.dll"),
        load(Image=r"C:\ProgramData\Media\other.exe"),
        load(Signature="Someone Else"),
        load(Signed="false"),
        load(SignatureStatus="Expired"),
        load(Hashes="SHA256=" + "cd" * 32),
        load(Hashes=""),
    ],
)
def test_one_event_that_differs_keeps_a_finding(other: Evidence) -> None:
    strict = entry(subject=r"*\codec.dll", image=r"*\player.exe", signer="Media House", sha256=HASH)
    assert covers(strict, found(load(), load())) == "whole"
    assert covers(strict, found(load(), other)) == "not"


def test_an_executable_that_loads_itself_is_not_its_own_library() -> None:
    own = load(ImageLoaded=r"c:\programdata\media\PLAYER.exe", Signed="false", Hashes="")
    assert covers(entry(subject=r"*\codec.dll", sha256=HASH), found(load(), own)) == "whole"


@pytest.mark.parametrize("scope", ["subject", "signer", "sha256"])
def test_events_that_are_not_known_in_full_keep_a_finding(scope: str) -> None:
    value = {"subject": "*", "signer": "*", "sha256": HASH}[scope]
    assert covers(entry(**{scope: value}), found(count=2)) == "partly"
    some = found(load(), replace(load(), fields=None))
    assert covers(entry(**{scope: value}), some) == "partly"


def test_a_rule_that_only_happened_to_match_hides_nothing() -> None:
    first, second = findings()[0].rules[0], findings()[1].rules[0]
    assert covers(entry(rule=second.id), found(rules=(first, second))) == "not"


def test_what_is_hidden_is_counted_once_and_for_each_entry() -> None:
    sieve = Sieve([entry(rule=RULE), entry(name="f", class_="sideload")], TODAY)
    some = [found(count=3), found(cls="memory"), found(cls="memory", rules=())]
    assert list(sieve.sift(some)) == some[2:]
    assert sieve.hidden == 2
    assert [(use.state, use.findings, use.events) for use in sieve.uses()] == [
        ("applied", 2, 4),
        ("applied", 1, 3),
    ]


def test_an_entry_ends_after_its_last_day() -> None:
    for days, kept in ((0, 0), (-1, 1)):
        sieve = Sieve([entry(days, rule=RULE)], TODAY)
        assert len(list(sieve.sift([found()]))) == kept
        assert [(use.state, use.findings) for use in sieve.uses()] == [
            ("expired" if kept else "applied", 1)
        ]


def test_an_entry_that_hides_nothing_says_so() -> None:
    sieve = Sieve([entry(host="x")], TODAY)
    assert list(sieve.sift([found()])) == [found()]
    assert [(use.state, use.findings) for use in sieve.uses()] == [("unused", 0)]


def test_a_finding_that_is_partly_known_is_shown_and_counted() -> None:
    sieve = Sieve([entry(subject="*")], TODAY)
    assert len(list(sieve.sift([found(count=9)]))) == 1
    assert [(use.state, use.partly) for use in sieve.uses()] == [("unused", 1)]


def test_a_pattern_has_two_signs_and_no_others() -> None:
    assert matches([r"C:\a[1]\*.dll"], r"c:\A[1]\b.DLL")
    assert not matches([r"C:\a[1]\*.dll"], r"c:\a1\b.dll")
    assert not matches(["a.b"], "axb")
    assert matches(["?"], "x")
    assert not matches(["?"], "xy")


def test_a_process_is_only_the_one_that_acts() -> None:
    line = (Process(r"C:\other.exe"), Process(r"C:\ProgramData\Media\player.exe"))
    assert covers(entry(image=r"*\player.exe"), found(process=line)) == "not"
