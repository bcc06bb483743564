"""What logs tell of files that a look at a host, its memory or its disk made suspicious.

A load of such a file, or an event of a rule that names it, is no suspicion by itself; beside the
other evidence it says who used the file, and when. Nothing is said where no host is named:
evidence of two hosts may have a path in common. Nor is anything said of what everybody uses: of a
file whose code was changed in the memory of one program, others tell nothing by loading it, and a
path that the hits of many processes name is no sign that they belong together.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sidelight.analytics.sieve import VALID
from sidelight.analytics.sightings import digests_of, file_key
from sidelight.analytics.story import Story
from sidelight.analytics.suspicion import Cited, Reason, Sighting, State, Suspicion
from sidelight.findings.cells import coded_texts, mask
from sidelight.findings.shelf import Shelf
from sidelight.findings.surface import surface_of

_CITED: Final = 5
_NEEDLES: Final = 200
_SHORTEST: Final = 6
_COMMON: Final = 20
"""What more programs load, or hits of more processes name, is in common use."""


def witness_loads(suspicions: Sequence[Suspicion], loads: pa.Table) -> tuple[Suspicion, ...]:
    """Give *suspicions*, those of other surfaces with the loads of their files that logs tell of.

    Args:
        suspicions: of all surfaces.
        loads: united `LOADS`; those that a memory image lists are not of logs.
    """
    asked = {
        (one.host.lower(), file_key(each.path))
        for one in suspicions
        for each in one.files
        if one.host and each.surface != "log"
    }
    if not asked or not loads.num_rows:
        return tuple(suspicions)
    found = _loads(asked, loads)
    return tuple(_witnessed(one, found) for one in suspicions)


def witness_hits(stories: Sequence[Story], hits: pa.Table, shelf: Shelf) -> tuple[Story, ...]:
    """Give *stories*, with the hits whose events name a file that another surface suspects.

    Args:
        stories: in order.
        hits: united `HITS`; those that a story has already stay there.
        shelf: `EVENTS`, settled.
    """
    needles = _needles(stories)
    if not needles or not hits.num_rows:
        return tuple(stories)
    taken = {row for story in stories for row in story.hits}
    rows = _rows_by_place(hits, {host for host, _ in needles})
    patterns = [(host, _pattern(path), number) for (host, path), number in needles.items()]
    naming: list[set[int]] = [set() for _ in patterns]
    for text, source, record in _naming(needles, shelf):
        for host, row in rows.get((source, record), ()):
            for (owner, pattern, _), named in zip(patterns, naming, strict=True):
                if owner == host and row not in named and pattern.search(text):
                    named.add(row)
    added: defaultdict[int, set[int]] = defaultdict(set)
    doers = hits.column("process")
    for (_, _, number), named in zip(patterns, naming, strict=True):
        if len({doers[row].as_py() or row for row in named}) <= _COMMON:
            added[number] |= named - taken
    return tuple(
        replace(story, hits=tuple(sorted({*story.hits, *added.get(number, ())})))
        for number, story in enumerate(stories)
    )


def _loads(
    asked: set[tuple[str, str]], loads: pa.Table
) -> Mapping[tuple[str, str], Sequence[Sighting]]:
    names = ("host", "library", "image", "process", "source", "channel", "event_id", "signed",
             "signer", "status", "hashes")  # fmt: skip
    columns = {name: coded_texts(loads.column(name)) for name in names}
    codes, libraries = columns["library"]
    paths = {path for _, path in asked}
    keys = [file_key(text) for text in libraries]
    told, channels = columns["channel"]
    logs = np.array([surface_of(text) == "log" for text in channels], bool)[told]
    rows = np.flatnonzero(np.array([key in paths for key in keys], bool)[codes] & logs)
    time, record = loads.column("time").to_numpy(), loads.column("record").to_numpy()
    found: defaultdict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for row in rows.tolist():
        cell = {name: texts[code[row]] for name, (code, texts) in columns.items()}
        place = cell["host"].lower(), keys[codes[row]]
        if place in asked:
            found[place].append(_sighting(cell, int(time[row]), int(record[row])))
    return {place: sorted(some, key=lambda one: one.row.place) for place, some in found.items()}


def _sighting(cell: Mapping[str, str], time: int, record: int) -> Sighting:
    fields = (("Image", cell["image"]), ("ImageLoaded", cell["library"]),
              ("Signed", cell["signed"]), ("Signature", cell["signer"]),
              ("Hashes", cell["hashes"]))  # fmt: skip
    row = Cited(
        cell["source"], record, cell["channel"], cell["event_id"], time, cell["process"],
        cell["image"], tuple(pair for pair in fields if pair[1]),
    )  # fmt: skip
    said = {"true": cell["status"].lower() in VALID, "false": False}
    return Sighting(
        "log",
        cell["library"],
        row,
        digests_of(cell["hashes"]),
        said.get(cell["signed"].lower()),
        cell["signer"],
    )


def _witnessed(one: Suspicion, found: Mapping[tuple[str, str], Sequence[Sighting]]) -> Suspicion:
    states: defaultdict[tuple[str, str], set[State]] = defaultdict(set)
    for each in one.files:
        if each.surface != "log":
            states[one.host.lower(), file_key(each.path)].add(each.state)
    own = {(row.source, row.record) for row in one.rows}
    image = file_key(one.image)
    seen: list[Sighting] = []
    for key, some in states.items():
        loads = found.get(key, ())
        common = len({file_key(each.row.image) for each in loads}) > _COMMON
        anyone = some != {"changed"} and not common
        near = (each for each in loads if anyone or file_key(each.row.image) == image)
        others = (each for each in near if (each.row.source, each.row.record) not in own)
        seen += islice(others, _CITED)
    if not seen:
        return one
    programs = dict.fromkeys(each.row.image for each in seen if each.row.image)
    said = f"Event logs tell that {', '.join(programs) or 'a program'} loaded {seen[0].path}."
    reason = Reason(0, said, tuple(each.row for each in seen))
    return replace(one, reasons=(*one.reasons, reason), files=(*one.files, *seen))


def _needles(stories: Sequence[Story]) -> Mapping[tuple[str, str], int]:
    """Give host and path of files that other surfaces suspect, and their stories.

    Code that was changed in memory is left out: what names its file need not be about that.
    """
    found: dict[tuple[str, str], int] = {}
    for number, story in enumerate(stories):
        for one in story.suspicions:
            for each in one.files:
                asked = one.host and each.surface != "log" and each.state != "changed"
                if asked and len(found) < _NEEDLES:
                    path = file_key(each.path)
                    if len(path) >= _SHORTEST and "/" in path:
                        found.setdefault((one.host.lower(), path), number)
    return found


def _pattern(path: str) -> "re.Pattern[str]":
    r"""Find a path in JSON, whether it is written with slashes or with ``\\``."""
    written = orjson.dumps(path).decode()[1:-1]
    spelled = re.escape(written).replace("/", r"(?:/|\\\\)")
    return re.compile(rf"(?<![\w.\-]){spelled}(?![\w.\-])", re.IGNORECASE)


def _naming(needles: Mapping[tuple[str, str], int], shelf: Shelf) -> Iterator[tuple[str, str, int]]:
    """Yield the events that may name one of the files: text, source and record."""
    names = {path.rpartition("/")[2] for _, path in needles}
    every = "|".join(sorted(re.escape(orjson.dumps(name).decode()[1:-1]) for name in names))
    for events in shelf.tables():
        texts = events.column("fields").cast(pa.string())
        marks = mask(pc.match_substring_regex(texts, every, ignore_case=True))
        some = events.filter(pa.array(marks))
        source, sources = coded_texts(some.column("source"))
        record = some.column("record").to_numpy()
        for row, text in enumerate(texts.filter(pa.array(marks)).to_pylist()):
            yield text or "", sources[source[row]], int(record[row])


def _rows_by_place(
    hits: pa.Table, near: set[str]
) -> Mapping[tuple[str, int], Sequence[tuple[str, int]]]:
    """Give the hits on some hosts by source and record: host and row number."""
    host, hosts = coded_texts(hits.column("host"))
    source, sources = coded_texts(hits.column("source"))
    folded = [text.lower() for text in hosts]
    record = hits.column("record").to_numpy().tolist()
    found: defaultdict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for row, (one, other, number) in enumerate(
        zip(host.tolist(), source.tolist(), record, strict=True)
    ):
        if folded[one] in near:
            found[sources[other], number].append((folded[one], row))
    return found
