import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.exchange.seen.value import KINDS, Value, guessed, spelled


@pytest.mark.parametrize(
    ("kind", "text", "spelling"),
    [
        ("sha256", "AB" * 32, "ab" * 32),
        ("sha256", "ab" * 31, None),
        ("sha256", "ab" * 32 + "a", None),
        ("md5", "g" * 32, None),
        ("ipv4", "192.0.2.1", "192.0.2.1"),
        ("ipv4", "192.0.2.01", None),
        ("ipv4", "192.0.2.256", None),
        ("ipv6", "2001:DB8:0::1", "2001:db8::1"),
        ("ipv6", "::ffff:192.0.2.1", None),
        ("domain", "Example.COM.", "example.com"),
        ("domain", "example", None),
        ("url", "HTTPS://user:pw@Example.com/A?b=C#d", "https://example.com/A?b=C"),
        ("url", "https://example.com", "https://example.com/"),
        ("url", "javascript:alert(1)", None),
        ("url", "https://[::1", None),
        ("asn", "AS064496", "64496"),
        ("msisdn", "+49 (0170) 1234567", "4901701234567"),
        ("imsi", "26201123456789", "26201123456789"),
        ("imsi", "2620112345678", None),
        ("ja4", "t13d1516h2_8daaf6152771_b186095e22b6", "t13d1516h2_8daaf6152771_b186095e22b6"),
        ("nothing", "x", None),
    ],
)
def test_a_value_has_one_spelling(kind: str, text: str, spelling: str | None) -> None:
    found = spelled(kind, text)
    assert (found.text if found else None) == spelling


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=80))
def test_a_spelling_is_its_own_spelling(kind: str, text: str) -> None:
    found = spelled(kind, text)
    assert found is None or spelled(kind, found.text) == found


@pytest.mark.parametrize(
    "kind", ["ipv4", "ipv6", "domain", "asn", "imsi", "imei", "msisdn", "email", "file", "mutex"]
)
def test_what_can_be_tried_is_called_guessable(kind: str) -> None:
    assert guessed(Value(kind, "x"))


def test_the_time_in_which_all_falls_is_said() -> None:
    assert "in 2 hours" in guessed(Value("ipv4", "192.0.2.1"))
    assert "in 5 hours" in guessed(Value("imsi", "262011234567890"))
    assert "in 2 seconds" in guessed(Value("imei", "49015420323751"))


@pytest.mark.parametrize("kind", ["sha256", "sha512", "sha1", "md5", "imphash", "ja3", "ja4"])
def test_what_nobody_can_try_is_hidden(kind: str) -> None:
    assert guessed(Value(kind, "x")) == ""


def test_an_address_of_a_page_is_hidden_from_24_characters_after_the_host_on() -> None:
    short, long = "https://example.com/" + "a" * 22, "https://example.com/" + "a" * 23
    assert guessed(Value("url", short))
    assert guessed(Value("url", long)) == ""
    assert guessed(Value("url", "https://" + "a" * 60 + ".example/x"))
