"""Files become a bundle of signed objects."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import orjson

from sidelight.errors import UsageError
from sidelight.exchange import instants
from sidelight.exchange.defence import (
    Defence,
    definitions,
    derivation,
    ident_of,
    object_of,
    read_defence,
)
from sidelight.exchange.instants import Instant
from sidelight.exchange.keys import PrivateKey
from sidelight.exchange.marking import ORDER, spelled
from sidelight.exchange.quarantine import Received, origin
from sidelight.exchange.signature import UnsignableError, signed
from sidelight.intel.markings import Marking, label

Packed = tuple[Path, Defence, str, Received | None]


def pack(  # noqa: PLR0913 - what, whose, how far, when, made of what
    paths: Sequence[Path],
    key: PrivateKey,
    marking: Marking,
    now: Instant,
    mint: Callable[[], UUID],
    source: Path | None = None,
) -> tuple[bytes, list[Packed]]:
    """Give a bundle, and what became of each file: what it is, its id, what it was made of.

    *source* is the file that was received and that a single one of *paths* was made of; without
    it, a file that lies where it was received was made of itself.

    Raises:
        UsageError: a file cannot be read, is nothing to defend with, is an ally's unchanged, or
            would go further than the ally allows it was made of.
    """
    at = instants.show(now)[:-4] + "Z"
    done: list[Packed] = []
    objects: list[dict[str, object]] = []
    for path in paths:
        thing, made_of = _read(path, source, marking)
        ident = ident_of(thing, key.public)
        twin = next((one for one, _, other, _ in done if other == ident), None)
        if twin:
            raise UsageError(f"would be the same object as {twin}", where=str(path))
        done.append((path, thing, ident, made_of))
        objects.append(object_of(thing, key.public, marking, at))
        if made_of is not None and made_of.id != ident:
            objects.append(derivation(ident, made_of.id, key.public, marking))
    bundle = {"type": "bundle", "id": f"bundle--{mint()}", "objects": [*_sealed(objects, key)]}
    return orjson.dumps(bundle, option=orjson.OPT_APPEND_NEWLINE), done


def _sealed(objects: Sequence[dict[str, object]], key: PrivateKey) -> Iterator[dict[str, object]]:
    yield from definitions(key.public)
    for each in objects:
        try:
            yield signed(each, key)
        except UnsignableError as error:
            raise UsageError(f"cannot be signed: {error}", where=str(each.get("name"))) from None


def _read(path: Path, source: Path | None, marking: Marking) -> tuple[Defence, Received | None]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    made_of = origin(source or path)
    if source is not None and made_of is None:
        raise UsageError("is no file that was received", where=str(source))
    if made_of is not None:
        _check(path, data, made_of, marking)
    return read_defence(data, str(path)), made_of


def _check(path: Path, data: bytes, source: Received, marking: Marking) -> None:
    """Keep an ally's work an ally's.

    Raises:
        UsageError: it is unchanged, or its source did not allow it to go so far.
    """
    if sha256(data).hexdigest() == source.sha256:
        hint = "pass on the bundle it came in: its signature says whose it is"
        whose = source.author or "somebody else"
        raise UsageError(f"is the work of {whose}, unchanged", where=str(path), hint=hint)
    limit = spelled(source.marking)
    if limit is None or ORDER.index(marking) < ORDER.index(limit):
        reason = f"was made of what is marked {label(limit) if limit else 'with nothing known'}"
        raise UsageError(reason, where=str(path), hint=f"give --tlp {source.marking} or stricter")
