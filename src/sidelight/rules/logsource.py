"""Which events a rule looks at: Sigma's logsources as channels, event ids and field names."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from sidelight.rules import channels as names
from sidelight.rules.expr import Expr, Glob, Match, Null, Or
from sidelight.rules.rule import LogSource
from sidelight.schema import Kind
from sidelight.values import dataclass

Fields: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One way from a rule to events.

    Args:
        product: of the events; empty for any.
        channels: in lower case; empty for any.
        event_ids: empty for any.
        category: that the reader mapped the event into; empty for any.
        fields: name in the rule -> name of the column, where they differ. A name such as
            ``4657.Details`` is a column that is derived from others.
        extra: must hold as well; its fields are named as in a rule, so *fields* applies to it.
    """

    product: str = ""
    channels: frozenset[str] = frozenset()
    event_ids: frozenset[str] = frozenset()
    category: str = ""
    fields: Fields = ()
    extra: Expr | None = None

    def matches(self, kind: Kind) -> bool:
        """Say whether events of *kind* are on this way."""
        return (
            self.product in {"", kind.product}
            and self.category in {"", kind.category}
            and (not self.event_ids or kind.event_id in self.event_ids)
            and (not self.channels or kind.channel.lower() in self.channels)
        )


def route_to(kind: Kind, ways: Iterable[Route]) -> Route | None:
    """Give the first of *ways* that leads to *kind*; later ones would judge the events twice."""
    return next((way for way in ways if way.matches(kind)), None)


def refusal(source: LogSource) -> str:
    """Say why no event log can ever serve *source*; empty if one can."""
    if source.product == "windows" and source.category in names.NO_EVENT_LOG:
        return f"no event log carries {source.category}: it comes from kernel tracing alone"
    return ""


@lru_cache(maxsize=1024)
def routes(source: LogSource) -> tuple[Route, ...]:
    """Give the ways to the events that *source* means, best first.

    The first is always the category that a reader mapped events into, if *source* has one: such
    events carry Sigma's own field names.
    """
    match source.product:
        case "windows":
            return _windows(source)
        case "linux":
            return _linux(source)
        case _:
            return _other(source)


FIELDS_4688: Final[Fields] = (
    ("Image", "NewProcessName"),
    ("ParentImage", "ParentProcessName"),
    ("ProcessId", "NewProcessId"),
    ("ParentProcessId", "ProcessId"),
    ("User", "SubjectUserName"),
    ("LogonId", "SubjectLogonId"),
    ("IntegrityLevel", "4688.IntegrityLevel"),
)
FIELDS_4657: Final[Fields] = (
    ("Image", "ProcessName"),
    ("User", "SubjectUserName"),
    ("TargetObject", "4657.TargetObject"),
    ("Details", "4657.Details"),
    ("EventType", "4657.EventType"),
)
FIELDS_DEFENDER: Final[Fields] = (("Signature", "ThreatName"), ("Filename", "Path"))


def _is(field: str, *values: str) -> Expr:
    # Some shippers lose the field; the channel and id alone must do then.
    tests = [Match(field, Glob((value.lower(),))) for value in values]
    return Or((*tests, Match(field, Null())))


_REGISTRY_ACTS: Final = {
    "registry_add": _is("EventType", "CreateKey"),
    "registry_delete": _is("EventType", "DeleteKey", "DeleteValue"),
}
_REGISTRY_4657: Final = {
    # 4657 speaks of values alone, and a value that is new is created and set at once.
    "registry_event": None,
    "registry_add": _is("EventType", "CreateKey"),
    "registry_set": _is("EventType", "SetValue", "CreateKey"),
    "registry_delete": _is("EventType", "DeleteValue"),
}


def _route(
    product: str,
    channels: Iterable[str] = (),
    event_ids: Iterable[str] = (),
    fields: Fields = (),
    extra: Expr | None = None,
) -> Route:
    lowered = frozenset(channel.lower() for channel in channels)
    return Route(product, lowered, frozenset(event_ids), "", fields, extra)


def _windows(source: LogSource) -> tuple[Route, ...]:
    served = names.WINDOWS_SERVICES.get(source.service, (source.service,))
    if not source.category:
        return (_route("windows", served if source.service else ()),)
    ways = [Route("windows", category=source.category), *_windows_category(source.category)]
    if not source.service:
        return tuple(ways)
    only = frozenset(channel.lower() for channel in served)
    return tuple(way for way in ways if way.category or way.channels & only)


def _windows_category(category: str) -> Iterable[Route]:
    if ids := names.SYSMON_CATEGORIES.get(category):
        yield _route("windows", names.SYSMON, ids, extra=_REGISTRY_ACTS.get(category))
    if category == "process_creation":
        yield _route("windows", names.SECURITY, ["4688"], FIELDS_4688)
    if category in _REGISTRY_4657:
        extra = _REGISTRY_4657[category]
        yield _route("windows", names.SECURITY, ["4657"], FIELDS_4657, extra)
    if category in names.POWERSHELL_CATEGORIES:
        channels, event_id = names.POWERSHELL_CATEGORIES[category]
        yield _route("windows", channels, [event_id])
    if category == "antivirus":
        yield _DEFENDER


_DEFENDER: Final = _route("windows", names.DEFENDER, names.DEFENDER_FOUND, FIELDS_DEFENDER)


def _linux(source: LogSource) -> tuple[Route, ...]:
    if source.category:
        ways = [Route("linux", category=source.category)]
        if ids := names.LINUX_CATEGORIES.get(source.category):
            ways.append(_route("linux", names.LINUX_SYSMON, ids))
        return tuple(ways)
    if source.service == "sysmon":
        return (_route("linux", names.LINUX_SYSMON),)
    served = names.LINUX_SERVICES.get(source.service, (source.service,))
    return (_route("linux", served if source.service else ()),)


def _other(source: LogSource) -> tuple[Route, ...]:
    if source.service:
        return (_route(source.product, [source.service]),)
    if source.product and source.category in {"", "application"}:
        # The technology is the product; whatever it logs is meant, to its own log or to syslog.
        return (_route(source.product), _route("", [source.product]))
    ways = [Route(source.product, category=source.category)]
    if source == LogSource(category="antivirus"):
        ways.append(_DEFENDER)
    return tuple(ways)
