"""What an analyst reads."""

from typing import Literal, TypeAlias

from sidelight.findings.surface import Seen
from sidelight.schema import LEVELS, Event, Level
from sidelight.values import dataclass

FindingClass: TypeAlias = Literal[
    "sideload",
    "memory",
    "credential",
    "lateral",
    "persistence",
    "privilege",
    "execution",
    "discovery",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
    "initial-access",
    "reconnaissance",
    "resource-development",
    "stealth",
    "defense-impairment",
    "other",
]
"""What a finding is about: the two techniques this product exists for, else ATT&CK's tactic."""


@dataclass(frozen=True, slots=True)
class RuleRef:
    """A rule that speaks in a finding, with what its licence asks to be named.

    Args:
        caveats: sentences that it is to be read with.
    """

    id: str
    title: str
    level: Level
    status: str = ""
    author: str = ""
    path: str = ""
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the evidence names it; empty or -1 where it does not.

    Args:
        started: UTC nanoseconds, `NO_TIME` where its start was not seen.
        joined: how this process was tied to the finding or to its child: by ProcessGuid, by
            PID and start time, or only as an event named it.
    """

    image: str
    command_line: str = ""
    user: str = ""
    pid: int = -1
    guid: str = ""
    started: int = 0
    joined: Literal["guid", "pid", "named"] = "named"


@dataclass(frozen=True, slots=True)
class Instance:
    """A process that a finding is about, and when it first did what the finding tells of.

    Args:
        seen: UTC nanoseconds, `NO_TIME` where unknown.
    """

    process: Process
    seen: int


@dataclass(frozen=True, slots=True)
class Instances:
    """Several processes that one finding is about, since they were started alike.

    Args:
        count: how many could be told apart.
        listed: the earliest of them, by what they did.
    """

    count: int
    listed: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event a finding rests on.

    Args:
        source: path as given; members of archives as ``archive.zip!member``.
        record: System/EventRecordID for EVTX, the 1-based line for line formats.
        time: UTC nanoseconds, `NO_TIME` where unknown.
        rules: ids of the rules that matched it.
        fields: the full event, or those fields that an analytic judged it by; None where only
            its place was kept.
    """

    source: str
    record: int
    channel: str
    event_id: str
    time: int
    rules: tuple[str, ...]
    fields: Event | None


@dataclass(frozen=True, slots=True)
class Weight:
    """What one reason adds to a score, and the events it rests on.

    Args:
        points: below zero where it speaks against.
        events: places of events, source and record.
    """

    points: int
    text: str
    events: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """What the host of a finding is.

    Args:
        role: id in ``content/assets.toml``.
        name: of the role, with its article.
        at_stake: one sentence.
        stakes: eavesdropping, manipulation, disruption.
        note: what the asset file adds.
    """

    role: str
    name: str
    at_stake: str
    stakes: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Hits that belong together, as one thing to look at.

    Args:
        id: derived from rule, host and process, so that re-runs agree.
        score: 0 to 100.
        first_seen: UTC nanoseconds, `NO_TIME` where no event has a time.
        tactics: ATT&CK tactic names as Sigma tags spell them (``stealth``).
        techniques: ATT&CK ids, upper case.
        tags: all tags of its rules.
        process: the acting process, then its ancestors; of several, the earliest.
        count: how many events it rests on; `evidence` may list fewer.
        weights: how the score came about, where an analytic weighed evidence.
        refute: what would show that it is harmless.
        story: findings of one story have one name here; "" where a finding stands alone.
        asset: what its host is, where somebody said so.
        surfaces: where its events were taken, in the order of `SURFACES`; empty where all are of
            event logs.
        disagreements: sentences: where surfaces tell different things of one file.
        instances: the processes, where they are more than one.
    """

    id: str
    title: str
    cls: FindingClass
    level: Level
    score: int
    host: str
    first_seen: int
    last_seen: int
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    tags: tuple[str, ...]
    rules: tuple[RuleRef, ...]
    process: tuple[Process, ...]
    reasons: tuple[str, ...]
    counter_evidence: tuple[str, ...]
    count: int
    evidence: tuple[Evidence, ...]
    weights: tuple[Weight, ...] = ()
    refute: tuple[str, ...] = ()
    story: str = ""
    asset: Asset | None = None
    surfaces: tuple[Seen, ...] = ()
    disagreements: tuple[str, ...] = ()
    instances: Instances | None = None

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """What orders findings: the most severe first, then score, time, host and id."""
        return (-LEVELS.index(self.level), -self.score, self.first_seen, self.host, self.id)
