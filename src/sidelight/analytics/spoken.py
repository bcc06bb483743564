"""Signals of one sort by one program, as one suspicion."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from sidelight.analytics.catalogue import ANALYTICS
from sidelight.analytics.columns import YARA
from sidelight.analytics.estate import Estate
from sidelight.analytics.paths import place_of
from sidelight.analytics.sightings import taken_at
from sidelight.analytics.suspicion import Cited, Reason, Sighting, Suspicion
from sidelight.findings.cells import Ints, Rows, coded, fold, ranked
from sidelight.findings.facts import SIGNALS
from sidelight.findings.order import numbered, sort_rows
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_CITED: Final = 60
_ACTORS: Final = 50
_BY_RUNTIME: Final = frozenset(
    {"memory.access-unbacked-stub", "memory.access-unbacked-beside-runtime"}
)
_APART: Final = 20
_DAY: Final = 86_400_000_000_000


def suspect_signals(signals: pa.Table, estate: Estate) -> Iterator[Suspicion]:
    """Group united `SIGNALS` by host, signal, executable, subject and process.

    Processes stand alone unless there are more than `_APART` of an executable, which then are one
    group. Where no process is known, a day of silence ends a group. The heaviest event of a group
    gives its points: repetition is counted, not weighed.
    """
    if not signals.num_rows:
        return
    facts = _Facts.of(signals)
    number, _ = numbered(
        [facts.folded("host"), facts.codes("signal"), facts.folded("image"), facts.codes("subject")]
    )
    order, _ = sort_rows([number, facts.codes("process"), facts.time])
    for rows in _runs(order, number):
        for some in _apart(rows, facts):
            yield _suspicion(some, facts, estate)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Signals, column by column: a text is spelled out only where it is shown."""

    texts: Mapping[str, tuple[Ints, pa.StringArray]]
    points: Ints
    time: Ints
    record: Ints

    @classmethod
    def of(cls, signals: pa.Table) -> "_Facts":
        whole = {"points", "time", "record"}
        texts = {name: coded(signals.column(name)) for name in SIGNALS.names if name not in whole}
        points, time, record = (
            signals.column(name).to_numpy() for name in ("points", "time", "record")
        )
        return cls(texts, points, time, record)

    def codes(self, name: str) -> Ints:
        return self.texts[name][0]

    def folded(self, name: str) -> Ints:
        codes, texts = self.texts[name]
        return ranked(fold(texts))[0][codes]

    def text(self, name: str, row: int) -> str:
        codes, texts = self.texts[name]
        return str(texts[int(codes[row])].as_py())

    def distinct(self, name: str, rows: Rows) -> tuple[str, ...]:
        """List the texts of rows in their order, `_ACTORS` at most."""
        codes, texts = self.texts[name]
        _, first = np.unique(codes[rows], return_index=True)
        some = (str(texts[int(codes[rows[at]])].as_py()) for at in np.sort(first).tolist())
        return tuple(islice(filter(None, some), _ACTORS))


def _runs(order: Rows, key: Ints) -> list[Rows]:
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)


def _apart(rows: Rows, facts: _Facts) -> Iterator[Rows]:
    several = _runs(rows, facts.codes("process"))
    if len(several) > _APART:
        yield rows
        return
    for mine in several:
        process = facts.text("process", mine[0])
        if process and not process.startswith("pid:"):
            yield mine
        else:
            yield from _days(mine, facts.time)


def _days(rows: Rows, time: Ints) -> list[Rows]:
    times = time[rows]
    known = times != NO_TIME
    pauses = np.diff(np.where(known, times, 0))
    return np.split(rows, np.flatnonzero((pauses > _DAY) | (np.diff(known) != 0)) + 1)


def _suspicion(rows: Rows, facts: _Facts, estate: Estate) -> Suspicion:
    source = facts.codes("source")
    rows = rows[
        np.lexsort((facts.record[rows], source[rows], facts.time[rows], -facts.points[rows]))
    ]
    lead = int(rows[0])
    host, image, text = (facts.text(name, lead) for name in ("host", "image", "said"))
    analytic = ANALYTICS[facts.text("signal", lead)]
    cited = tuple(_cited(row, facts) for row in rows[:_CITED].tolist())
    if len(rows) > 1:
        kept = f"; the {_CITED} that weigh most are listed" if len(rows) > _CITED else ""
        text = f"{text} There are {len(rows):,} such events{kept}."
    reasons = [Reason(int(facts.points[lead]), text, cited)]
    against = facts.text("against", lead)
    if against:
        reasons.append(Reason(0, against, cited[:1]))
    if analytic.id in _BY_RUNTIME:
        reasons += _runtime(host, image, cited, estate)
    return Suspicion(
        analytic=analytic.id,
        cls=analytic.cls,
        title=_matched(cited[0]) or _title(analytic.title, image),
        host=host,
        actors=facts.distinct("process", rows),
        things=facts.distinct("other", rows),
        reasons=tuple(reasons),
        image=image,
        files=_files(facts.text("files", lead), cited[0]),
    )


def _files(text: str, row: Cited) -> tuple[Sighting, ...]:
    pairs = orjson.loads(text) if text else []
    return tuple(
        Sighting(taken_at(row.channel, dict(row.fields)), path, row, state=state)
        for path, state in pairs
    )


def _runtime(host: str, image: str, cited: tuple[Cited, ...], estate: Estate) -> Iterator[Reason]:
    """Weigh stubs by whether the program has a runtime that makes such stubs."""
    name = place_of(image).file
    match estate.is_managed(host, image):
        case True:
            yield Reason(-20, f"{name} loads .NET, whose stubs look like this.", cited[:1])
        case False:
            text = f"The loads of {name} are logged, and .NET with its stubs is not among them."
            yield Reason(15, text, cited[:1])
        case None:
            pass


def _title(title: str, image: str) -> str:
    name = image.rpartition("\\")[2].rpartition("/")[2]
    return f"{title}: {name}" if name else title


def _matched(cited: Cited) -> str:
    """Name the rule of the user's that a signal is a match of, and where; else nothing."""
    fields = dict(cited.fields)
    if cited.channel != YARA:
        return ""
    target = fields.get("Target", "")
    name = target.rpartition("/")[2]  # a name of ours, in which a backslash is a letter
    rule = f"YARA rule {fields.get('Rule', '')}"
    image = fields.get("Image", "")
    return _title(rule, image) if image or not name else f"{rule}: {name}"


def _cited(row: int, facts: _Facts) -> Cited:
    fields = orjson.loads(facts.text("fields", row) or "{}")
    return Cited(
        facts.text("source", row),
        int(facts.record[row]),
        facts.text("channel", row),
        facts.text("event_id", row),
        int(facts.time[row]),
        facts.text("process", row),
        facts.text("image", row),
        tuple(fields.items()),
    )
