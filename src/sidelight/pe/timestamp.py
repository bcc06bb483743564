"""When a signature was made, as an authority of time says it.

Source: RFC 3161, clauses 2.3 and 2.4.2; RFC 2985, clause 5.3.6 (countersignature); Microsoft,
"Windows Authenticode Portable Executable Signature Format", "Timestamps".
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sidelight.pe.certificate import Certificate
from sidelight.pe.cms import (
    DATA,
    Signer,
    certificate_of,
    digest_named,
    flaw_of,
    read_message,
    read_signer,
)
from sidelight.pe.der import INTEGER, OCTETS, SEQUENCE, TIMES, DerError, Element, element
from sidelight.pe.trust import NO_ROOT, Trust, described, flaw_of_chain, text_of
from sidelight.values import dataclass

_COUNTERSIGNATURE: Final = bytes.fromhex("2a864886f70d010906")
_TOKENS: Final = (
    bytes.fromhex("2b060104018237030301"),  # as Microsoft names it
    bytes.fromhex("2a864886f70d010910020e"),  # id-aa-timeStampToken
)
_TST_INFO: Final = bytes.fromhex("2a864886f70d0109100104")
_SIGNING_TIME: Final = bytes.fromhex("2a864886f70d010905")
_TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
_TIME: Final = re.compile(r"(\d\d|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z", re.ASCII)
_MOST: Final = 8
"""So many timestamps of one signature are looked at."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the timestamps of a signature come to.

    Args:
        time: UTC seconds; 0 where none counts.
        flaw: why none counts of those that are there; empty where one does, or there is none.
    """

    time: int = 0
    flaw: str = ""


def stamp_of(signer: Signer | None, others: Sequence[Certificate], trust: Trust) -> Stamp:
    """Give the time of the first timestamp that counts.

    It counts if it is about this very signature, its own signature holds, its signer may tell the
    time and could when it did, and a trusted root stands behind that signer.

    Args:
        signer: whose signature it is; None has no timestamp.
        others: certificates that came along with the signature.
        trust: what signatures are held against.
    """
    if signer is None:
        return Stamp()
    flaw = ""
    stamps = [each for each in signer.unsigned if each[0] in {_COUNTERSIGNATURE, *_TOKENS}]
    for sort, value in stamps[:_MOST]:
        try:
            if sort == _COUNTERSIGNATURE:
                found = _countersigned(signer, value, others, trust)
            else:
                found = _token(signer, value, others, trust)
        except DerError:
            found = Stamp(flaw="it cannot be read")
        if found.time:
            return found
        flaw = flaw or found.flaw
    return Stamp(flaw=flaw)


def _countersigned(
    signer: Signer, value: Element, others: Sequence[Certificate], trust: Trust
) -> Stamp:
    clock = read_signer(value)
    told = clock.attributes.get(_SIGNING_TIME)
    if told is None:
        return Stamp(flaw="it tells no time")
    return _held(clock, DATA, signer.value, told, others, trust)


def _token(signer: Signer, value: Element, others: Sequence[Certificate], trust: Trust) -> Stamp:
    message = read_message(value)
    if message.sort != _TST_INFO or not message.signers:
        return Stamp(flaw="it is no timestamp token")
    content = message.content.of(OCTETS).body
    version, _, imprint, serial, told, *_ = element(content).of(SEQUENCE).parts(5)
    version.of(INTEGER)
    serial.of(INTEGER)
    algorithm, digest, *_ = imprint.of(SEQUENCE).parts(2)
    name = digest_named(algorithm)
    if not name or hashlib.new(name, signer.value).digest() != digest.of(OCTETS).body:
        return Stamp(flaw="it is about another signature")
    near = (*message.certificates, *others)
    return _held(message.signers[0], _TST_INFO, content, told, near, trust)


def _held(  # noqa: PLR0913
    clock: Signer,
    sort: bytes,
    content: bytes,
    told: Element,
    near: Sequence[Certificate],
    trust: Trust,
) -> Stamp:
    mine = certificate_of(clock, near)
    if mine is None:
        return Stamp(flaw="the certificate of its signer is missing")
    if flaw := flaw_of(clock, sort, content, mine.key):
        return Stamp(flaw=flaw)
    time = time_of(told)
    if not time:
        return Stamp(flaw="it cannot be read")
    flaw = _distrust(mine, time, near, trust)
    return Stamp(flaw=flaw) if flaw else Stamp(time)


def _distrust(mine: Certificate, time: int, near: Sequence[Certificate], trust: Trust) -> str:
    """Say why the word of a signer about a time does not count; empty where it does."""
    certificate = described(mine)
    if certificate is None:
        return "the certificate of its signer cannot be read"
    if _TIME_STAMPING not in certificate.ext_key_usage:
        return "the certificate of its signer is not for timestamps"
    if not seconds(certificate.valid_from) <= time <= seconds(certificate.valid_to):
        return "it is from before or after its signer's certificate"
    if flaw := flaw_of_chain(mine, near, trust):
        return flaw.replace(NO_ROOT, "no trusted root stands behind its signer")
    gone = trust.revocation(mine.serial.hex(), text_of(certificate.issuer))
    return f"its signer is trusted no longer: {gone.source}" if gone else ""


def time_of(told: Element) -> int:
    """Give UTC seconds of a UTCTime or GeneralizedTime; 0 for what is none.

    Source: RFC 5280, clause 4.1.2.5.1: two digits below 50 are of this century.

    Raises:
        DerError: the element is of another kind.
    """
    found = _TIME.fullmatch(told.of(*TIMES).body.decode("ascii", "replace"))
    if found is None:
        return 0
    year, *rest = map(int, found.groups())
    if len(found[1]) == 2:
        year += 2000 if year < 50 else 1900
    return seconds((year, *rest))


def seconds(parts: Sequence[int]) -> int:
    """Give UTC seconds of year, month, day, hour, minute, second; 0 for what no calendar has."""
    try:
        year, month, day, hour, minute, second = parts
        return max(0, int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()))
    except (TypeError, ValueError, OverflowError):
        return 0
