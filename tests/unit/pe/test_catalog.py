"""Catalogs."""

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authenticode_writer import (
    Authority,
    catalog,
    clock,
    issued,
    member,
    note,
    root,
    signer,
    token,
)
from pe_writer import Pe, write_pe
from sidelight.pe.catalog import begins, members, verify_catalog
from sidelight.pe.digest import image_digest
from sidelight.pe.layout import read_layout
from sidelight.pe.trust import Trust, read_trust

DIGESTS = st.lists(
    st.binary(max_size=9).map(lambda data: hashlib.sha256(data).digest())
    | st.binary(max_size=9).map(lambda data: hashlib.sha1(data).digest()),
    max_size=6,
)


@given(DIGESTS)
def test_every_member_is_listed(digests: list[bytes]) -> None:
    data = catalog(digests, signer())
    assert begins(data)
    assert members(data) == {digest.hex() for digest in digests}


def test_what_was_signed_otherwise_is_no_catalog() -> None:
    assert not begins(b"\x30\x82\x01\x00" + b"\x06\x09*\x86H\x86\xf7\r\x01\x07\x02" + b"\0" * 90)
    assert not begins(b"")


TRUSTED = bytes(range(32))
OTHER = b"\7" * 32
EARLY, LATE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def trust() -> Trust:
    return read_trust([root().pem])


def test_a_catalog_that_is_signed_vouches_for_what_it_lists(trust: Trust) -> None:
    found = verify_catalog(catalog([TRUSTED, OTHER[:20]], signer("Microsoft Windows")), trust)
    assert (found.signature.status, found.signature.signer) == ("ok", "Microsoft Windows")
    assert found.members == {TRUSTED.hex(), OTHER[:20].hex()}


@pytest.mark.parametrize(
    ("by", "status"),
    [
        (signer("Microsoft Windows", own=True), "self-signed"),
        (issued("Microsoft Windows", Authority(signer("X", own=True).key, root().certificate)),
         "untrusted"),
        (clock(), "untrusted"),  # may tell the time, and nothing else
        (signer("Microsoft Windows", days=900), "expired"),  # until 2017; the list is of 2024
    ],
)  # fmt: skip
def test_one_that_nobody_stands_behind_vouches_for_nothing(
    trust: Trust, by: Authority, status: str
) -> None:
    found = verify_catalog(catalog([TRUSTED], by), trust)
    assert (found.signature.status, found.members) == (status, frozenset())
    assert found.signature.note


def test_an_ended_certificate_is_good_for_a_list_that_was_stamped_before(trust: Trust) -> None:
    ended = signer("Microsoft Windows", days=3000)  # until 2023
    for stamp, made, status in (
        (partial(token, time=EARLY), LATE, "ok"),
        (partial(token, time=LATE), LATE, "expired"),
        (partial(token, time=EARLY, by=clock("Nobody", own=True)), LATE, "expired"),
        (None, EARLY, "ok"),
        (None, LATE, "expired"),
    ):
        found = verify_catalog(catalog([TRUSTED], ended, stamp=stamp, made=made), trust)
        assert found.signature.status == status


def test_a_list_of_something_else_is_no_catalog(trust: Trust) -> None:
    found = verify_catalog(catalog([TRUSTED], signer(), usage="1.3.6.1.4.1.311.10.3.9"), trust)
    assert (found.signature.status, found.members) == ("broken", frozenset())


def test_what_stands_beside_the_signed_part_is_not_listed(trust: Trust) -> None:
    """Whoever adds a member where nobody signs leaves the signature as it was."""
    good = catalog([TRUSTED], signer())
    for data in (catalog([TRUSTED], signer(), stamp=note(member(OTHER))), good + member(OTHER)):
        assert OTHER.hex() in members(data)
        found = verify_catalog(data, trust)
        assert (found.signature.status, found.members) == ("ok", {TRUSTED.hex()})


@given(st.data())
def test_no_edit_of_a_catalog_adds_a_member(trust: Trust, data: st.DataObject) -> None:
    """One byte of a catalog, changed: it lists the same or nothing."""
    whole = bytearray(catalog([TRUSTED], signer()))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    assert verify_catalog(bytes(whole), trust).members in (frozenset(), {TRUSTED.hex()})


@pytest.mark.skipif(not shutil.which("osslsigncode"), reason="osslsigncode is not installed")
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("digest", [True, False])
def test_the_oracle_agrees(trust: Trust, tmp_path: Path, own: bool, digest: bool) -> None:
    bare = write_pe(Pe(imports={"a.dll": ["f"]}))
    mine = bytes.fromhex(image_digest(bare, read_layout(bare), "sha256"))
    data = catalog([mine if digest else OTHER], signer(own=own))
    for name, some in (("a.cat", data), ("a.exe", bare), ("ca.pem", root().pem)):
        (tmp_path / name).write_bytes(some)
    done = subprocess.run(
        ["osslsigncode", "verify", "-catalog", "a.cat", "-CAfile", "ca.pem", "a.exe"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == (mine.hex() in verify_catalog(data, trust).members), done
