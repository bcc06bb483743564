"""One record of the Linux audit log: its stamp and its fields."""

import re
from datetime import UTC, datetime
from typing import Final

from sidelight.evidence.audit_names import ENCODED, TYPES
from sidelight.evidence.rows import clean
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_HEAD: Final = re.compile(
    r"(?:node=(\S+) )?(?:audit(?:spd|dispd)?(?:\[\d+\])?: )?(?:type=)?([A-Z][A-Z0-9_]*|\d{4}|"
    r"UNKNOWN\[\d{4}\])\s+(?:msg=)?audit\("
    r"(?:(\d{1,10})\.(\d{3})|(\d\d/\d\d/\d{2,4}) (\d\d:\d\d:\d\d)\.(\d{3})):(\d+)\)\s?:?(.*)",
    re.DOTALL,
)
# A name begins where no other character of one stands before it: else a long text without a sign
# is searched once for each of its characters. Nothing here is gone back into, either.
_PAIR: Final = re.compile(r"""(?<![\w\-\[\]])([\w\-\[\]]++)=("[^"]*"|'[^']*'|\{[^}]*\}|[^\s"']*)""")
_LOOSE: Final = re.compile(
    r"(?<![\w\-\[\]])([\w\-\[\]]++)=((?:[^\s]++|(?!\x1d)\s(?![\w\-\[\]]++=))*+)", re.DOTALL
)
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})++")
_ARGUMENT: Final = re.compile(r"a\d+(?:\[\d+\])?")
_AVC: Final = re.compile(r"\s*avc:\s+(granted|denied)\s+\{ ([^}]*) \}")
_ENRICHED: Final = "\x1d"
_ABSENT: Final = "(null)"


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record.

    Args:
        node: the host that ``node=`` names; empty where it names none.
        type: name of the record type.
        time: UTC nanoseconds of the stamp.
        serial: stamp and serial as written: equal for the records of one event.
        fields: decoded; those of ``msg='…'`` and of the enriched part are among them.
    """

    node: str
    type: str
    time: int
    serial: str
    fields: dict[str, str]


def parse_record(text: str) -> AuditRecord | None:
    """Parse a line of audit.log, of ausearch, or a message with one in syslog; None if none."""
    found = _HEAD.match(text)
    if found is None:
        return None
    node, name, seconds, thousandths, day, clock, part, serial, body = found.groups()
    if name[0] not in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        name = TYPES.get(name, f"UNKNOWN[{name}]")
    elif name.startswith("UNKNOWN["):
        name = TYPES.get(name[8:-1], name)
    if seconds is not None:
        time = int(seconds) * 10**9 + int(thousandths) * 10**6
        time, stamp = (time if time < 2**63 else NO_TIME), f"{seconds}.{thousandths}"
        fields = _fields(name, body)
    else:
        time, stamp = _local(day, clock, part), f"{day} {clock}.{part}"
        fields = _interpreted(body)
    return AuditRecord(node or "", name, time, f"{node}|{stamp}:{serial}", fields)


def _local(day: str, clock: str, part: str) -> int:
    """Read the stamp of ``ausearch -i``, whose zone it does not tell: taken as UTC."""
    try:
        moment = datetime.strptime(
            f"{day} {clock}", f"%m/%d/{'%Y' if len(day) == 10 else '%y'} %H:%M:%S"
        )
    except ValueError:
        return NO_TIME
    return int(moment.replace(tzinfo=UTC).timestamp()) * 10**9 + int(part) * 10**6


def _fields(name: str, body: str) -> dict[str, str]:
    body, _, enriched = body.partition(_ENRICHED)
    outer, nested, inner = body.partition(" msg='")
    if nested:
        end = inner.rfind("'")
        inner = inner[:end] if end >= 0 else inner
        pairs = _PAIR.findall(outer) + _PAIR.findall(inner)
    else:
        pairs = _PAIR.findall(outer)
    fields = dict(pairs)
    # Nearly every field stays as it is, so only the others are touched.
    if name == "EXECVE":
        special = pairs
    else:
        special = [
            pair for pair in pairs if pair[0] in ENCODED or not pair[1] or pair[1][0] in "\"'("
        ]
    for key, value in special:
        if not value or value == _ABSENT:
            fields.pop(key, None)
        elif value[0] in "\"'":
            fields[key] = value[1:-1]
        elif key in ENCODED or _ARGUMENT.fullmatch(key):
            fields[key] = unhex(value)
    if enriched:
        fields.update((key, _plain(value)) for key, value in _PAIR.findall(enriched) if value)
    if name == "PATH" and "objtype" in fields:
        fields.setdefault("nametype", fields["objtype"])  # as kernels before 4.3 call it
    if "avc:" in outer and (found := _AVC.match(outer)):
        fields |= {"seresult": found[1], "seperms": found[2]}
    return fields


def _interpreted(body: str) -> dict[str, str]:
    body = body.replace(_ENRICHED, " ")
    outer, nested, inner = body.partition(" msg='")
    pairs = _LOOSE.findall(outer) + _LOOSE.findall(inner.rstrip("' ") if nested else "")
    fields = {key: _plain(value.strip()) for key, value in pairs}
    return {key: value for key, value in fields.items() if value != _ABSENT}


def _plain(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def unhex(value: str) -> str:
    """Decode an encoded field; what is not hexadecimal stays as it is.

    Zero bytes part the arguments of a process title and become blanks there; elsewhere they
    do not occur.
    """
    if len(value) % 2 or not _HEX.fullmatch(value):
        return value
    return clean(bytes.fromhex(value).rstrip(b"\0").replace(b"\0", b" ").decode("utf-8", "replace"))
