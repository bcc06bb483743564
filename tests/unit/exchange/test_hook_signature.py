import pytest

from sidelight.errors import ExchangeError
from sidelight.exchange.hook_signature import TOLERANCE_S, derived, sign, spelled, verify

SECRET = b"\x00" * 32
BODY = b'{"a": 1}'
AT = 1_800_000_000


def test_what_is_signed_is_known_again_until_it_is_old() -> None:
    headers = sign(SECRET, "h-1", AT, BODY)
    shouted = {name.title(): value for name, value in headers.items()}
    for second in (AT - TOLERANCE_S, AT, AT + TOLERANCE_S):
        assert verify(spelled(SECRET), shouted, BODY, second=second) == "h-1"
    for second in (AT - TOLERANCE_S - 1, AT + TOLERANCE_S + 1):
        with pytest.raises(ExchangeError, match="replay"):
            verify(spelled(SECRET), headers, BODY, second=second)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "h-2"},
        {"webhook-timestamp": str(AT + 1)},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,ä"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "\u0661"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-id": ""},
    ],
)
def test_what_was_changed_is_refused(changed: dict[str, str]) -> None:
    headers = {**sign(SECRET, "h-1", AT, BODY), **changed}
    with pytest.raises(ExchangeError):
        verify(spelled(SECRET), headers, BODY, second=AT)


def test_another_body_or_another_secret_is_refused() -> None:
    headers = sign(SECRET, "h-1", AT, BODY)
    for secret, body in ((SECRET, BODY + b" "), (b"\x01" + SECRET[1:], BODY)):
        with pytest.raises(ExchangeError, match="not signed"):
            verify(spelled(secret), headers, body, second=AT)
    with pytest.raises(ExchangeError, match="no secret"):
        verify("whsec_?", headers, BODY, second=AT)


def test_one_of_several_signatures_does_so_that_secrets_can_be_changed() -> None:
    headers = sign(SECRET, "h-1", AT, BODY)
    headers["webhook-signature"] = "v1,b2xk v2,x " + headers["webhook-signature"]
    assert verify(spelled(SECRET), headers, BODY, second=AT) == "h-1"


def test_each_hook_has_a_secret_of_its_own() -> None:
    assert len({derived(key, hook) for key in (b"a", b"b") for hook in ("1", "2")}) == 4


def test_the_form_is_that_of_standard_webhooks() -> None:
    """Its reference implementation, written once more from its specification."""
    import base64
    import hashlib
    import hmac

    text = b"h-1." + str(AT).encode() + b"." + BODY
    wanted = base64.b64encode(hmac.new(SECRET, text, hashlib.sha256).digest()).decode()
    assert sign(SECRET, "h-1", AT, BODY)["webhook-signature"] == f"v1,{wanted}"
