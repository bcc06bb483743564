from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from authority import Authority
from sidelight.exchange.certificate import read_certificate, read_name


def test_a_certificate_is_called_by_its_subject_and_its_other_names() -> None:
    signed = Authority().sign(
        "feed",
        x509.DNSName("Feed.B.example"),
        x509.RFC822Name("SOC@b.example"),
        x509.UniformResourceIdentifier("spiffe://b.example/Feed"),
    )
    found = read_certificate(signed.pem)
    assert found
    assert found.fingerprint == signed.certificate.fingerprint(SHA256()).hex()
    assert found.names == {
        ("subject", "CN=feed"),
        ("dns", "feed.b.example"),
        ("email", "soc@b.example"),
        ("uri", "spiffe://b.example/Feed"),
    }
    assert found.ends - found.begins == 2 * 86_400 * 1_000_000 + 1_000_000


def test_one_without_other_names_has_its_subject() -> None:
    found = read_certificate(Authority().sign("feed", ends=timedelta(hours=1)).pem)
    assert found
    assert found.names == {("subject", "CN=feed")}


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n", "\xe4"])
def test_what_is_none_is_none(text: str) -> None:
    assert read_certificate(text) is None


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        ("sha256", "AB:" * 31 + "CD", "ab" * 31 + "cd"),
        ("sha256", "ab" * 31, None),
        ("sha256", "xy" * 32, None),
        ("dns", " Feed.B.example ", "feed.b.example"),
        ("email", "", None),
        ("uri", "spiffe://B/x", "spiffe://B/x"),
        ("subject", "CN=feed", "CN=feed"),
        ("serial", "1", None),
    ],
)
def test_names_are_spelled_in_one_way(kind: str, text: str, name: str | None) -> None:
    assert read_name(kind, text) == name
