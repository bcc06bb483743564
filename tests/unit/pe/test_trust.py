"""Whom signatures are held against."""

import pytest

from authenticode_writer import issued, root, signer
from sidelight.pe.certificate import Certificate, read_certificate
from sidelight.pe.trust import flaw_of_chain, read_revoked, read_trust

ROW = '[[certificate]]\nserial = "{}"\nissuer = "Some CA"\nsource = "a notice"\n'


def test_the_roots_of_windows_come_with_it() -> None:
    trust = read_trust()
    assert len(trust.roots) > 300
    assert any(b"Microsoft Root Certificate Authority 2010" in name for name in trust.roots)


def test_every_revoked_certificate_names_a_public_source() -> None:
    rows = read_trust().revoked.values()
    assert rows
    assert all(row.source and row.issuer and row.serial for row in rows)


def test_more_may_be_handed_in() -> None:
    trust = read_trust([root().pem], [ROW.format("00ff")])
    assert root().certificate.subject.public_bytes() in trust.roots
    assert trust.revocation("00:ff".replace(":", ""), "CN=Some CA 2")
    assert trust.revocation("ff", "CN=Another") is None


@pytest.mark.parametrize(
    "text", ["", "a = 1", "[[certificate]]", ROW.format("xyz"), ROW.format("-1"), "[["]
)
def test_a_list_that_is_not_of_the_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"serial|certificate"):
        read_revoked(text)


def test_what_holds_no_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="PEM"):
        read_trust([signer().der])


def test_few_of_many_issuers_of_one_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may have the longest of keys, and a signature has room for a thousand."""
    mine, above = (read_certificate(each.der) for each in (signer(), root()))
    trust = read_trust()
    assert flaw_of_chain(mine, [above], trust)
    tried: list[Certificate] = []
    monkeypatch.setattr(Certificate, "is_issued_by", lambda _, other: bool(tried.append(other)))
    assert flaw_of_chain(mine, [above] * 1000, trust)
    assert 0 < len(tried) < 100


def test_neither_an_issuer_nor_a_root_may_have_a_key_that_can_be_broken() -> None:
    small = issued("Small", root(), 768, authority=True)
    mine, above = (read_certificate(each.der) for each in (issued("Above", small), small))
    told = "an RSA key of only 768 bits stands in its chain"
    assert flaw_of_chain(mine, [above], read_trust([root().pem])) == told
    assert flaw_of_chain(mine, [], read_trust([small.pem])) == told
    assert flaw_of_chain(read_certificate(signer().der), [], read_trust([root().pem])) == ""
