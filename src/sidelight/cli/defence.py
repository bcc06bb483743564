"""``sidelight share defence``: pass on what defends, signed by whoever made it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.allow import today
from sidelight.cli.author_key import KeyFile, TrustFile, key_file, trust_file
from sidelight.cli.exits import FOUND
from sidelight.cli.folders import allow_file
from sidelight.cli.libraries import need_exchange, now
from sidelight.cli.saying import say
from sidelight.cli.tlp import tlp_named
from sidelight.errors import UsageError
from sidelight.intel.markings import label
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.keys import PublicKey
    from sidelight.exchange.quarantine import Outcome
    from sidelight.findings.allowlist import Entry
    from sidelight.findings.finding import Finding

defence = typer.Typer(
    help="Share Sigma rules, allow-lists, baselines and playbooks, signed.", no_args_is_help=True
)
_SHOWN: int = 5


@defence.command("pack")
def pack(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="What is to be shared.")],
    tlp: Annotated[str, typer.Option(metavar="TLP", help="How far it may go.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Bundle to write.")
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--derived-from", metavar="FILE", help="Received file that the one FILE was made of."
        ),
    ] = None,
    key: KeyFile = None,
) -> int:
    """Make a signed STIX bundle of rules, allow-lists, baselines and playbooks.

    Packing a file again makes a new version. A file that was opened from an ally's bundle and
    changed becomes an object of yours, derived from theirs. The name of the author and what
    defines the format go along as TLP:CLEAR.

    Example: sidelight share defence pack our-rule.yml --tlp green -o defence.stix.json
    """
    need_exchange("cryptography", "rfc8785")
    from uuid import uuid4  # noqa: PLC0415 - not for --help

    from sidelight.exchange.keys import read_key  # noqa: PLC0415
    from sidelight.exchange.packing import pack as packed  # noqa: PLC0415

    marking = tlp_named(tlp, red=False)
    if source is not None and len(files) != 1:
        raise UsageError("goes with one FILE", where="--derived-from")
    private = read_key(key_file(key))
    data, done = packed(files, private, marking, now(), uuid4, source)
    output.write_bytes(data)
    for path, thing, ident, origin in done:
        made = f", derived from one of {origin.author or 'nobody known'}" if origin else ""
        say(f"{path}: {thing.kind.replace('-', ' ')} {thing.title}, {ident}{made}")
        for warning in thing.warnings:
            say(f"  it {warning}")
    links = sum(origin is not None and origin.id != ident for _, _, ident, origin in done)
    say(f"{many(len(done) + links, 'object')}, {label(marking)}, signed, in {output}")
    say(_explained(private.public))
    return 0


def _explained(author: "PublicKey") -> str:
    """Say what goes along, which everybody may read whatever the marking of the rest is."""
    from sidelight.exchange.defence import definitions  # noqa: PLC0415 - not for --help

    others = many(sum(1 for _ in definitions(author)), "object")
    named = f", among them your name, {author.author}" if author.own_identity else ""
    return f"and {others} that explain them, {label('clear')}, unsigned{named}"


@defence.command("open")
def open_bundle(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="Bundle, envelope or JSON lines.")
    ],
    folder: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder to keep it in.")],
    unsigned: Annotated[
        bool,
        typer.Option("--unsigned", help="Keep, too, what nobody signed, or nobody known here."),
    ] = False,
    trust: TrustFile = None,
) -> int:
    """Check signatures, and put what a trusted author signed into a folder.

    Nothing is switched on: hunt with 'sidelight hunt --rules DIR/rules', and take an allow-list
    with 'sidelight share defence accept'.

    Exit codes: 0 all of it is kept, 1 some was turned away.

    Example: sidelight share defence open defence.stix.json --to received
    """
    need_exchange("cryptography", "rfc8785")
    from sidelight.exchange.keys import read_trust  # noqa: PLC0415 - not for --help
    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415
    from sidelight.exchange.quarantine import Turned, open_into  # noqa: PLC0415

    trusted = read_trust(trust_file(trust))
    outcomes = open_into(folder, read_objects(bundle), trusted, unsigned=unsigned)
    for line in _told(outcomes, folder):
        say(line)
    turned = sum(isinstance(each, Turned) for each in outcomes)
    kept = len(outcomes) - turned
    say(f"{kept} kept, {turned} turned away; nothing was switched on")
    return FOUND if turned or not outcomes else 0


def _told(outcomes: "list[Outcome]", folder: Path) -> Iterator[str]:
    """Say what was turned away, by reason, and last what is kept: that is what is looked for."""
    from sidelight.exchange.quarantine import Kept, Same, Turned  # noqa: PLC0415 - not for --help

    if not outcomes:
        yield "there is no defence in it: nothing that 'share defence pack' makes"
    turned: dict[str, list[Turned]] = {}
    for each in outcomes:
        if isinstance(each, Turned):
            turned.setdefault(each.why, []).append(each)
    for why, some in turned.items():
        yield f"turned  {len(some)}: {why}"
        yield from (f"        {one.title or 'something'} ({one.id})" for one in some[:_SHOWN])
        if len(some) > _SHOWN:
            yield f"        and {len(some) - _SHOWN} more"
    for each in outcomes:
        match each:
            case Kept(entry, warnings):
                whose = f"signed by {entry.author}" if entry.author else "signed by nobody known"
                yield f"kept    {folder / entry.file}  {whose}  TLP:{entry.marking.upper()}"
                yield from (f"        it {warning}" for warning in warnings)
            case Same(entry):
                yield f"there   {folder / entry.file}  as it came"


@defence.command("accept")
def accept(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An allow-list that was opened.")],
    findings: Annotated[
        Path, typer.Option(metavar="FILE", help="JSON lines of a hunt, to see what it would hide.")
    ],
    owner: Annotated[
        str, typer.Option(help="Who answers for it here; without, it is only shown.")
    ] = "",
    entries: Annotated[
        list[str] | None, typer.Option("--entry", metavar="ID", help="Only these. Repeatable.")
    ] = None,
    allow: Annotated[
        Path | None,
        typer.Option("--allow", metavar="FILE", help="The allow-list to add to; else the user's."),
    ] = None,
) -> int:
    """Show what an ally's allow-list would hide here; with --owner, add it to your own.

    Example: sidelight share defence accept received/allow-lists/ours-1b6c0e6f.toml
    --findings findings.jsonl
    """
    from sidelight.hunt.allow_file import add_entry, read_allow_file  # noqa: PLC0415

    found = [
        each for each in read_allow_file(file).entries if entries is None or each.id in entries
    ]
    missing = sorted({*(entries or ())} - {each.id for each in found})
    if missing:
        raise UsageError(f"has no entry {missing[0]!r}", where=str(file))
    _show_hidden(found, _read_findings(findings))
    if not owner.strip():
        say("nothing was accepted: give --owner to answer for it")
        return 0
    for each in found:
        if each.is_expired(today()):
            say(f"{each.id} has expired, and is left out")
            continue
        taken = _taken(each, owner.strip(), file)
        add_entry(allow or allow_file(), taken)
        say(f"{taken.id} added to {allow or allow_file()}, until {taken.expires}")
    return 0


def _taken(entry: "Entry", owner: str, file: Path) -> "Entry":
    """Give an ally's entry as one that *owner* answers for."""
    from dataclasses import replace  # noqa: PLC0415 - not for --help

    from sidelight.exchange.quarantine import origin  # noqa: PLC0415

    source = origin(file)
    author = source.author if source and source.author else "somebody unknown"
    reason = f"{entry.reason} (said by {entry.owner} of {author})"
    return replace(entry, id=f"ally-{entry.id}", owner=owner, reason=reason, created=today())


def _show_hidden(entries: "list[Entry]", findings: "list[Finding]") -> None:
    from sidelight.findings.allowlist import covers  # noqa: PLC0415 - not for --help

    for entry in entries:
        hidden = [each for each in findings if covers(entry, each) == "whole"]
        scope = "; ".join(f"{name} {' or '.join(texts)}" for name, texts in entry.scope)
        say(f"{entry.id}: {entry.reason}, says {entry.owner}, until {entry.expires}")
        say(f"  covers {scope}")
        say(f"  would hide {many(len(hidden), 'finding')} of {len(findings)}")
        for each in hidden[:_SHOWN]:
            say(f"    {each.level}  {each.host}  {each.title}")
        if len(hidden) > _SHOWN:
            say(f"    and {len(hidden) - _SHOWN} more")


def _read_findings(path: Path) -> "list[Finding]":
    from sidelight.attribution.recorded import recorded  # noqa: PLC0415 - not for --help

    try:
        with path.open("rb") as lines:
            return list(recorded(lines, str(path)))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
