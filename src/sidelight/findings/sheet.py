"""Hits as numbers: which group each is in, which event it is about, and who acted."""

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Sheet:
    """All hits, column by column.

    Args:
        folded: of each hit, its host without case.
        actor: of each hit, its row in *kin*; PIDs count as one actor for each time.
        kin: who acted, with ancestors.
        signature: of each hit, what its process and ancestors look like.
        by_event: hits in order of (source, record, rule).
        begins: where in *by_event* each event begins, and one number more for the end.
        event: of each hit, the number of its event.
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
    by_event: Rows
    begins: Ints
    event: Ints

    @classmethod
    def of(cls, hits: pa.Table, processes: Sequence[pa.Table]) -> Self:
        """Lay out *hits* (`HITS`, at least one), looking up who acted in `PROCESSES`."""
        host_code, hosts = ranked(hits.column("host"))
        same, folded_texts = ranked(fold(hosts))
        folded = Texts(same[host_code], listed(folded_texts))
        rule, source = Texts.of(hits, "rule"), Texts.of(hits, "source")
        time, record = hits.column("time").to_numpy(), hits.column("record").to_numpy()
        actor, wanted = distinct_actors(hits, folded.code, time)
        kin = Kin.of(processes, wanted)
        number, texts = signatures(kin)
        by_event, _ = sort_rows([source.code, record, rule.code])
        fresh = np.zeros(len(by_event), bool)
        fresh[0] = True
        for key in (source.code, record):
            fresh[1:] |= np.diff(key[by_event]) != 0
        event = np.empty(len(by_event), np.int64)
        event[by_event] = np.cumsum(fresh) - 1
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
            by_event=by_event,
            begins=np.append(np.flatnonzero(fresh), len(by_event)),
            event=event,
        )

    def rules_at(self, rows: Rows) -> list[tuple[str, ...]]:
        """Name every rule that matched the event of each of some hits."""
        begin, end = self.begins[self.event[rows]], self.begins[self.event[rows] + 1]
        alone = [(text,) for text in self.rule.texts]
        found = [alone[code] for code in self.rule.code[rows].tolist()]
        for at in np.flatnonzero(end - begin > 1).tolist():
            found[at] = tuple(dict.fromkeys(self.rule.at(self.by_event[begin[at] : end[at]])))
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
