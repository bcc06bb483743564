"""Why a zero is a zero."""

from collections import Counter, defaultdict
from typing import Final

from sidelight.coverage.seen import Coverage
from sidelight.coverage.telemetry import telemetry, telemetry_of
from sidelight.findings.surface import HOST
from sidelight.plural import many

_NAMED_AT_MOST: Final = 4


def explain_zero(coverage: Coverage, findings: int) -> tuple[str, ...]:
    """Say, in sentences, why nothing was found; empty where something was."""
    if findings:
        return ()
    if not coverage.events:
        return (_nothing_read(coverage), *_losses(coverage))
    if not coverage.rules:
        return ("No rule was run, so nothing could be found.", *_refusals(coverage))
    sighted = coverage.rules - coverage.blind_rules
    return (
        _judged(coverage, sighted),
        *_hidden(coverage),
        *_blindness(coverage),
        *_sightless(coverage),
        *_refusals(coverage),
        *_losses(coverage),
        *_unjudged(coverage),
        *_silences(coverage),
    )


def _nothing_read(coverage: Coverage) -> str:
    foreign = sum(gap.reason == "foreign" for gap in coverage.gaps)
    if foreign and not coverage.lost:
        return f"No event was read: {many(foreign, 'file')} and none of them an event log."
    return "No event was read."


def _judged(coverage: Coverage, sighted: int) -> str:
    read = many(coverage.events, "event")
    verb = "was" if coverage.events == 1 else "were"
    if not sighted and any(stream.channel == HOST for stream in coverage.streams):
        return f"{read} {verb} read: a look at hosts found nothing odd, and rules had no logs."
    if not sighted:
        return (
            f"{read} {verb} read, but none that any of {many(coverage.rules, 'rule')} "
            "could match: this zero says nothing about the hosts."
        )
    able = f"{sighted:,} of {many(coverage.rules, 'rule')}"
    if coverage.hidden:
        return f"{read} {verb} read and {able} could have matched."
    return f"{read} {verb} read and {able} could have matched; none did."


def _hidden(coverage: Coverage) -> tuple[str, ...]:
    if not coverage.hidden:
        return ()
    return (f"The allow-list hid {many(coverage.hidden, 'finding')}: --no-allow shows all.",)


def _blindness(coverage: Coverage) -> tuple[str, ...]:
    said = []
    for reason, text in (
        ("no-log-source", "had no log source to look at"),
        ("no-event", "found their log source but no event with an id they ask for"),
        ("no-field", "found their log source but never the fields they ask for"),
    ):
        sizes: Counter[str] = Counter()
        for group in coverage.blind:
            if group.reason == reason:
                sizes[group.logsource] += len(group.rules)
        if sizes:
            top = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
            names = ", ".join(f"{name} ({count:,})" for name, count in top[:_NAMED_AT_MOST])
            more = f" and {len(top) - _NAMED_AT_MOST} more" if len(top) > _NAMED_AT_MOST else ""
            said.append(f"{many(sizes.total(), 'rule')} {text}: {names}{more}.")
    return tuple(said)


def _sightless(coverage: Coverage) -> tuple[str, ...]:
    """Name what analytics lacked from beginning to end, by the hosts that lacked it."""
    hosts: defaultdict[str, set[str]] = defaultdict(set)
    for spot in coverage.analytics:
        if not spot.stretches:
            for role in spot.roles:
                hosts[role].update(spot.hosts)
    if not hosts:
        return ()
    place = {role: number for number, role in enumerate(telemetry())}
    top = sorted(hosts.items(), key=lambda item: (-len(item[1]), place.get(item[0], len(place))))
    names = ", ".join(
        f"{telemetry_of(role).name} ({many(len(some), 'host')})"
        for role, some in top[:_NAMED_AT_MOST]
    )
    more = f" and {len(top) - _NAMED_AT_MOST} more" if len(top) > _NAMED_AT_MOST else ""
    return (f"Analytics of sideloading and memory lacked these events: {names}{more}.",)


def _refusals(coverage: Coverage) -> tuple[str, ...]:
    count = len(coverage.refused)
    return (f"{many(count, 'rule')} could not be run as written.",) if count else ()


def _losses(coverage: Coverage) -> tuple[str, ...]:
    if not coverage.lost:
        return ()
    sources = len({gap.source for gap in coverage.lost})
    known = sum(gap.events or 0 for gap in coverage.lost)
    least = f", at least {many(known, 'event')}" if known else ""
    return (f"Evidence was lost in {many(sources, 'file')}{least}: it may hide what is missing.",)


def _unjudged(coverage: Coverage) -> tuple[str, ...]:
    if not coverage.unjudged:
        return ()
    sources = len({gap.source for gap in coverage.unjudged})
    return (f"In {many(sources, 'file')} there is what was read and could not be judged.",)


def _silences(coverage: Coverage) -> tuple[str, ...]:
    quiet = [stream for stream in coverage.streams if stream.silent]
    if not quiet:
        return ()
    verb = "is" if len(quiet) == 1 else "are"
    return (
        f"{many(len(quiet), 'channel')} {verb} silent for hours in which others were not: "
        "quiet, switched off or cleared.",
    )
