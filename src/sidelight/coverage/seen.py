"""Coverage as a value: every zero has a reason, and it is in here."""

from typing import Literal, TypeAlias

from sidelight.findings.allowlist import Use
from sidelight.findings.clocks import Clock
from sidelight.rules.rule import Refusal
from sidelight.schema import LOST, Gap
from sidelight.values import dataclass

BlindReason: TypeAlias = Literal[
    "no-log-source",  # no event of the kind that the rule looks at was read
    "no-event",  # its log was read, but no event with an id that it asks for
    "no-field",  # such events were read, but never with the fields that the rule asks for
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules that were run, correlations among them, and those that could not be.

    Args:
        ids: of those that were run.
        tags: of each of them.
    """

    ids: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...]
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class BlindRule:
    """A rule that could not have matched, whatever happened on the hosts.

    Args:
        id: of the rule.
        logsource: where it looks, for a person (``windows image_load``).
        reason: what was missing.
        fields: the fields that never occurred; empty where the log source is missing.
    """

    id: str
    logsource: str
    reason: BlindReason
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class BlindGroup:
    """Blind rules with one reason, together: their ids are sorted."""

    reason: BlindReason
    logsource: str
    fields: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Stream:
    """The events of one channel of one host.

    Args:
        hours: (hours since 1970 UTC, events), ascending; only hours that have events.
        untimed: events without a usable time, which are in no hour.
        silent: stretches (first hour, last hour) inside the span of `hours` without an event,
            while another channel of the host, or this channel of another host, had some, and
            which the channel's own rate makes unlikely (`sidelight.coverage.silence`). That is
            information, not proof: a channel that was switched off looks the same as a cleared
            one.
    """

    host: str
    product: str
    channel: str
    hours: tuple[tuple[int, int], ...]
    untimed: int = 0
    silent: tuple[tuple[int, int], ...] = ()

    @property
    def events(self) -> int:
        """How many events there are in all."""
        return self.untimed + sum(events for _, events in self.hours)


@dataclass(frozen=True, slots=True, order=True)
class BlindSpot:
    """Hosts on which analytics had nothing to look at, all in the same way.

    Args:
        roles: of events, of which there was none; sorted.
        analytics: ids, sorted.
        hosts: as events spell them, sorted.
        stretches: (first hour, last hour), hours since 1970 UTC, ascending; empty where there
            was no such event at all.
        events: other events of these hosts in that time, which is why it matters.
    """

    roles: tuple[str, ...]
    analytics: tuple[str, ...]
    hosts: tuple[str, ...]
    stretches: tuple[tuple[int, int], ...]
    events: int

    @property
    def hours(self) -> int:
        """How many hours the stretches are in all."""
        return sum(last - first + 1 for first, last in self.stretches)


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """What one file of evidence gave; hours since 1970 UTC, None where no event has a time."""

    name: str
    events: int
    first_hour: int | None
    last_hour: int | None


@dataclass(frozen=True, slots=True, order=True)
class Technique:
    """How many rules look for an ATT&CK technique, and how many of them could match.

    Args:
        tactics: those of ATT&CK; of a technique that it does not know, those that at least half
            of its rules name, or that most of them do: rules tag the two apart.
    """

    id: str
    tactics: tuple[str, ...]
    rules: int
    sighted: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was looked at, what could not be seen, by which rule and why.

    Args:
        streams: by host, product, channel.
        sources: by name.
        gaps: spans of evidence that were not read, in order.
        rules: how many rules ran, correlations among them.
        refused: rules that could not be run.
        blind: rules that ran and could not have matched, grouped.
        techniques: by id.
        analytics: where analytics had nothing to look at.
        allowed: what each entry of the allow-list did, in its order.
        unheard: hosts of the asset file of which there was no event.
        hidden: findings that entries of the allow-list hid, each counted once.
        clocks: how looks at hosts are ahead of the logs of the same hosts.
    """

    streams: tuple[Stream, ...]
    sources: tuple[Source, ...]
    gaps: tuple[Gap, ...]
    rules: int
    refused: tuple[Refusal, ...]
    blind: tuple[BlindGroup, ...]
    techniques: tuple[Technique, ...]
    analytics: tuple[BlindSpot, ...] = ()
    allowed: tuple[Use, ...] = ()
    hidden: int = 0
    unheard: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()

    @property
    def events(self) -> int:
        """How many events were read."""
        return sum(source.events for source in self.sources)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that events name, sorted."""
        return tuple(sorted({stream.host for stream in self.streams if stream.host}))

    @property
    def lost(self) -> tuple[Gap, ...]:
        """The gaps that mean evidence was lost."""
        return tuple(gap for gap in self.gaps if gap.reason in LOST)

    @property
    def unjudged(self) -> tuple[Gap, ...]:
        """What was read, and there is no telling good from bad in it."""
        return tuple(gap for gap in self.gaps if gap.reason == "unjudged")

    @property
    def duplicates(self) -> tuple[Gap, ...]:
        """Evidence that was there a second time and was read once."""
        return tuple(gap for gap in self.gaps if gap.reason == "duplicate")

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last hour that has events, hours since 1970 UTC."""
        hours = [hour for stream in self.streams for hour, _ in (stream.hours[:1])]
        ends = [hour for stream in self.streams for hour, _ in (stream.hours[-1:])]
        return (min(hours), max(ends)) if hours else None

    @property
    def lacking(self) -> tuple[str, ...]:
        """The roles of events that analytics missed on some host, at some time; sorted."""
        return tuple(sorted({role for spot in self.analytics for role in spot.roles}))

    @property
    def blind_rules(self) -> int:
        """How many rules could not have matched."""
        return len({rule for group in self.blind for rule in group.rules})
