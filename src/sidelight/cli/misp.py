"""``sidelight share misp``: events of MISP in and out."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.fetching import is_safe
from sidelight.cli.saying import say
from sidelight.cli.transfer import Authority
from sidelight.errors import UsageError, reason_of
from sidelight.extras import install

if TYPE_CHECKING:
    from sidelight.exchange.misp.terms import Json, Left

misp = typer.Typer(help="Exchange events with MISP.", no_args_is_help=True)

Url = Annotated[str, typer.Option("--url", help="A MISP server; nothing is asked without it.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="Its key. [default: variable MISP_KEY]"),
]


@misp.command("in")
def misp_in_command(  # noqa: PLR0913 - options
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="STIX bundle to write.")
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="EVENT.json...", help="Events of MISP.")
    ] = None,
    url: Url = "",
    events: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="UUID", help="Event to get from --url. Repeatable."),
    ] = None,
    key_file: KeyFile = None,
    authority: Authority = None,
    community: Annotated[
        bool, typer.Option("--community", help="The allies are the community of your MISP.")
    ] = False,
    groups: Annotated[
        list[str] | None,
        typer.Option(
            "--sharing-group", metavar="UUID", help="The allies are this group. Repeatable."
        ),
    ] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Take unpublished events, too.")] = False,
) -> int:
    """Make STIX of MISP events, with nothing that may not leave; exit 1 if something stays.

    An event without a TLP tag is refused, and so is a distribution that does not reach allies.

    Example: sidelight share misp in event.json -o event.stix.json
    """
    _need("misp_stix_converter")
    from uuid import uuid4  # noqa: PLC0415 - not for --help

    from sidelight.exchange.misp.conversion import bundled, to_stix  # noqa: PLC0415
    from sidelight.exchange.misp.event import leaving  # noqa: PLC0415
    from sidelight.exchange.misp.terms import Audience, Left  # noqa: PLC0415

    audience = Audience(community, frozenset(each.lower() for each in groups or ()))
    made: dict[str, Json] = {}
    left: list[Left] = []
    count = 0
    for event in _events(files or [], url, events or [], key_file, authority):
        found = leaving(event, audience, drafts=drafts)
        if isinstance(found, Left):
            left.append(found)
            continue
        items, lost = to_stix(found)
        left += [*found.left, *lost]
        made.update({str(each["id"]): each for each in items})
        count += 1
    if made:
        output.write_bytes(bundled(list(made.values()), uuid4()))
    events_ = f"{count} event{'s' * (count != 1)}"
    say(f"{len(made)} objects of {events_}{f', in {output}' if made else ''}")
    _tell(left)
    return FOUND if left else 0


@misp.command("out")
def misp_out_command(  # noqa: PLR0913 - options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Bundle, envelope or JSON lines.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Event to write.")
    ] = None,
    url: Url = "",
    key_file: KeyFile = None,
    authority: Authority = None,
    distribution: Annotated[
        int, typer.Option(min=0, max=3, help="Of the event; 0 is your organisation only.")
    ] = 0,
    title: Annotated[str, typer.Option(help="Of the event, if no report names it.")] = "",
) -> int:
    """Make a MISP event of STIX objects; it is tagged with their TLP and not published.

    Exit 1 if something is left out. With --url it is added there as well.

    Example: sidelight share misp out finds.jsonl -o event.json
    """
    _need("misp_stix_converter")
    if output is None and not url:
        raise UsageError("say where it goes", hint="--output FILE, --url URL, or both")
    from sidelight.exchange.misp.conversion import to_event  # noqa: PLC0415 - not for --help
    from sidelight.exchange.parcel import read_objects  # noqa: PLC0415

    event = to_event(read_objects(file), distribution, title)
    if output:
        output.write_text(json.dumps(event.document, indent=1) + "\n", encoding="utf-8")
        say(f"one event, TLP:{event.marking.upper()}, in {output}")
    if url:
        from sidelight.exchange.misp.instance import add  # noqa: PLC0415

        _safe(url)
        add(url, _key(key_file), event.document, authority)
        say(f"one event, TLP:{event.marking.upper()}, added at {url}, unpublished")
    _tell(event.left)
    return FOUND if event.left else 0


def _events(
    files: list[Path], url: str, events: list[str], key_file: Path | None, authority: Path | None
) -> "Iterator[Json]":
    from sidelight.exchange.misp.event import events_of  # noqa: PLC0415 - not for --help

    if bool(url) != bool(events) or not (files or events):
        raise UsageError("say which events", hint="files, or --url with --event")
    for path in files:
        try:
            document = json.loads(path.read_bytes())
        except OSError as error:
            raise UsageError(f"cannot be read: {reason_of(error)}", where=str(path)) from None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"is no JSON: {error}", where=str(path)) from None
        found = events_of(document)
        if not found:
            raise UsageError("holds no MISP event", where=str(path))
        yield from found
    if events:
        from sidelight.exchange.misp.instance import fetch  # noqa: PLC0415

        _safe(url)
        key = _key(key_file)
        for each in events:
            yield from events_of(fetch(url, key, each, authority))


def _safe(url: str) -> None:
    if not is_safe(url):
        raise UsageError("only https keeps what is shared to itself", where=url)


def _key(path: Path | None) -> str:
    from sidelight.exchange.secret import read_token  # noqa: PLC0415 - not for --help

    if path:
        return read_token(path)
    text = os.environ.get("MISP_KEY", "").strip()
    if not text:
        raise UsageError("a key is needed", hint="--key-file FILE, or the variable MISP_KEY")
    return text


def _need(module: str) -> None:
    if find_spec(module) is None:
        reason = f"MISP needs the library {module}, which is not installed"
        raise UsageError(reason, hint=install("misp"))


def _tell(left: "Iterable[Left]") -> None:
    for why, count in Counter(each.why for each in left).most_common():
        first = next(each.what for each in left if each.why == why)
        say(f"{count} left out: {why} (such as {first})")
