"""Values that the commands of ``sidelight share seen`` work on, out of any kind of file."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.saying import say
from sidelight.errors import UsageError
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.seen.reading import Values
    from sidelight.exchange.seen.value import Value

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE…", help="Findings of a hunt, STIX, or a list of kinds and values."
    ),
]
_FINDINGS: bytes = b'{"kind":"'


def values_of(paths: Iterable[Path]) -> "Values":
    """Read findings of hunts, STIX, and lists.

    Raises:
        UsageError: a file cannot be read.
    """
    from sidelight.exchange.seen.reading import Values  # noqa: PLC0415 - not for --help

    found = Values()
    for path in paths:
        _read(path, found)
    return found


def _read(path: Path, into: "Values") -> None:
    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen.reading import of_lines, of_objects  # noqa: PLC0415

    data = bytes_of(path)
    if data.startswith(_FINDINGS):
        _of_findings(data, into, path)
    elif data.lstrip().startswith(b"{"):
        of_objects(read_objects(path), into, path.name)
    else:
        try:
            of_lines(data.decode("utf-8-sig"), into, path.name)
        except UnicodeDecodeError as error:
            raise UsageError(f"is no UTF-8: {error}", where=str(path)) from None


def _of_findings(data: bytes, into: "Values", path: Path) -> None:
    """Take the values of the events in findings; a finding without its events has none."""
    from sidelight.attribution.recorded import recorded  # noqa: PLC0415 - not for --help
    from sidelight.exchange.seen.reading import Values, of_item  # noqa: PLC0415
    from sidelight.output.stix.observable import observables  # noqa: PLC0415

    for finding in recorded(data.splitlines(), str(path)):
        mine = Values()
        for item in observables(finding).values():
            of_item(item, mine, path.name)
        if not mine.named:
            into.silent[f"{path.name}: finding without a value that could be compared"] += 1
        for value in mine.named:
            into.add(value, f"{path.name} finding {finding.id} {finding.host} {finding.title}")


def hidden_only(found: "Values") -> "list[Value]":
    """Give what cannot be guessed; say on standard error what is left out, and why.

    Raises:
        UsageError: nothing is left.
    """
    from sidelight.exchange.seen.value import guessed  # noqa: PLC0415 - not for --help

    kept = [each for each in sorted(found.named) if not guessed(each)]
    refused: dict[tuple[str, str], int] = {}
    for each in found.named:
        if why := guessed(each):
            refused[each.kind, why] = refused.get((each.kind, why), 0) + 1
    for (kind, why), count in sorted(refused.items()):
        text = f"{many(count, 'value')} of kind {kind} left out, which a hash does not hide: {why}"
        say(text, err=True)
    say_silent(found)
    if not kept:
        hint = "compare locally (share seen here), or ask by intersection (share seen ask)"
        raise UsageError("there is no value that a hash would hide", hint=hint)
    return kept


def say_silent(found: "Values") -> None:
    """Say what gave no values."""
    for why, count in sorted(found.silent.items()):
        say(f"{count}: {why}", err=True)


def bytes_of(path: Path) -> bytes:
    """Read a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
