"""Telling allies what was seen of what they sent: shown first, sent only when that is said."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import now
from sidelight.cli.tlp import tlp_named
from sidelight.errors import UsageError
from sidelight.output.plain import plain
from sidelight.plural import many

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
    seen = reply.seen_now(Record(folder).lines())
    before = reply.told_before(folder, place)
    due = reply.due(seen, before, reply.secret_of(folder), wish.tlp, now())
    if not due:
        print(f"no sighting to tell: all of {len(seen)} that were seen is told", file=out)
        return 0
    _show(due, reply.foresee(client, room, due, wish.name, wish.reach), wish, out)
    if not wish.send:
        print("nothing has left; --send sends it", file=out)
        return 0
    sent = reply.send(client, room, due, wish.name, wish.reach)
    refused = {each.id for each in sent.refused}
    reply.remember(folder, place, [each for each in due if each["id"] not in refused])
    print(plain(f"{sent.accepted} of {len(due)} sightings taken by {room.title}"), file=out)
    for why, count in Counter(each.why for each in sent.refused).most_common():
        print(plain(f"{count} refused: {why}"), file=out)
    return FOUND if sent.refused else 0


def _show(
    due: "Sequence[Json]", verdicts: Sequence[Mapping[str, object]], wish: Wish, out: TextIO
) -> None:
    print(f"{many(len(due), 'sighting')}, {wish.name}, to the {wish.reach}:", file=out)
    for each in due:
        since = f", since {str(each['first_seen'])[:10]}" if "first_seen" in each else ""
        print(
            plain(f"  {each['sighting_of_ref']}: {many(int(str(each['count'])), 'time')}{since}"),
            file=out,
        )
    sums = Counter((v.get("allow") is True, f"{v.get('rule')}: {v.get('why')}") for v in verdicts)
    for (allow, why), count in sums.most_common():
        print(plain(f"  {'goes to' if allow else 'does not go to'} {count}: {why}"), file=out)
