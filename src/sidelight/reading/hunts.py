"""Sigma rules made of what a report claims: each says from which words, none blocks anything.

Source: Sigma specification 2.1 (rules, taxonomy of fields).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID, uuid5

import yaml

from sidelight.intel.width import TOO_WIDE
from sidelight.reading.compare import Story
from sidelight.reading.indicators.observable import Observable
from sidelight.reading.read import Reading
from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.traces import LOGS, Log, dotted, literal, tail, windows

_SPACE: Final = UUID("2c7e2a52-5f8c-5a31-9f0e-6a2d3c1b9e44")
TAG: Final = "sidelight.report"
"""Tag of every rule that is made of a report."""

_SILENT: Final = (
    "documentation", "private address", "host itself", "resolver", "warning list", TOO_WIDE,
)  # fmt: skip
_MOST: Final = 500


def sought(each: Observable) -> str:
    """Give the kind of log to seek *each* in; "" where nothing here could tell of it.

    What is reserved, private or on a warning list is not sought: it would be found everywhere.
    """
    if any(word in remark for remark in each.remarks for word in _SILENT):
        return ""
    if each.kind == "path":
        return "unix" if each.value.startswith("/") else "path" if "\\" in each.value[1:] else ""
    return each.kind if each.kind in LOGS else ""


def make_rules(identity: str, stories: Sequence[Story]) -> dict[str, str]:
    """Make the rules of a report, by the name of their file."""
    seen = [each for story in stories for reading in story.readings for each in reading.observed]
    groups: dict[str, dict[str, Observable]] = defaultdict(dict)
    for each in seen:
        if kind := sought(each):
            groups[kind].setdefault(each.value, each)
    rules: dict[str, str] = {}
    for kind, values in sorted(groups.items()):
        for number, log in enumerate(LOGS[kind], 1):
            rules[f"{kind}-{number}.yml"] = _rule(
                identity, kind, log, list(values.values())[:_MOST]
            )
    for number, pair in enumerate(_pairs(stories), 1):
        rules[f"sideload-{number}.yml"] = _pair_rule(identity, *pair)
    for number, each in enumerate((each for each in seen if each.kind == "sigma"), 1):
        if adopted := _adopted(identity, each):
            rules[f"quoted-{number}.yml"] = adopted
    return rules


def _rule(identity: str, kind: str, log: Log, values: Sequence[Observable]) -> str:
    place = log.source["category"].replace("_", " ")
    wanted = sorted({dotted(kind, log.value(each.value)) for each in values})
    detection: dict[str, object] = {"named": {log.field: wanted}, "condition": "named"}
    if log.below:
        below = {log.below: [f".{value}" for value in wanted]}
        detection = {"named": {log.field: wanted}, "below": below, "condition": "named or below"}
    return _written(identity, f"Report {identity}: {kind} in {place}", log, detection)


def _pair_rule(identity: str, program: str, library: str) -> str:
    log = Log(windows("image_load"), "", "high")
    both = {
        "Image|endswith": literal(tail(program)),
        "ImageLoaded|endswith": literal(tail(library)),
    }
    title = f"Report {identity}: {program} loads {library}"
    return _written(identity, title, log, {"pair": both, "condition": "pair"}, "attack.t1574.001")


def _written(
    identity: str, title: str, log: Log, detection: Mapping[str, object], *tags: str
) -> str:
    rule = {
        "title": title,
        "id": str(uuid5(_SPACE, f"{title} {log.source} {detection}")),
        "status": "experimental",
        "description": f"What report {identity} names, as it names it. It tells where to look, "
        "and is no reason to block anything.",
        "author": "Sidelight, from a report",
        "tags": [TAG, *tags],
        "logsource": dict(log.source),
        "detection": dict(detection),
        "falsepositives": ["The same name by chance; files that an incident responder copied"],
        "level": log.level,
    }
    return yaml.safe_dump(rule, sort_keys=False, allow_unicode=True, width=1_000)


def _pairs(stories: Sequence[Story]) -> Iterator[tuple[str, str]]:
    """Yield program and library of sentences that speak of sideloading and name one of each."""
    found: dict[tuple[str, str], None] = {}
    for story in stories:
        for reading in story.readings:
            for pair in _of_reading(reading):
                found.setdefault(pair)
    yield from found


def _of_reading(reading: Reading) -> Iterator[tuple[str, str]]:
    if not any(each.id.startswith("T1574") and not each.denied for each in reading.techniques):
        return
    files = [each for each in reading.observables if each.kind == "file"]
    for program in files:
        for library in files:
            close = 0 < abs(program.span.start - library.span.start) < 200
            is_pair = program.value.lower().endswith(".exe") and library.value.lower().endswith(
                (".dll", ".ocx", ".cpl")
            )
            if close and is_pair:
                yield program.value, library.value


def _adopted(identity: str, each: Observable) -> str:
    """Take over a Sigma rule that a report quotes, with a title that says whence.

    "" where it is broken, or is none that can be run: nothing is promised that will be refused.
    """
    try:
        document = yaml.safe_load(each.body)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    if not isinstance(document, dict) or "detection" not in document:
        return ""
    tags = [tag for tag in document.get("tags") or [] if isinstance(tag, str)]
    document |= {
        "title": f"Report {identity}, quoted: {each.value}",
        "id": str(uuid5(_SPACE, each.body)),
        "tags": [TAG, *tags],
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1_000)
    compiled = compile_documents([RuleFile("quoted", text.encode())], digest="")
    return text if compiled.rules and not compiled.refused else ""
