"""Analytics: conclusions do not depend on how a scan was cut; stories are what their rules say."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from analytic_cases import frames_of, placed
from examples import examples
from sidelight.analytics.conclude import Concluded, Facts, conclude_facts
from sidelight.analytics.scan import facts_of
from sidelight.findings.conclude import Limits, RuleInfo
from sidelight.findings.facts import FACTS
from sidelight.findings.finding import RuleRef
from sidelight.findings.hits import HITS, union
from sidelight.findings.matches import hit_rows
from sidelight.findings.processes import process_rows
from sidelight.findings.shelf import Shelf

RULES = {
    "r": RuleInfo(RuleRef("r", "R", "high"), ("attack.t1055",)),
    "q": RuleInfo(RuleRef("q", "Q", "low"), ("attack.t1003",)),
}
SYSTEM = "C:\\Windows\\System32\\"
PROGRAMS = (SYSTEM + "notepad.exe", r"C:\Users\a\Media\player.exe", SYSTEM + "cmd.exe")
LIBRARIES = (
    SYSTEM + "version.dll",
    r"C:\Users\a\Media\version.dll",
    r"C:\Users\a\Media\codec.dll",
    r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
    PROGRAMS[1],
)
FILES = (r"C:\Users\a\Media\version.dll", r"C:\Users\a\Media\x.dat", r"C:\Users\a\Media\y.dat")
SIGNERS = st.sampled_from(
    (
        {},
        {"Signed": "false", "Signature": "-", "SignatureStatus": "Unavailable"},
        {"Signed": "true", "Signature": "Microsoft Windows", "SignatureStatus": "Valid"},
        {"Signed": "true", "Signature": "Acme", "SignatureStatus": "Valid"},
    )
)
PROCESS = st.sampled_from(("{1}", "{2}", "{3}", ""))


def _made(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    image, guid = draw(st.sampled_from(PROGRAMS)), draw(PROCESS)
    actor = {"Image": image, "ProcessGuid": guid, "ProcessId": draw(st.sampled_from(("4", "8")))}
    match kind:
        case "load":
            return {**actor, "ImageLoaded": draw(st.sampled_from(LIBRARIES)), **draw(SIGNERS)}
        case "write":
            return {**actor, "TargetFilename": draw(st.sampled_from(FILES))}
        case "start":
            parent = {"ParentProcessGuid": draw(PROCESS), "ParentProcessId": "4"}
            return {**actor, **parent, "OriginalFileName": draw(st.sampled_from(("x.exe", "-")))}
        case _:
            source = {"SourceImage": image, "SourceProcessGuid": guid}
            target = {"TargetImage": draw(st.sampled_from(PROGRAMS)), "TargetProcessGuid": "{2}"}
            return {**source, **target, "StartAddress": "0x10000", "StartModule": "-"}


@st.composite
def event_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of few hosts, processes and files, in disorder, some at one time."""
    events = []
    for record in range(draw(st.integers(1, 12))):
        kind = draw(st.sampled_from(("load", "load", "write", "start", "thread")))
        place = {
            "is": kind,
            "record": record,
            "at": draw(st.sampled_from((0, 1, 1, 2, 700))),
            "host": draw(st.sampled_from(("H", "h", "k"))),
            "source": draw(st.sampled_from(("s", "t"))),
            "rules": draw(st.sampled_from(((), (), ("r",), ("q", "r")))),
        }
        events.append({**place, **_made(draw, kind)})
    return events


def concluded(parts: Sequence[Sequence[dict[str, Any]]]) -> Concluded:
    """Scan each part by itself, unite, conclude."""
    facts: dict[str, list[pa.Table]] = {name: [s.empty_table()] for name, s in FACTS.items()}
    hits, processes = [HITS.empty_table()], []
    for part in parts:
        bare = [{name: cell for name, cell in e.items() if name != "rules"} for e in part]
        kinds = list(dict.fromkeys(each["is"] for each in placed(bare)))
        for kind, frame in zip(kinds, frames_of(bare), strict=True):
            rows = [each for each in part if each["is"] == kind]
            matched = {
                rule: np.array([n for n, e in enumerate(rows) if rule in e["rules"]], np.intp)
                for rule in RULES
            }
            hits.append(hit_rows(frame, matched))
            processes.append(process_rows(frame))
            for name, table in facts_of([frame]).items():
                facts[name].append(table)
    whole = Facts(**{name: union(*tables) for name, tables in facts.items()})
    limits = Limits(100, 10)
    return conclude_facts(whole, union(*hits), Shelf.of([]), processes, RULES, limits)


@examples(20)
@given(event_lists(), st.lists(st.integers(0, 12), max_size=3), st.randoms())
def test_conclusions_are_the_same_whatever_the_cut(
    events: list[dict[str, Any]], cuts: list[int], random: Any
) -> None:
    """Parts cut anywhere, shuffled, and some of them scanned twice."""
    whole = concluded([events])
    edges = sorted({0, *(min(cut, len(events)) for cut in cuts), len(events)})
    pieces = [events[a:b] for a, b in pairwise(edges)] * 2
    random.shuffle(pieces)
    assert concluded([random.sample(piece, len(piece)) for piece in pieces]) == whole


@examples(25)
@given(event_lists())
def test_scores_are_in_bounds_and_rest_on_events_that_are_there(
    events: list[dict[str, Any]],
) -> None:
    found = concluded([events])
    there = {(event["source"], event["record"]) for event in events}
    for finding in found.findings:
        assert 0 <= finding.score <= 100
        assert {place for weight in finding.weights for place in weight.events} <= there
        assert {(each.source, each.record) for each in finding.evidence} <= there
        assert finding.count == len({(e.source, e.record) for e in finding.evidence})
        assert finding.story
    ids = [finding.id for finding in found.findings]
    assert len(set(ids)) == len(ids)
    assert list(found.told) == sorted(set(found.told))
