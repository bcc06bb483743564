"""``sidelight share recall``, ``recalls`` and ``acknowledge``: take back what was shared."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import Database, now, open_library, operator, organisation_named
from sidelight.cli.moments import seconds
from sidelight.cli.names import names_of
from sidelight.cli.saying import say
from sidelight.cli.transfer import Authority, ClientCertificate, ClientKey, TokenFile, opened
from sidelight.errors import UsageError
from sidelight.plural import many

if TYPE_CHECKING:
    from sidelight.exchange.client import Client
    from sidelight.exchange.shelf import Caller
    from sidelight.exchange.store.library import Library

Asked = Annotated[str, typer.Option("--server", metavar="URL", help="Ask this server.")]


def recall(  # noqa: PLR0913 - options
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of the object.")],
    reason: Annotated[str, typer.Option(help="Why, for those who have it.")],
    hours: Annotated[
        int, typer.Option(min=1, max=8784, help="Hours in which they are to acknowledge.")
    ] = 24,
    erase: Annotated[
        bool, typer.Option("--erase", help="Hold no version any more, not even a revoked one.")
    ] = False,
    server: Asked = "",
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    owner: Annotated[
        str, typer.Option(metavar="ORGANISATION", help="Who shared it; without --server.")
    ] = "",
    database: Database = "",
) -> int:
    """Take back an object: everybody who was given any version is told, and a clock runs.

    Its last version becomes revoked, for good. Who never had it learns nothing.

    Example: sidelight share recall indicator--d1c612bc-146f-4b65-b7b0-9a54a14150a4
    --reason "a false positive" --server https://cert.example --token-file token.txt
    """
    if server:
        with opened(server, token_file, authority, shown=(certificate, key)) as client:
            from sidelight.exchange import notices  # noqa: PLC0415 - not for --help

            made = notices.take_back(client, identifier, reason, hours, erase=erase)
    else:
        library = open_library(database)
        by = _caller(library, owner, "--owner")
        made = _taken_back(library, by, identifier, reason, hours, erase)
    for line in _begun(made, hides=bool(server)):
        say(line)
    return 0


def _taken_back(  # noqa: PLR0913 - what, whose, why, until when
    library: "Library", by: "Caller", identifier: str, reason: str, hours: int, erase: bool
) -> Mapping[str, object]:
    """Recall an object in the database; give the recall as a server gives it."""
    from sidelight.exchange.recall import accounted  # noqa: PLC0415 - not for --help

    at = now()
    before = {each.id for each, _ in library.recalled(at, by.organisation, identifier)}
    found = library.recall(identifier, by, at, reason=reason, hours=hours, erase=erase)
    if found is None:
        hint = "'sidelight share ledger --object ID' says who shared what with whom"
        raise UsageError("is no object that this organisation shared", where=identifier, hint=hint)
    mine = library.recalled(at, by.organisation, found.id)
    recipients = next(some for each, some in mine if each.id == found.id)
    names = {**{each.organisation: each.organisation for each in recipients}, **names_of(library)}
    return {**accounted(found, recipients, names, at), "again": found.id in before}


def _begun(made: Mapping[str, object], *, hides: bool) -> Iterator[str]:
    """Say what became of a recall: whom it reaches, when they are told, and until when they have.

    *hides* says that whoever is hidden from us is not among the recipients.
    """
    ident, due = made.get("object_id"), str(made.get("acknowledge_by"))[:19] + "Z"
    if made.get("again"):
        since = str(made.get("recalled_at"))[:19] + "Z"
        yield f"{ident} was recalled already, at {since}: {made.get('reason')}"
        gone = "; it is erased" if made.get("erased") else ""
        yield f"its reason and its clock, until {due}, stay as they were{gone}"
    else:
        yield f"recall {made.get('id')} of {ident}"
    listed = made.get("recipients")
    some = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    names = ", ".join(str(each.get("organisation")) for each in some)
    if some:
        yield f"{many(len(some), 'organisation was', 'organisations were')} given it: {names}"
        yield (
            "each is told when it next pulls or asks for recalls, at once if it follows; "
            f"it has until {due} to acknowledge"
        )
    else:
        yield "nobody that you may know of was given it" if hides else "nobody was given it"
    if hides:
        yield "whoever is hidden from you and has it is told as well, and not listed"
    yield f"who acknowledged: sidelight share recalls{' --server URL' if hides else ''}"


def recalls(  # noqa: PLR0913 - options
    server: Asked = "",
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    database: Database = "",
) -> int:
    """Say who acknowledged which recall, who did not, and for how long; exit 1 if one is overdue.

    With --server: the recalls that you made, as far as you may know who has what, and those that
    are for you. Without: all of the database.

    Example: sidelight share recalls --server https://cert.example --token-file token.txt
    """
    if server:
        with opened(server, token_file, authority, shown=(certificate, key)) as client:
            lines = list(_asked(client))
    else:
        lines = list(_all(database))
    for line in lines or ["there are no recalls: nothing was taken back"]:
        say(line)
    return FOUND if any("overdue" in line.split("  ") for line in lines) else 0


def acknowledge(  # noqa: PLR0913 - options
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the recall, or of the object.")
    ],
    done: Annotated[str, typer.Option(help="What you did about it, for whoever shared it.")] = "",
    drop: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON lines that were pulled: take the object out."),
    ] = None,
    server: Asked = "",
    token_file: TokenFile = None,
    authority: Authority = None,
    certificate: ClientCertificate = None,
    key: ClientKey = None,
    organisation: Annotated[
        str, typer.Option(metavar="ORGANISATION", help="Who acknowledges; without --server.")
    ] = "",
    database: Database = "",
) -> int:
    """Acknowledge a recall: say that what was taken back is used no more.

    Example: sidelight share acknowledge indicator--d1c612bc-146f-4b65-b7b0-9a54a14150a4
    --drop finds.jsonl --server https://cert.example --token-file token.txt
    """
    if server:
        with opened(server, token_file, authority, shown=(certificate, key)) as client:
            from sidelight.exchange import notices  # noqa: PLC0415 - not for --help

            pending = [
                each.object_id
                for each in notices.told(client) or ()
                if identifier in {each.id, each.object_id}
            ]
            done = _dropped(drop, pending, done)
            lines = [
                _acknowledged(each.object_id, each.again and each.acknowledged_at, each.done)
                for each in notices.acknowledge(client, identifier, done)
            ]
    else:
        library = open_library(database)
        by = _caller(library, organisation, "--organisation")
        lines = _noted(library, identifier, by, _dropped(drop, [identifier], done))
    for line in dict.fromkeys(lines):
        say(line)
    return 0


def _noted(library: "Library", identifier: str, by: "Caller", done: str) -> list[str]:
    """Acknowledge in the database, and say so."""
    from sidelight.exchange.recall import is_again  # noqa: PLC0415 - not for --help

    at = now()
    found = library.acknowledge(identifier, by, done, at)
    if not found:
        raise UsageError("is no recall that is for this organisation", where=identifier)
    return [
        _acknowledged(
            each.recall.object,
            is_again(each, at) and seconds(each.recipient.acknowledged or at),
            each.recipient.done,
        )
        for each in found
    ]


def _acknowledged(ident: str, before: str | bool, done: str) -> str:
    """Say that a recall is acknowledged, or since when it was *before*."""
    if not before:
        return f"acknowledged the recall of {ident}"
    said = f" with: {done}" if done else ""
    when = f"{str(before)[:19]}Z"
    return f"the recall of {ident} was acknowledged already, at {when}{said}; that stays"


def _dropped(path: Path | None, idents: Sequence[str], done: str) -> str:
    if path is None:
        return done
    from sidelight.exchange.notices import drop  # noqa: PLC0415 - not for --help

    count = drop(path, idents)
    what = f"{count} {'copy' if count == 1 else 'copies'}"
    say(f"{what} taken out of {path}")
    return done or f"{what} deleted"


def _caller(library: "Library", name: str, option: str) -> "Caller":
    from sidelight.exchange.shelf import Caller  # noqa: PLC0415 - not for --help

    if not name:
        raise UsageError("is needed where no --server is asked", where=option)
    found = organisation_named(library.register(), name)
    return Caller(found.id, operator(), frozenset())


def _asked(client: "Client") -> Iterator[str]:
    from sidelight.exchange import notices  # noqa: PLC0415 - not for --help

    for each in notices.made(client):
        yield from _made(each)
    for one in notices.told(client) or ():
        yield f"{one.object_id}  for us  {one.state}  by {one.acknowledge_by}: {one.reason}"


def _made(told: Mapping[str, object]) -> Iterator[str]:
    yield f"{told['object_id']}  made by us at {told['recalled_at']}: {told['reason']}"
    recipients = told.get("recipients")
    for each in recipients if isinstance(recipients, list) else ():
        at = each.get("acknowledged_at", "")
        rest = (at and f"at {at}", each.get("done", ""))
        parts = ("", str(each["organisation"]), str(each["state"]), *rest)
        yield "  ".join(part for part in parts if part is not None).rstrip()
    yield "  whoever is hidden from you and has it is told as well, and not listed"


def _all(database: str) -> Iterator[str]:
    library = open_library(database)
    from sidelight.exchange.recall import lasting, state  # noqa: PLC0415 - not for --help

    names, at = names_of(library), now()
    for recall, recipients in library.recalled(at):
        due = seconds(recall.due)
        owner = names.get(recall.owner, recall.owner)
        how = "no longer shared by" if recall.is_departure else "recalled by"
        yield f"{recall.object}  {how} {owner}, due {due}: {recall.reason}"
        for each in recipients:
            until = at if each.acknowledged is None else each.acknowledged
            waited = lasting(recall.at, until)
            who = names.get(each.organisation, each.organisation)
            told = "told" if each.told is not None else "not told yet"
            parts = ("", who, state(recall, each, at), waited, told, each.done)
            yield "  ".join(parts).rstrip()
