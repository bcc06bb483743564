"""Which analytics had no log source to look at: on which hosts, and in which hours.

Rule 1. An hour counts for a host only when the host had events in it: a host that is off is not
blind.
Rule 2. A stretch without a role of events is blind where it is longer than chance would have it:
where such events are in the share p of a host's hours, k hours without them come about with a
probability of (1 - p) to the power of k, and under one in a thousand is not taken for chance.
The same is asked of the log that carries the role: a rare role is blind while its log is.
Rule 3. What a look at a host showed, or a dump, is no log: it neither is one nor wants one.
Rule 4. An analytic that needs one of several roles is blind where it has none of them.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sidelight.analytics.catalogue import ANALYTICS
from sidelight.analytics.columns import HOST, YARA, role_of
from sidelight.coverage.seen import BlindSpot
from sidelight.coverage.telemetry import telemetry_of
from sidelight.findings.cells import Bools, Ints, coded, listed
from sidelight.schema import NO_TIME, Kind, unique
from sidelight.values import dataclass

_CHANCE: Final = 0.001
_KIND: Final = ("product", "channel", "event_id", "category")


_Gap = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[int, int], ...]]


def blind_spots(counts: pa.Table) -> tuple[BlindSpot, ...]:
    """Find what analytics could not see.

    Args:
        counts: of schema `sidelight.findings.hits.COUNTS`.

    Returns:
        Those without any event first, then by how many other events there were, most first.
    """
    hosts: defaultdict[_Gap, list[str]] = defaultdict(list)
    events: defaultdict[_Gap, int] = defaultdict(int)
    channel = counts.column("channel").cast(pa.string())
    logs = counts.filter(pc.invert(pc.is_in(channel, pa.array([HOST, YARA], pa.string()))))
    for host in _hosts(logs):
        for gap, number in _gaps(host):
            hosts[gap].append(host.name)
            events[gap] += number
    spots = [
        BlindSpot(roles, analytics, tuple(sorted(names)), stretches, events[gap])
        for gap, names in hosts.items()
        for roles, analytics, stretches in (gap,)
    ]
    return tuple(sorted(spots, key=lambda spot: (bool(spot.stretches), -spot.events, spot)))


@dataclass(frozen=True, slots=True)
class _Host:
    """The rows of one host: hour, role, channel, product and number of events of each."""

    name: str
    hour: Ints
    role: Ints
    channel: Ints
    product: Ints
    events: Ints
    roles: list[str]
    products: list[str]

    def of(self, products: frozenset[str]) -> Bools:
        numbers = [n for n, name in enumerate(self.products) if name in products]
        return np.isin(self.product, numbers)


def _hosts(counts: pa.Table) -> Iterator[_Host]:
    if not counts.num_rows:
        return
    kind, roles = _roles(counts)
    codes, texts = coded(counts.column("host"))
    folded: dict[str, int] = {}
    number = np.array([folded.setdefault(name.lower(), len(folded)) for name in listed(texts)])
    owner = number[codes].astype(np.int64)
    channel, _ = coded(counts.column("channel"))
    product, products = coded(counts.column("product"))
    hour, events = (counts.column(name).to_numpy() for name in ("hour", "events"))
    order = np.argsort(owner, kind="stable")
    names = listed(texts)
    for rows in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
        spelled = min(names[code] for code in set(codes[rows].tolist()))
        yield _Host(
            spelled,
            hour[rows],
            kind[rows],
            channel[rows],
            product[rows],
            events[rows],
            roles,
            listed(products),
        )


def _roles(counts: pa.Table) -> tuple[Ints, list[str]]:
    """Tell the role of each row."""
    columns = [coded(counts.column(name)) for name in _KIND]
    kinds = np.zeros(counts.num_rows, np.int64)
    for codes, texts in columns:  # one number for each kind, its codes as digits
        kinds = kinds * (len(texts) + 1) + codes
    _, first, inverse = np.unique(kinds, return_index=True, return_inverse=True)
    named = [(codes[first].tolist(), listed(texts)) for codes, texts in columns]
    numbers: dict[str, int] = {}
    of_kind = [
        numbers.setdefault(
            role_of(Kind(*(texts[codes[n]] for codes, texts in named))), len(numbers)
        )
        for n in range(len(first))
    ]
    return np.array(of_kind, np.int64)[inverse.reshape(-1)], list(numbers)


def _gaps(host: _Host) -> Iterator[tuple[_Gap, int]]:
    """Give what analytics lacked on a host, and how many other events it had meanwhile."""
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for analytic in ANALYTICS.values():
        alike[tuple(sorted(set(analytic.looks_at)))].append(analytic.id)
    held: defaultdict[tuple[tuple[int, int], ...], list[tuple[tuple[str, ...], int]]]
    held = defaultdict(list)
    for roles in alike:
        missing = _missing(host, roles)
        if missing is not None:
            stretches, events = missing
            held[stretches].append((roles, events))
    for stretches, some in held.items():
        lacked = tuple(sorted({role for roles, _ in some for role in roles}))
        blind = tuple(sorted(name for roles, _ in some for name in alike[roles]))
        yield (lacked, blind, stretches), max(events for _, events in some)


def _missing(host: _Host, roles: tuple[str, ...]) -> tuple[tuple[tuple[int, int], ...], int] | None:
    """Tell when a host had none of *roles*; None where it always had, or that is not known."""
    near = host.of(frozenset().union(*(telemetry_of(role).products for role in roles)))
    if not near.any():
        return None
    present = [n for n, role in enumerate(host.roles) if role in roles]
    mine = near & np.isin(host.role, present)
    if not mine.any():
        return (), int(host.events[near].sum())
    timed = near & (host.hour != NO_TIME)
    active = unique(host.hour[timed])
    sighted = [_sighted(host, timed, number, active) for number in present]
    seen = unique(np.concatenate(sighted))
    if not len(seen):
        return None
    dark = np.setdiff1d(active, seen, assume_unique=True)
    if not len(dark):
        return None
    return _runs(dark, active), int(host.events[timed & np.isin(host.hour, dark)].sum())


def _sighted(host: _Host, timed: Bools, role: int, active: Ints) -> Ints:
    """Give the hours in which a role was there, or would have been (rule 2)."""
    own = timed & (host.role == role)
    log = timed & np.isin(host.channel, unique(host.channel[own]))
    role_lit, log_lit = (_lit(unique(host.hour[rows]), active) for rows in (own, log))
    return np.intersect1d(role_lit, log_lit, assume_unique=True)


def _lit(own: Ints, active: Ints) -> Ints:
    """Leave out of *active* the stretches without *own* that are too long for chance."""
    if not len(own):
        return own
    missing = np.flatnonzero(~np.isin(active, own))
    if not len(missing):
        return active
    absent = 1 - len(own) / (len(active) + 1)
    runs = np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1)
    dark = [run for run in runs if absent ** len(run) < _CHANCE]
    return np.delete(active, np.concatenate(dark)) if dark else active


def _runs(dark: Ints, active: Ints) -> tuple[tuple[int, int], ...]:
    """Join dark hours between which the host had no others."""
    place = np.searchsorted(active, dark)
    runs = np.split(dark, np.flatnonzero(np.diff(place) > 1) + 1)
    return tuple((int(run[0]), int(run[-1])) for run in runs)
