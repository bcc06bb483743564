"""What an analytic holds against something on one host: points, sentences, and events."""

from typing import Literal, TypeAlias

from sidelight.findings.finding import FindingClass
from sidelight.findings.surface import Surface
from sidelight.values import dataclass

State: TypeAlias = Literal["", "deleted", "changed"]
"""What has become of a file: nothing that is known, it has lost its name, or the code in memory
is not that of it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for a suspicion, or, with points below zero, against it.

    Args:
        points: on the scale of scores.
        text: a sentence built from fields of events.
        rows: the events it rests on.
        context: events that it is held against, which are no part of the story.
    """

    points: int
    text: str
    rows: tuple["Cited", ...] = ()
    context: tuple["Cited", ...] = ()


@dataclass(frozen=True, slots=True)
class Cited:
    """An event that a reason rests on, as a fact kept it."""

    source: str
    record: int
    channel: str
    event_id: str
    time: int
    process: str
    image: str
    fields: tuple[tuple[str, str], ...]

    @property
    def place(self) -> tuple[int, str, int]:
        """What orders events: time, source and record."""
        return self.time, self.source, self.record


@dataclass(frozen=True, slots=True)
class Sighting:
    """What evidence of one surface says of a file.

    Args:
        path: as that evidence spells it.
        digests: pairs of algorithm and hexadecimal digits, in lower case.
        signed: whether it is validly signed; None where that is not said.
        signer: "" where not said.
        row: the event that says so.
    """

    surface: Surface
    path: str
    row: Cited
    digests: tuple[tuple[str, str], ...] = ()
    signed: bool | None = None
    signer: str = ""
    state: State = ""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A suspicion of one analytic.

    Args:
        analytic: id in `sidelight.analytics.catalogue`.
        title: what it is, with the names of the files it is about.
        host: as events spell it.
        actors: keys of the processes it is about, the suspicious one first.
        things: folded paths and keys that tie it to other suspicions on the host.
        reasons: for and against, heaviest first.
        refute: what would refute it.
        image: executable of the first actor, for where no key is known.
        origins: addresses of machines that its files came from.
        files: what is said of the files that it is about.
    """

    analytic: str
    cls: FindingClass
    title: str
    host: str
    actors: tuple[str, ...]
    things: tuple[str, ...]
    reasons: tuple[Reason, ...]
    refute: tuple[str, ...] = ()
    image: str = ""
    origins: tuple[str, ...] = ()
    files: tuple[Sighting, ...] = ()

    @property
    def points(self) -> int:
        """The sum of its reasons, within 0 and 100."""
        return max(0, min(100, sum(reason.points for reason in self.reasons)))

    @property
    def rows(self) -> tuple[Cited, ...]:
        """Every event that a reason rests on, once, by time and place."""
        rows = {row: None for reason in self.reasons for row in reason.rows}
        return tuple(sorted(rows, key=lambda row: row.place))
