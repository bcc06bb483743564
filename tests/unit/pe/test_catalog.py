"""Catalogs."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from authenticode_writer import catalog, signer
from sidelight.pe.catalog import begins, members

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
