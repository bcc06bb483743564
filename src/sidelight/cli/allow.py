"""``sidelight allow``: vouch for what is known, for a time, by name."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.folders import allow_file
from sidelight.errors import UsageError
from sidelight.output.plain import plain

if TYPE_CHECKING:
    from sidelight.hunt.allow_file import AllowFile

allow = typer.Typer(
    help="Vouch for what is known, so that hunts hide and count it.", no_args_is_help=True
)

File = Annotated[
    Path | None,
    typer.Option(
        "--allow", metavar="FILE", help="The allow-list; without it, the one of the user."
    ),
]
Patterns = list[str] | None


def today() -> date:
    """Give the day it is, UTC."""
    return datetime.now(UTC).date()


@allow.command("add")
def add(  # noqa: PLR0913
    owner: Annotated[str, typer.Option(help="Who answers for it.")],
    reason: Annotated[str, typer.Option(help="Why it is harmless.")],
    expires: Annotated[str, typer.Option(metavar="DATE", help="Last day it applies: 2026-12-31.")],
    rule: Annotated[Patterns, typer.Option(help="Id of the leading rule or analytic.")] = None,
    class_: Annotated[Patterns, typer.Option("--class", help="Class of the finding.")] = None,
    host: Annotated[Patterns, typer.Option(help="Host; * and ? stand for any text.")] = None,
    image: Annotated[Patterns, typer.Option(help="Path of the acting program.")] = None,
    subject: Annotated[Patterns, typer.Option(help="Path of the library or target.")] = None,
    signer: Annotated[Patterns, typer.Option(help="Who validly signed the library.")] = None,
    sha256: Annotated[Patterns, typer.Option(help="Hash of the library.")] = None,
    identity: Annotated[str, typer.Option("--id", help="Name of the entry.")] = "",
    file: File = None,
) -> int:
    r"""Vouch for something: findings that match every given scope are hidden, and counted.

    Options of scope are repeatable: one of their values must hold.

    Example: sidelight allow add --owner noc@example.org --reason "our build of VLC"
    --expires 2027-06-30 --subject "*\libvlc.dll" --image "D:\Tools\*"
    """
    from sidelight.findings.allowlist import Entry  # noqa: PLC0415 - not for --help
    from sidelight.hunt.allow_file import add_entry, read_date, read_scope  # noqa: PLC0415

    given = {
        "rule": rule, "class": class_, "host": host, "image": image, "subject": subject,
        "signer": signer, "sha256": sha256,
    }  # fmt: skip
    scope = read_scope({name: texts for name, texts in given.items() if texts}, "allow add")
    last, now = read_date(expires, "--expires", "allow add"), today()
    if last < now:
        raise UsageError(f"{last} has passed", where="--expires")
    for name, text in (("--owner", owner), ("--reason", reason)):
        if not text.strip():
            raise UsageError("must not be empty", where=name)
    entry = Entry(identity or _name(scope), owner.strip(), reason.strip(), last, scope, now)
    path = file or allow_file()
    add_entry(path, entry)
    typer.echo(plain(f"{entry.id} added to {path}, until {last}"))
    return 0


def _name(scope: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    from hashlib import sha256  # noqa: PLC0415 - not for --help

    return f"allow-{sha256(repr(scope).encode()).hexdigest()[:8]}"


@allow.command("list")
def list_entries(file: File = None) -> int:
    """List the entries: until when, whose, and what they cover.

    Example: sidelight allow list
    """
    now = today()
    for entry in _read(file).entries:
        state = "expired" if entry.is_expired(now) else f"until {entry.expires}"
        scope = "; ".join(f"{name} {' or '.join(texts)}" for name, texts in entry.scope)
        typer.echo(plain(f"{entry.id}  {state}  {entry.owner}  {scope}  {entry.reason}"))
    return 0


@allow.command("prune")
def prune(
    unused: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Take out, too, what hid nothing in this hunt: its JSON lines."
        ),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    file: File = None,
) -> int:
    """Take expired entries out.

    Example: sidelight allow prune --dry-run
    """
    from sidelight.hunt.allow_file import prune_entries  # noqa: PLC0415 - not for --help

    found, now = _read(file), today()
    gone = {entry.id: "expired" for entry in found.entries if entry.is_expired(now)}
    idle = _unused(unused) if unused else frozenset()
    gone.update({entry.id: "hid nothing" for entry in found.entries if entry.id in idle - {*gone}})
    if gone and not dry:
        prune_entries(found, frozenset(gone))
    for name, why in gone.items():
        typer.echo(plain(f"{name}: {why}, {'would go' if dry else 'gone'}"))
    typer.echo(f"{len(found.entries) - len(gone)} of {len(found.entries)} entries stay")
    return 0


def _read(file: Path | None) -> "AllowFile":
    from sidelight.hunt.allow_file import AllowFile, read_allow_file  # noqa: PLC0415

    path = file or allow_file()
    if file is None and not path.exists():
        return AllowFile(path, "", (), "")
    return read_allow_file(path)


def _unused(path: Path) -> frozenset[str]:
    """Read from the coverage of a hunt which entries hid nothing."""
    import orjson  # noqa: PLC0415 - not for --help

    try:
        with path.open("rb") as lines:
            found = [orjson.loads(line) for line in lines if line.startswith(b'{"kind":"coverage"')]
        entries = found[-1]["allowed"]["entries"]
        idle = (each for each in entries if not each["partly_known"])
        return frozenset(each["id"] for each in idle if each["state"] == "unused")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (ValueError, LookupError, TypeError):
        raise UsageError("has no coverage line with an allow-list", where=str(path)) from None
