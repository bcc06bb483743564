"""Telling allies what was seen of what they sent: shown first, sent only when that is said."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import now
from sidelight.cli.saying import say
from sidelight.cli.tlp import tlp_named
from sidelight.errors import UsageError
from sidelight.plural import many
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.exchange.client import Client, Room
    from sidelight.exchange.sighting import Json, Name, Reach
    from sidelight.intel.markings import Marking

Sighting = Annotated[
    str,
    typer.Option(
        "--sighting",
        metavar="NAME",
        help="After the hunt, show which sightings go back to creators: own or anonymous.",
    ),
]
Send = Annotated[
    bool, typer.Option("--send", help="Send sightings; without it you see what would leave.")
]


@dataclass(frozen=True, slots=True)
class Wish:
    """Under which name, to whom and with which label sightings go, and whether they do."""

    name: "Name"
    reach: "Reach"
    tlp: "Marking"
    send: bool


def wished(
    name: str, reach: str = "creator", tlp: str = "amber+strict", *, send: bool = False
) -> Wish:
    """Put options together.

    Raises:
        UsageError: one of them is no choice that there is.
    """
    from sidelight.exchange.sighting import NAMES, REACHES  # noqa: PLC0415 - not for --help

    named = next((each for each in NAMES if each == name), None)
    if named is None:
        raise UsageError(f"{name!r} is none of: {', '.join(NAMES)}", where="name of sightings")
    whom = next((each for each in REACHES if each == reach), None)
    if whom is None:
        raise UsageError(f"is one of: {', '.join(REACHES)}", where="--to")
    return Wish(named, whom, tlp_named(tlp, red=False), send)


def wished_after(hunt: Sequence[Path] | None, name: str, *, send: bool) -> Wish | None:
    """Give what is to be told after a hunt; None for nothing.

    Raises:
        UsageError: there is no hunt, or no name was chosen.
    """
    if name and not hunt:
        raise UsageError("is for what a hunt saw", where="--sighting", hint="add --hunt PATH")
    if send and not name:
        hint = "--sighting own, or --sighting anonymous"
        raise UsageError("sends sightings, but under which name", where="--send", hint=hint)
    return wished(name, send=send) if name else None


def tell(
    client: "Client", room: "Room", folder: Path, wish: Wish, out: TextIO | None = None
) -> int:
    """Show the sightings that were not told yet, and send them if that is wished.

    Gives 1 if the server refused some. *folder* is where hunts are recorded.
    """
    from sidelight.exchange.received import reply  # noqa: PLC0415 - not for --help
    from sidelight.exchange.received.record import Record  # noqa: PLC0415

    out = out or sys.stdout
    place = f"{room.url} {wish.name} {wish.reach}"
    record = list(Record(folder).lines())
    seen, titles = reply.seen_now(record), {each.id: each.title for each in record}
    before = reply.told_before(folder, place)
    due = reply.due(seen, before, reply.secret_of(folder), wish.tlp, now())
    if not due:
        say(f"no sighting to tell: {_why_none(len(record), len(seen), folder)}", out=out)
        return 0
    for line in _shown(due, titles, wish, room):
        say(line, out=out)
    for line in _goes(reply.foresee(client, room, due, wish.name, wish.reach)):
        say(f"  {line}", out=out)
    if not wish.send:
        say("nothing has left; --send sends it", out=out)
        return 0
    sent = reply.send(client, room, due, wish.name, wish.reach)
    refused = {each.id for each in sent.refused}
    reply.remember(folder, place, [each for each in due if each["id"] not in refused])
    say(f"{sent.accepted} of {many(len(due), 'sighting')} taken by {room.title}", out=out)
    for why, count in Counter(each.why for each in sent.refused).most_common():
        say(f"{count} refused: {why}", out=out)
    return FOUND if sent.refused else 0


def _why_none(looked: int, seen: int, folder: Path) -> str:
    if seen:
        return f"{many(seen, 'indicator was', 'indicators were')} seen, and that is told already"
    if looked:
        return f"nothing that allies sent was seen ({folder})"
    return f"nothing that allies sent was hunted yet ({folder}): sidelight share hunt FILE PATH"


_WHOM: "Mapping[Reach, str]" = {
    "creator": "whoever shared the indicator, and no other member; the server does not say who",
    "circle": "who may see the indicator in the circles of {title}, hidden members too",
}
_AS: "Mapping[Name, str]" = {
    "own": "as your organisation",
    "anonymous": "under a name that only its recipient knows; whoever runs the server can tell "
    "that it is yours",
}


def _shown(
    due: "Sequence[Json]", titles: Mapping[str, str], wish: Wish, room: "Room"
) -> Iterator[str]:
    """Say what would leave, who will see it, and as whose."""
    yield f"{many(len(due), 'sighting')}, TLP:{wish.tlp.upper()}:"
    for each in due:
        ident = str(each["sighting_of_ref"])
        since = f", since {str(each['first_seen'])[:10]}" if "first_seen" in each else ""
        count = many(int(str(each["count"])), "time")
        title = titles.get(ident)
        yield f"  {f'{title} ({ident})' if title else ident}: {count}{since}"
    yield f"who will see them: {_WHOM[wish.reach].format(title=room.title)}"
    yield f"they go {_AS[wish.name]}"


def _goes(verdicts: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Say to how many each goes or does not, and by which rule."""
    sums = Counter(
        (
            "goes to" if each.get("allow") is True else "does not go to",
            str(each.get("recipient") or "anybody"),
            f"{each.get('rule')}: {each.get('why')}",
        )
        for each in verdicts
    )
    for (does, recipient, why), count in sums.most_common():
        of = f" ({many(count, 'sighting')})" if len(sums) > 1 else ""
        yield f"{does} {recipient}{of}: {why}"
