"""Hits as numbers: which group each is in, which event it is about, and who acted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Ints, Rows, coded, fold, listed, ranked
from sidelight.findings.kin import Kin
from sidelight.findings.lineage import signatures
from sidelight.findings.order import numbered, sort_rows
from sidelight.findings.starts import actors
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """One text column: of each hit the number of its text, texts in order."""

    code: Ints
    texts: list[str]

    @classmethod
    def of(cls, table: pa.Table, name: str) -> Self:
        """Read a column of *table*."""
        code, texts = ranked(table.column(name))
        return cls(code, listed(texts))

    def __getitem__(self, row: int) -> str:
        text: str = self.texts[self.code[row]]
        return text

    def at(self, rows: Rows) -> list[str]:
        """Give the texts of some hits."""
        texts = self.texts
        return [texts[code] for code in self.code[rows].tolist()]

    def only(self, rows: Rows) -> Self:
        """Leave out all hits but some."""
        return replace(self, code=self.code[rows])


@dataclass(frozen=True, slots=True)
class Events:
    """Hits by their events.

    Args:
        order: hits in order of (source, record, rule).
        begins: where in *order* each event begins, and one number more for the end.
        event: of each hit, the number of its event.
    """

    order: Rows
    begins: Ints
    event: Ints

    @classmethod
    def of(cls, source: Ints, record: Ints, rule: Ints) -> Self:
        """Put hits in order."""
        order, _ = sort_rows([source, record, rule])
        fresh = np.zeros(len(order), bool)
        fresh[:1] = True
        for key in (source, record):
            fresh[1:] |= np.diff(key[order]) != 0
        event = np.empty(len(order), np.int64)
        event[order] = np.cumsum(fresh) - 1
        return cls(order, np.append(np.flatnonzero(fresh), len(order)), event)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All hits, column by column.

    Args:
        folded: of each hit, its host without case.
        actor: of each hit, its row in *kin*; PIDs count as one actor for each time.
        kin: who acted, with ancestors.
        signature: of each hit, what its process and ancestors look like.
    """

    rule: Texts
    host: Texts
    folded: Texts
    window: Texts
    source: Texts
    channel: Texts
    event_id: Texts
    time: Ints
    record: Ints
    actor: Ints
    kin: Kin
    signature: Texts
    events: Events

    @classmethod
    def of(cls, hits: pa.Table, processes: Sequence[pa.Table]) -> Self:
        """Lay out *hits* (`HITS`), looking up who acted in `PROCESSES`."""
        host_code, hosts = ranked(hits.column("host"))
        same, folded_texts = ranked(fold(hosts))
        folded = Texts(same[host_code], listed(folded_texts))
        rule, source = Texts.of(hits, "rule"), Texts.of(hits, "source")
        time, record = hits.column("time").to_numpy(), hits.column("record").to_numpy()
        actor, wanted = distinct_actors(hits, folded.code, time)
        kin = Kin.of(processes, wanted)
        number, texts = signatures(kin)
        return cls(
            rule=rule,
            host=Texts(host_code, listed(hosts)),
            folded=folded,
            window=Texts.of(hits, "window"),
            source=source,
            channel=Texts.of(hits, "channel"),
            event_id=Texts.of(hits, "event_id"),
            time=time,
            record=record,
            actor=actor,
            kin=kin,
            signature=Texts(number[actor], texts),
            events=Events.of(source.code, record, rule.code),
        )

    def only(self, rows: Rows) -> Self:
        """Leave out all hits but some; who acted in the others is still known."""
        texts = ("rule", "host", "folded", "window", "source", "channel", "event_id", "signature")
        left = {name: getattr(self, name).only(rows) for name in texts}
        numbers = {name: getattr(self, name)[rows] for name in ("time", "record", "actor")}
        places = left["source"].code, numbers["record"], left["rule"].code
        return replace(self, **left, **numbers, events=Events.of(*places))

    def rules_at(self, rows: Rows) -> list[tuple[str, ...]]:
        """Name every rule that matched the event of each of some hits."""
        events = self.events
        begin, end = events.begins[events.event[rows]], events.begins[events.event[rows] + 1]
        alone = [(text,) for text in self.rule.texts]
        found = [alone[code] for code in self.rule.code[rows].tolist()]
        for at in np.flatnonzero(end - begin > 1).tolist():
            found[at] = tuple(dict.fromkeys(self.rule.at(events.order[begin[at] : end[at]])))
        return found


def distinct_actors(hits: pa.Table, host: Ints, time: Ints) -> tuple[Ints, pa.Table]:
    """Number who acted in each of *hits*, and list them (`ACTORS`).

    Args:
        hits: `HITS`, or their columns host, process and image.
        host: equal where hosts are the same.
        time: of the hits; it matters for a PID only.
    """
    key, keys = coded(hits.column("process"))
    image, _ = coded(hits.column("image"))
    by_pid = np.array([text.startswith("pid:") for text in listed(keys)], np.bool_)
    when = np.where(by_pid[key], time, 0)
    number, rows = numbered([host, key, when, image])
    some = hits.select(["host", "process", "image"]).take(rows)
    wanted = actors(some.column("host"), some.column("process"), when[rows], some.column("image"))
    return number, wanted
