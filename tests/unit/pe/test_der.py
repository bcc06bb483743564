"""Elements that lack a part: whoever reads them refuses them, and nothing else happens."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from authenticode_writer import catalog, root, signer, token
from sidelight.pe.catalog import verify_catalog
from sidelight.pe.der import DerError, element
from sidelight.pe.trust import read_trust


def _written(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(body).to_bytes(4, "big") + body


def _parts(data: bytes) -> list[bytes]:
    """Give what an element is made of, or what stands in a text of bytes."""
    whole = element(data)
    with suppress(DerError):
        if whole.tag == 0x04 and element(whole.body).end == len(whole.body):
            return [whole.body]
        return [part.raw for part in whole.parts()]
    return []


def _shorter(data: bytes) -> Iterator[bytes]:
    """Yield *data* with one element less, wherever there is one."""
    parts = _parts(data)
    for at, part in enumerate(parts):
        for others in (parts[:at] + parts[at + 1 :], parts[:at]):
            yield _written(data[0], b"".join(others))
        for less in _shorter(part):
            yield _written(data[0], b"".join([*parts[:at], less, *parts[at + 1 :]]))


def test_what_lacks_a_part_is_refused() -> None:
    trust = read_trust([root().pem])
    stamp = partial(token, time=datetime(2020, 1, 1, tzinfo=UTC), alone=True)
    whole = catalog([b"\1" * 32], signer(), stamp=stamp)
    assert verify_catalog(whole, trust).members
    seen = {verify_catalog(data, trust).signature.status for data in set(_shorter(whole))}
    assert {"ok", "broken"} <= seen
