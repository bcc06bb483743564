"""What was seen of what allies sent, as sightings that go back to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import orjson

from sidelight.errors import UsageError, reason_of
from sidelight.exchange import instants
from sidelight.exchange.client import Client, Failure, Room, Sent
from sidelight.exchange.connection import as_object
from sidelight.exchange.instants import Instant
from sidelight.exchange.received.record import Line, Seen, end_line, open_private
from sidelight.exchange.sighting import Json, Name, Reach, composed
from sidelight.intel.markings import Marking
from sidelight.replacement import replace_file
from sidelight.values import dataclass


def seen_now(lines: Iterable[Line]) -> dict[str, Seen]:
    """Give how often each indicator was seen: in each place as the last hunt there counted it.

    Places may overlap, so the one where it was seen most counts, and others are not added.
    """
    last: dict[tuple[str, str], Seen] = {}
    for each in lines:
        if each.became in {"hunted", "partly"}:
            last[each.id, each.where] = each.seen or Seen(0, 0, 0)
    found: dict[str, Seen] = {}
    for (ident, _), seen in last.items():
        old = found.get(ident)
        if seen.count and (old is None or seen.count > old.count):
            found[ident] = seen
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of an indicator before: how often, and when it was said first."""

    count: int
    created: str


def due(
    seen: Mapping[str, Seen], told: Mapping[str, Told], secret: UUID, tlp: Marking, now: Instant
) -> list[Json]:
    """Make the sightings that say more than what was *told*, by indicator."""
    at = instants.show(now)
    found = []
    for ident, each in sorted(seen.items()):
        old = told.get(ident, Told(0, at))
        if each.count > old.count:
            days = each.first, each.last
            found.append(composed(ident, each.count, days, tlp, secret, (old.created, at)))
    return found


def secret_of(folder: Path) -> UUID:
    """Give what ids of sightings are made with; made once, and kept beside the record.

    Raises:
        UsageError: it cannot be made or read, or is damaged.
    """
    path = folder / "sighting.secret"
    if not path.exists():
        replace_file(path, [str(uuid4()).encode()], 0o600)
    try:
        return UUID(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        hint = "delete it; what was told before is told once more, under other ids"
        raise UsageError(
            f"cannot be read: {reason_of(error)}", where=str(path), hint=hint
        ) from None


def told_before(folder: Path, place: str) -> dict[str, Told]:
    """Give what was said of each indicator, in a collection and a way of naming.

    A last line that was cut in writing is left out: the server knows again what it was of.

    Raises:
        UsageError: a line cannot be read.
    """
    path = folder / "sent.jsonl"
    found: dict[str, Told] = {}
    whole = path.read_bytes() if path.exists() else b""
    for number, line in enumerate(whole.split(b"\n")[:-1], 1):
        try:
            said = orjson.loads(line)
            if said["place"] == place:
                found[said["indicator"]] = Told(int(said["count"]), str(said["created"]))
        except (ValueError, KeyError, TypeError) as error:
            hint = "delete the line; what it was of is told again"
            raise UsageError(f"line {number}: {error}", where=str(path), hint=hint) from None
    return found


def remember(folder: Path, place: str, sightings: Iterable[Json]) -> None:
    """Note that sightings were taken."""
    with open_private(folder / "sent.jsonl") as file:
        end_line(file)
        for each in sightings:
            said = {name: each[name] for name in ("id", "count", "created", "modified")}
            said |= {"place": place, "indicator": each["sighting_of_ref"]}
            file.write(orjson.dumps(said) + b"\n")


def foresee(
    client: Client, room: Room, sightings: Sequence[Json], name: Name, reach: Reach
) -> list[Mapping[str, object]]:
    """Ask who would get sightings; only a server of this program can say.

    Raises:
        ExchangeError: the server does not know that, or refused.
    """
    reply = _posted(client, room, sightings, {"as": name, "to": reach, "preview": "yes"})
    return list(_tables(reply.get("verdicts")))


def send(client: Client, room: Room, sightings: Sequence[Json], name: Name, reach: Reach) -> Sent:
    """Send sightings.

    Raises:
        ExchangeError: the server refused them as a whole.
    """
    reply = _posted(client, room, sightings, {"as": name, "to": reach})
    refused = tuple(
        Failure(str(each.get("id")), str(each.get("version")), str(each.get("message")))
        for each in _tables(reply.get("failures"))
    )
    accepted = reply.get("success_count")
    return Sent(accepted if isinstance(accepted, int) else 0, refused)


def _posted(
    client: Client, room: Room, sightings: Sequence[Json], asked: Mapping[str, str]
) -> Mapping[str, object]:
    body = orjson.dumps({"objects": sightings})
    where = room.url + "sightings/objects/"
    return as_object(client.connection.ask("POST", where, asked, body).content, where)


def _tables(value: object) -> Iterator[Mapping[str, object]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            yield each
