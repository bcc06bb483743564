"""Times that people write as options."""

import re
from typing import Annotated, Final

import typer

from sidelight.cli.libraries import now
from sidelight.errors import UsageError

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_AGO: Final = re.compile(r"(\d{1,5})(min|h|d)", re.ASCII)
_UNITS: Final = {"min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_FORMS: Final = "2026-11-30T09:00:00Z, 2026-11-30, or 2h for two hours ago (also min and d)"

Since = Annotated[
    str,
    typer.Option(metavar="TIME", help="Only from this time of UTC on, such as 2026-11-30 or 2h."),
]
Until = Annotated[
    str, typer.Option(metavar="TIME", help="Only before this time of UTC, such as 2026-11-30.")
]


def moment(text: str, option: str) -> int | None:
    """Read a time of UTC, a day, or how long ago, as microseconds since 1970; None for "".

    Raises:
        UsageError: it is none.
    """
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help

    if not text:
        return None
    if ago := _AGO.fullmatch(text):
        return now() - int(ago[1]) * _UNITS[ago[2]]
    found = instants.read(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    if found is None:
        raise UsageError(f"{text!r} is no time", where=option, hint=f"write {_FORMS}")
    return found


def seconds(instant: int) -> str:
    """Spell microseconds since 1970 as ISO 8601 to the second, UTC."""
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help

    return f"{instants.show(instant)[:19]}Z"
