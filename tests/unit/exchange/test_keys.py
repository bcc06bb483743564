import os
import sys
from pathlib import Path

import orjson
import pytest

from sidelight.errors import UsageError
from sidelight.exchange.keys import (
    document_of,
    made_key,
    read_key,
    read_public_key,
    read_trust,
    revoke,
    trust,
    write_key,
)

AT = "2026-11-30T00:00:00.000Z"
KEY = made_key(b"\1" * 32, "Operator A", "", AT)


def test_a_private_key_is_its_owners_only_and_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "author.key"
    write_key(path, KEY)
    assert read_key(path) == KEY
    with pytest.raises(UsageError, match="is there already"):
        write_key(path, made_key(b"\2" * 32, "Operator A", "", AT))
    assert read_key(path) == KEY
    assert "seed" not in repr(KEY)
    assert repr(b"\1" * 32) not in repr(KEY)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "author.key"
    write_key(path, KEY)
    assert path.stat().st_mode & 0o777 == 0o600
    os.chmod(path, mode)
    with pytest.raises(UsageError, match="may be read by others"):
        read_key(path)


def test_halves_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "author.key"
    write_key(path, KEY)
    other = document_of(made_key(b"\2" * 32, "Operator A", "", AT).public)
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), "x": other["x"]}))
    with pytest.raises(UsageError, match="two halves"):
        read_key(path)


def test_a_public_key_survives_and_a_private_one_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(orjson.dumps(document_of(KEY.public)))
    assert read_public_key(path) == KEY.public
    write_key(tmp_path / "author.key", KEY)
    with pytest.raises(UsageError, match="nobody should send"):
        read_public_key(tmp_path / "author.key")


@pytest.mark.parametrize(
    "change",
    [{"kty": "EC"}, {"crv": "X25519"}, {"x": "short"}, {"x": 5}, {"author": " "},
     {"identity": "identity--1"}, {"made": None}],
)  # fmt: skip
def test_a_damaged_key_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(orjson.dumps({**document_of(KEY.public), **change}))
    with pytest.raises(UsageError):
        read_public_key(path)


def test_the_store_says_who_vouched_and_keeps_what_was_revoked(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    assert read_trust(path) == {}
    trust(path, KEY.public, "me", AT)
    kept = read_trust(path)[KEY.public.fingerprint]
    assert (kept.by, kept.at, kept.key) == ("me", AT, KEY.public)
    revoke(path, KEY.public.fingerprint, "stolen", "2026-12-01T00:00:00.000Z")
    with pytest.raises(UsageError, match="was revoked 2026-12-01: stolen"):
        trust(path, KEY.public, "me", AT)
    assert read_trust(path)[KEY.public.fingerprint].reason == "stolen"
    with pytest.raises(UsageError, match="no key of the trust store"):
        revoke(path, "unknown", "stolen", AT)


def test_nobody_takes_the_identity_of_another(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    trust(path, KEY.public, "me", AT)
    thief = made_key(b"\3" * 32, "Operator X", KEY.public.identity, AT)
    with pytest.raises(UsageError, match="identity of Operator A"):
        trust(path, thief.public, "me", AT)
    second = made_key(b"\3" * 32, "Operator A", KEY.public.identity, AT)
    trust(path, second.public, "me", AT)
    assert len(read_trust(path)) == 2


def test_a_damaged_store_trusts_nobody(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(b'[{"x":')
    with pytest.raises(UsageError, match="cannot be read"):
        read_trust(path)
