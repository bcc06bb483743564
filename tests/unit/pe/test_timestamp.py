"""Timestamps: those that count, what one edit makes of them, and osslsigncode's word on both."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form

from authenticode_writer import (
    Authority,
    Stamp,
    clock,
    countersignature,
    issued,
    root,
    sign,
    signer,
    token,
)
from pe_writer import Pe, write_pe
from sidelight.pe.authenticode import Signature, verify
from sidelight.pe.layout import read_layout
from sidelight.pe.trust import Trust, read_trust

BARE = write_pe(Pe(imports={"a.dll": ["f"]}))  # linked in November 2023
ENDED = signer(days=3000)  # until March 2023: good only for what was stamped before
EARLY, LATE = datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)

needs_signer = pytest.mark.skipif(
    not shutil.which("osslsigncode"), reason="osslsigncode is not installed"
)


@pytest.fixture(scope="module")
def trust() -> Trust:
    return read_trust([root().pem])


def _verified(data: bytes, trust: Trust) -> Signature:
    return verify(data, read_layout(data), trust)


def _at(by: Authority | None = None, time: datetime = EARLY, **more: bool | str) -> Stamp:
    return partial(token, time=time, by=by, **more)  # type: ignore[arg-type]


def _edited(old: bytes, new: bytes) -> Stamp:
    def stamp(value: bytes) -> bytes:
        made = token(value, EARLY)
        assert made.count(old) == 1
        return made.replace(old, new)

    return stamp


def _flipped(value: bytes) -> bytes:
    made = bytearray(token(value, EARLY))
    made[-10] ^= 1
    return bytes(made)


def _both(value: bytes) -> bytes:
    return token(b"another", EARLY) + token(value, EARLY)


def test_a_token_that_holds_keeps_an_ended_certificate_good(trust: Trust) -> None:
    found = _verified(sign(BARE, ENDED, stamp=_at()), trust)
    assert (found.status, found.signed, found.unstamped) == ("ok", int(EARLY.timestamp()), "")


def test_a_token_without_certificates_finds_its_own_among_the_others(trust: Trust) -> None:
    assert _verified(sign(BARE, ENDED, stamp=_at(alone=True)), trust).status == "ok"


def test_one_that_counts_is_enough(trust: Trust) -> None:
    assert _verified(sign(BARE, ENDED, stamp=_both), trust).status == "ok"


def test_a_time_after_the_end_is_told(trust: Trust) -> None:
    found = _verified(sign(BARE, ENDED, stamp=_at(time=LATE)), trust)
    assert (found.status, found.signed) == ("expired", int(LATE.timestamp()))


@pytest.mark.parametrize(
    ("stamp", "flaw"),
    [
        (lambda value: token(value + b"x", EARLY), "it is about another signature"),
        (_flipped, "its value does not hold"),
        (_edited(b"20200101000000Z", b"20190101000000Z"), "its content is not what was signed"),
        (_at(signer()), "the certificate of its signer is not for timestamps"),
        (_at(clock("Nobody", own=True)), "no trusted root stands behind its signer"),
        (_at(clock("Brief", days=900)), "it is from before or after its signer's certificate"),
        (_at(clock("Lone"), alone=True), "the certificate of its signer is missing"),
        (_at(sort="1.2.840.113549.1.7.1"), "it is no timestamp token"),
        (_edited(b"20200101000000Z", b"20201301000000Z"), "its content is not what was signed"),
        (_at(issued("Forger", Authority(signer("X", own=True).key, root().certificate))), ""),
        (partial(countersignature, time=EARLY, by=signer()), "is not for timestamps"),
        (partial(countersignature, time=EARLY, by=clock("Nobody", own=True)), "is missing"),
        (lambda value: token(value, EARLY)[:-300] + bytes(300), ""),
    ],
)  # fmt: skip
def test_one_that_does_not_hold_is_none_and_its_flaw_is_told(
    trust: Trust, stamp: Stamp, flaw: str
) -> None:
    found = _verified(sign(BARE, ENDED, stamp=stamp), trust)
    assert (found.status, found.signed) == ("expired", 0)
    assert flaw in found.unstamped
    assert found.unstamped
    fresh = _verified(sign(BARE, signer(), stamp=stamp), trust)
    assert (fresh.status, fresh.unstamped) == ("ok", found.unstamped)


def test_a_clock_whose_key_others_had_tells_no_time() -> None:
    serial = f"{clock().certificate.serial_number:x}"
    text = f'[[certificate]]\nserial = "{serial}"\nissuer = "Test Root"\nsource = "a notice"\n'
    trust = read_trust([root().pem], [text])
    found = _verified(sign(BARE, ENDED, stamp=_at()), trust)
    assert (found.status, found.unstamped) == (
        "expired", "its signer is trusted no longer: a notice",
    )  # fmt: skip


def _pem(path: Path, by: Authority) -> None:
    plain = form.NoEncryption()
    key = by.key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, plain)
    path.with_suffix(".key").write_bytes(key)
    path.with_suffix(".pem").write_bytes(by.pem + root().pem)


@needs_signer
def test_what_the_oracle_stamps_counts(trust: Trust, tmp_path: Path) -> None:
    for name, by in (("by", signer()), ("tsa", clock())):
        _pem(tmp_path / name, by)
    (tmp_path / "a.exe").write_bytes(BARE)
    words = ["osslsigncode", "sign", "-certs", "by.pem", "-key", "by.key", "-TSA-certs", "tsa.pem"]
    words += ["-TSA-key", "tsa.key", "-TSA-time", f"{EARLY.timestamp():.0f}"]
    done = subprocess.run(
        [*words, "-in", "a.exe", "-out", "b.exe"], cwd=tmp_path, capture_output=True, check=False
    )
    if done.returncode and b"Unknown option" in done.stdout + done.stderr:
        pytest.skip("this osslsigncode stamps nothing itself")
    found = _verified((tmp_path / "b.exe").read_bytes(), trust)
    assert (found.status, found.signed, found.unstamped) == ("ok", int(EARLY.timestamp()), "")


@needs_signer
@pytest.mark.parametrize(
    "make",
    [
        lambda value: token(value, EARLY),
        lambda value: token(value + b"x", EARLY),
        _flipped,
        lambda value: token(value, EARLY, clock("Nobody", own=True)),
    ],
)
def test_the_oracle_agrees(trust: Trust, tmp_path: Path, make: Callable[[bytes], bytes]) -> None:
    data = sign(BARE, signer(days=3000), stamp=make)
    (tmp_path / "a.exe").write_bytes(data)
    (tmp_path / "ca.pem").write_bytes(root().pem)
    command = ["osslsigncode", "verify", "-CAfile", "ca.pem", "-TSA-CAfile", "ca.pem", "a.exe"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = _verified(data, trust)
    assert (done.returncode == 0) == (found.status == "ok"), done.stdout
