"""The header of a syslog line: when, where, which program.

Sources: RFC 5424 (6), RFC 3164 (4.1), the file formats of rsyslog, and the vendors' habits: a
year, decimals and a zone in the stamp (Cisco, Huawei), a sequence number before it (Cisco), no
host at all (ESXi).
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from sidelight.evidence.times import time_of
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

MONTHS: Final = {
    name: number
    for number, name in enumerate(
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),  # noqa: SIM905
        1,
    )
}
_MONTH: Final = "|".join(MONTHS)
_ISO: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_BSD: Final = rf"(?:{_MONTH}) [ \d]\d(?: \d{{4}})? \d\d:\d\d:\d\d(?:\.\d{{1,9}})?"
_DATA: Final = r"(?:-|(?:\[(?:[^\]\"]++|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\")*+\])++)"
_5424: Final = re.compile(
    rf"<(\d{{1,3}})>1 ({_ISO}|-) (\S+) (\S+) (\S+) \S+ {_DATA}(?: (?:\ufeff)?(.*))?",
    re.DOTALL,
)
_PLAIN: Final = re.compile(
    rf"(?:<(\d{{1,3}})>)?(?:({_BSD})|({_ISO})) ([A-Za-z0-9][\w.:\-]*) +"
    r"(([^\s:\[\]%=]{1,64})(?:\[([^\]\s]{1,32})\])?: ?(.*))",
    re.DOTALL,
)
_HEAD: Final = re.compile(
    rf"(?:<(\d{{1,3}})>)?(?:\d+: )?(?:[*.]?({_BSD})|({_ISO}))(?: [A-Z]{{3,5}}(?=:| %))?:? (.*)",
    re.DOTALL,
)
_TAG: Final = re.compile(r"([^\s:\[\]%]{1,64})(?:\[([^\]\s]{1,32})\])?: ?(.*)", re.DOTALL)
_ESXI: Final = re.compile(r"[A-Z][a-z]\(\d{1,3}\)(?:\[\+\])? ")
_HOST: Final = re.compile(r"([A-Za-z0-9_.:\-/]{1,255}) +(.*)", re.DOTALL)


class SyslogLine(NamedTuple):
    """A line taken apart.

    Args:
        facility: of syslog; -1 where the line has none.
        time: UTC nanoseconds; `NO_TIME` where the stamp has no year and none is known.
        body: all behind the host, tag included.
        message: what the program said.
    """

    facility: int
    time: int
    host: str | None
    program: str
    pid: str
    body: str
    message: str


@dataclass(slots=True)
class Calendar:
    """Gives lines without a year one.

    Args:
        year: of the next line; None where nothing tells it.
        newest: no line is later than this year.
    """

    year: int | None = None
    newest: int | None = None
    _month: int = 0
    _last: tuple[str, int] = ("", NO_TIME)

    def iso(self, stamp: str) -> int:
        """Read a stamp of ISO 8601."""
        if stamp != self._last[0]:
            self._last = (stamp, time_of(stamp))
        return self._last[1]

    def time(self, stamp: str) -> int:
        """Read a stamp like ``Nov 24 16:00:00``, with or without year and decimals, as UTC.

        A month that lies more than six before that of the line above belongs to the next year,
        one that lies more than six behind it to the last.
        """
        if stamp != self._last[0]:
            self._last = (stamp, self._time(stamp))
        return self._last[1]

    def _time(self, stamp: str) -> int:
        words = stamp.split()
        month = MONTHS[words[0]]
        if len(words) == 4:
            self.year, self._month = int(words[2]), month
        elif self.year is not None and self._month:
            self._turn(month)
        self._month = month
        if self.year is None:
            return NO_TIME
        midnight = _midnight(self.year, month, int(words[1]))
        return NO_TIME if midnight == NO_TIME else midnight + _clock(words[-1])

    def _turn(self, month: int) -> None:
        assert self.year is not None
        if month - self._month < -6 and (self.newest is None or self.year < self.newest):
            self.year += 1
        elif month - self._month > 6:
            self.year -= 1


@lru_cache(maxsize=1024)
def _midnight(year: int, month: int, day: int) -> int:
    return time_of(f"{year:04}-{month:02}-{day:02} 00:00:00")


def _clock(text: str) -> int:
    seconds = int(text[:2]) * 3600 + int(text[3:5]) * 60 + int(text[6:8])
    return seconds * 10**9 + int(text[9:].ljust(9, "0") or 0)


_STARTS: Final = re.compile(rb"^(?:<\d{1,3}>)?(%s) [ \d]\d \d\d:" % _MONTH.encode(), re.MULTILINE)


def first_year(head: bytes, newest: int | None) -> int | None:
    """Tell the year of the first line of *head*, when its last is of the year *newest*."""
    if newest is None:
        return None
    months = [MONTHS[found[1].decode()] for found in _STARTS.finditer(head)]
    steps = [new - old for old, new in pairwise(months)]
    turns, back = sum(step < -6 for step in steps), sum(step > 6 for step in steps)
    return newest - max(turns - back, 0)


def parse_line(text: str, calendar: Calendar) -> SyslogLine | None:
    """Take *text* apart; None if it begins with no header of syslog."""
    if text.startswith("<") and (found := _5424.match(text)):
        return _modern(found)
    if found := _PLAIN.match(text):
        priority, bsd, iso, host, body, program, pid, message = found.groups()
        if not host.endswith(":"):
            facility = int(priority) >> 3 if priority else -1
            time = calendar.time(bsd) if bsd else calendar.iso(iso)
            return SyslogLine(facility, time, host, program, pid or "", body, message)
    found = _HEAD.match(text)
    return None if found is None else _unusual(found, calendar)


def _unusual(found: re.Match[str], calendar: Calendar) -> SyslogLine:
    priority, bsd, iso, rest = found.groups()
    time = calendar.time(bsd) if bsd else calendar.iso(iso)
    facility = int(priority) >> 3 if priority else -1
    if esxi := _ESXI.match(rest):
        rest = rest[esxi.end() :]
    tag = _TAG.fullmatch(rest)
    if tag is not None or rest.startswith("%"):
        host = None
    elif host_and_rest := _HOST.fullmatch(rest):
        host, rest = host_and_rest.groups()
        if esxi := _ESXI.match(rest):
            rest = rest[esxi.end() :]
        tag = _TAG.match(rest)
    else:
        host = None
    if tag is None:
        return SyslogLine(facility, time, host, "", "", rest, rest)
    return SyslogLine(facility, time, host, tag[1], tag[2] or "", rest, tag[3])


def _modern(found: re.Match[str]) -> SyslogLine:
    priority, stamp, host, program, pid, message = found.groups()
    time = NO_TIME if stamp == "-" else time_of(stamp)
    program, pid = ("" if text == "-" else text for text in (program, pid))
    message = message or ""
    head = f"{program}[{pid}]: " if program and pid else f"{program}: " if program else ""
    host = None if host == "-" else host
    return SyslogLine(int(priority) >> 3, time, host, program, pid, head + message, message)
