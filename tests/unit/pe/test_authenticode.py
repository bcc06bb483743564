"""Signatures, by an authority of the tests and against osslsigncode."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from authenticode_writer import Authority, issued, root, sign, signer
from pe_writer import Pe, write_pe
from sidelight.pe.authenticode import Signature, verify
from sidelight.pe.digest import image_digest
from sidelight.pe.layout import read_layout
from sidelight.pe.trust import Trust, read_trust

BARE = write_pe(Pe(imports={"a.dll": ["f"]}))
LATE = datetime(2020, 1, 1, tzinfo=UTC)
NAME = "Good Software Ltd"

needs_signer = pytest.mark.skipif(
    not shutil.which("osslsigncode"), reason="osslsigncode is not installed"
)


@pytest.fixture(scope="module")
def trust() -> Trust:
    return read_trust([root().pem])


def _verified(data: bytes, trust: Trust) -> Signature:
    return verify(data, read_layout(data), trust)


def test_a_signature_holds_while_a_trusted_root_stands_behind_it(trust: Trust) -> None:
    data = sign(BARE, signer())
    found = _verified(data, trust)
    assert (found.status, found.signer, found.issuer) == ("ok", NAME, "Sidelight Test Root")
    assert found.holds
    assert _verified(data, read_trust()).status == "untrusted"


def test_nothing_is_said_of_a_file_without_a_signature(trust: Trust) -> None:
    assert _verified(BARE, trust) == Signature("unsigned")


def test_who_vouches_for_himself_is_not_trusted(trust: Trust) -> None:
    assert _verified(sign(BARE, signer("Nobody", own=True)), trust).status == "self-signed"


@pytest.mark.parametrize("at", [0x400, 0x140, -1])
def test_one_changed_byte_is_a_bad_digest(trust: Trust, at: int) -> None:
    data = bytearray(sign(BARE + b"\1" * 8, signer()))
    place = at if at >= 0 else len(BARE)
    data[place] ^= 1
    assert _verified(bytes(data), trust).status == "bad digest"


def test_checksum_and_place_of_the_table_are_not_signed(trust: Trust) -> None:
    data = bytearray(sign(BARE, signer()))
    data[read_layout(bytes(data)).checksum] ^= 1
    assert _verified(bytes(data), trust).status == "ok"


def test_a_broken_value_does_not_hold(trust: Trust) -> None:
    data = bytearray(sign(BARE, signer()))
    data[data.rstrip(b"\0").rfind(b"\x04\x82\x01\x00") + 20] ^= 1  # the signature's own bytes
    assert _verified(bytes(data), trust).status == "broken"


def test_the_name_of_a_root_is_worth_nothing_without_its_key(trust: Trust) -> None:
    other = signer("Nobody", own=True).key
    forged = issued("Forger", Authority(other, root().certificate))
    assert _verified(sign(BARE, forged), trust).status == "untrusted"


def test_a_digest_that_was_put_right_afterwards_does_not_hold(trust: Trust) -> None:
    """Who changes a file can change the digest beside the signature, not the signature."""
    data = bytearray(sign(BARE, signer()))
    before = bytes.fromhex(image_digest(bytes(data), read_layout(bytes(data)), "sha256"))
    data[0x400] ^= 1
    after = bytes.fromhex(image_digest(bytes(data), read_layout(bytes(data)), "sha256"))
    changed = bytes(data).replace(before, after)
    assert changed != bytes(data)
    assert _verified(changed, trust).status == "broken"


def test_an_ended_certificate_is_good_for_what_was_stamped_before(trust: Trust) -> None:
    ended = signer(NAME, days=3000)  # until 2023
    assert _verified(sign(BARE, ended, stamped=LATE), trust).status == "ok"
    after = datetime(2024, 1, 1, tzinfo=UTC)
    assert _verified(sign(BARE, ended, stamped=after), trust).status == "expired"
    # Linked in November 2023, so it was signed after the end.
    assert _verified(sign(BARE, ended), trust).status == "expired"


def test_a_certificate_whose_key_others_had_is_trusted_for_what_was_stamped_before() -> None:
    text = (
        '[[certificate]]\nserial = "00:AB:CD"\nissuer = "Test Root"\nsource = "a notice"\n'
        "since = 2021-06-01\n"
    )
    trust = read_trust([root().pem], [text])
    leaked = signer(NAME, serial=0xABCD)
    found = _verified(sign(BARE, leaked), trust)
    assert (found.status, found.note) == ("revoked", "a notice")
    assert _verified(sign(BARE, leaked, stamped=LATE), trust).status == "ok"
    after = datetime(2022, 1, 1, tzinfo=UTC)
    assert _verified(sign(BARE, leaked, stamped=after), trust).status == "revoked"


def test_a_table_that_holds_no_signature_is_broken(trust: Trust) -> None:
    data = bytearray(sign(BARE, signer()))
    at = read_layout(bytes(data)).directory(4)[0]
    for begin, stop in ((at + 8, len(data)), (at, at + 8)):
        broken = bytes(data[:begin]) + b"\xff" * (stop - begin) + bytes(data[stop:])
        assert _verified(broken, trust).status == "broken"


@needs_signer
@pytest.mark.parametrize("days", [36_500, 300])
@pytest.mark.parametrize("own", [True, False])
def test_the_oracle_agrees(trust: Trust, tmp_path: Path, days: int, own: bool) -> None:
    data = sign(BARE, signer(NAME, days=days, own=own))
    (tmp_path / "a.exe").write_bytes(data)
    (tmp_path / "ca.pem").write_bytes(root().pem)
    done = subprocess.run(
        ["osslsigncode", "verify", "-CAfile", tmp_path / "ca.pem", tmp_path / "a.exe"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == _verified(data, trust).holds


@needs_signer
def test_what_the_oracle_signs_holds(trust: Trust, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form

    by = signer()
    plain = form.NoEncryption()
    key = by.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, plain)
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "by.pem").write_bytes(by.pem + root().pem)
    (tmp_path / "a.exe").write_bytes(BARE)
    command = ["osslsigncode", "sign", "-certs", tmp_path / "by.pem", "-key", tmp_path / "key.pem"]
    subprocess.run(
        [*command, "-in", tmp_path / "a.exe", "-out", tmp_path / "b.exe"],
        check=True,
        capture_output=True,
    )
    assert _verified((tmp_path / "b.exe").read_bytes(), trust).status == "ok"


@pytest.mark.parametrize(
    ("bits", "status"), [(512, "untrusted"), (1016, "untrusted"), (1024, "ok")]
)
def test_a_key_that_can_be_broken_vouches_for_nobody(bits: int, status: str, trust: Trust) -> None:
    found = _verified(sign(BARE, issued("Small", root(), bits)), trust)
    told = f"an RSA key of only {bits} bits stands in its chain"
    assert (found.status, found.note) == (status, told if status == "untrusted" else "")
