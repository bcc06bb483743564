"""``sidelight share key``: one's own key, and those of allies that somebody vouched for."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli.folders import configuration_file
from sidelight.cli.libraries import need_exchange, now, operator
from sidelight.cli.saying import say
from sidelight.errors import UsageError

author_key = typer.Typer(
    help="Make a key to sign with, and say whose keys are trusted.", no_args_is_help=True
)

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", help="Your own key. [default: author.key in the settings' folder]"
    ),
]
TrustFile = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        metavar="FILE",
        help="Keys that are trusted. [default: trust.json in the settings' folder]",
    ),
]


def key_file(given: Path | None) -> Path:
    """Name the file of one's own key."""
    return given or configuration_file().parent / "author.key"


def trust_file(given: Path | None) -> Path:
    """Name the trust store."""
    return given or configuration_file().parent / "trust.json"


def _at() -> str:
    from sidelight.exchange import instants  # noqa: PLC0415 - not for --help

    return instants.show(now())[:-4] + "Z"


@author_key.command("make")
def make(
    author: Annotated[str, typer.Argument(metavar="AUTHOR", help="Your organisation's name.")],
    identity: Annotated[
        str,
        typer.Option(metavar="ID", help="STIX identity you make objects as; else it gets its own."),
    ] = "",
    key: KeyFile = None,
    trust: TrustFile = None,
) -> int:
    """Make a key to sign with, readable by you only, and trust it here.

    Example: sidelight share key make "Operator A"
    """
    need_exchange("cryptography", "rfc8785")
    from sidelight.exchange import keys  # noqa: PLC0415 - not for --help

    at, path = _at(), key_file(key)
    made = keys.made_key(secrets.token_bytes(32), author, identity, at)
    keys.write_key(path, made)
    keys.trust(trust_file(trust), made.public, operator(), at)
    say(f"{made.public.author}'s key is in {path}; back it up, and show it to nobody")
    say(f"fingerprint {made.public.fingerprint}")
    return 0


@author_key.command("show")
def show(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="File to write instead.")
    ] = None,
    key: KeyFile = None,
) -> int:
    """Print what allies need to check your signatures: it is no secret.

    Example: sidelight share key show -o operator-a.json
    """
    need_exchange("cryptography", "rfc8785")
    import orjson  # noqa: PLC0415 - not for --help

    from sidelight.exchange import keys  # noqa: PLC0415

    found = keys.read_key(key_file(key)).public
    text = orjson.dumps(keys.document_of(found), option=orjson.OPT_INDENT_2)
    if output is None:
        typer.echo(text.decode())
        return 0
    output.write_bytes(text + b"\n")
    say(f"fingerprint {found.fingerprint}: read it to allies on another way than the file")
    return 0


@author_key.command("trust")
def trust_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'key show' printed.")],
    fingerprint: Annotated[
        str, typer.Option(help="What the ally read out to you, on another way than FILE came.")
    ] = "",
    trust: TrustFile = None,
) -> int:
    """Trust an ally's key, once its fingerprint was compared.

    Example: sidelight share key trust operator-b.json
    --fingerprint kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
    """
    need_exchange("cryptography", "rfc8785")
    from sidelight.exchange import keys  # noqa: PLC0415 - not for --help

    found = keys.read_public_key(file)
    if fingerprint != found.fingerprint:
        said = "is another than the one given" if fingerprint else "must be compared first"
        hint = f"ask {found.author}, by telephone or in person, and give it as --fingerprint"
        raise UsageError(f"{said}: {found.fingerprint}", where=str(file), hint=hint)
    keys.trust(trust_file(trust), found, operator(), _at())
    say(f"{found.author} is trusted, by {operator()}")
    return 0


@author_key.command("list")
def list_keys(trust: TrustFile = None) -> int:
    """List whose keys are trusted or were revoked: since when, and who vouched.

    Example: sidelight share key list
    """
    need_exchange("cryptography", "rfc8785")
    from sidelight.exchange import keys  # noqa: PLC0415 - not for --help

    trusted = keys.read_trust(trust_file(trust))
    for fingerprint, each in trusted.items():
        gone = f"revoked {each.revoked[:10]}: {each.reason}"
        state = gone if each.revoked else f"trusted {each.at[:10]} by {each.by}"
        say(f"{fingerprint}  {each.author}  {state}  {each.identity}".rstrip())
    if not trusted:
        say("no key is trusted yet: sidelight share key make, or key trust FILE", err=True)
    return 0


@author_key.command("revoke")
def revoke(
    fingerprint: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="As 'list' shows it.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")],
    trust: TrustFile = None,
) -> int:
    """Refuse what a key signed from now on, also what it signed before.

    Files that were opened already stay: 'list' of a folder's received.json says whose they are.

    Example: sidelight share key revoke kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
    --reason "laptop stolen"
    """
    need_exchange("cryptography", "rfc8785")
    from sidelight.exchange import keys  # noqa: PLC0415 - not for --help

    if not reason.strip():
        raise UsageError("must not be empty", where="--reason")
    gone = keys.revoke(trust_file(trust), fingerprint, reason.strip(), _at())
    say(f"what {gone.author} signed with it is refused from now on")
    return 0
