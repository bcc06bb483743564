import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sidelight.exchange.base64url import decoded, encoded
from sidelight.exchange.extension import SIGNATURE
from sidelight.exchange.keys import PrivateKey, Trusted, made_key
from sidelight.exchange.signature import (
    Signed,
    Stranger,
    UnsignableError,
    Unsigned,
    Void,
    signed,
    verified,
)

# RFC 8037, appendix A.1 to A.4: the key, its thumbprint, and a signature by it.
SEED = decoded("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
SIGNATURE_A4 = (
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
AT = "2026-11-30T00:00:00.000Z"


def key(number: int = 0, author: str = "A") -> PrivateKey:
    return made_key(SEED if not number else bytes([number]) * 32, author, "", AT)


def trusted(some: PrivateKey, revoked: str = "") -> Trusted:
    public = some.public
    return Trusted(
        encoded(public.x), public.author, public.identity, AT, "me", AT, revoked, "stolen"
    )


def store(*some: Trusted) -> dict[str, Trusted]:
    return {each.key.fingerprint: each for each in some}


ITEM: dict[str, object] = {
    "type": "indicator",
    "id": "indicator--00000000-0000-4000-8000-000000000001",
    "created_by_ref": key().public.identity,
    "name": "a rule, ünïcode",
    "confidence": 50,
}


def test_the_key_of_rfc_8037_has_its_thumbprint_and_signs_as_it_says() -> None:
    assert encoded(key().public.x) == X
    assert key().public.fingerprint == THUMBPRINT
    header, payload = encoded(b'{"alg":"EdDSA"}'), encoded(b"Example of Ed25519 signing")
    assert encoded(key().sign(f"{header}.{payload}".encode())) == SIGNATURE_A4


def test_canonical_json_is_that_of_rfc_8785() -> None:
    """Sections 3.2.2 and 3.2.3: numbers as ECMAScript spells them, names by UTF-16 code units."""
    numbers = [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001]
    assert rfc8785.dumps({"numbers": numbers, "literals": [None, True, False]}) == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    )
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = list(json.loads(rfc8785.dumps(dict.fromkeys(names, 0))))
    assert order == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_what_was_signed_is_known_as_its_authors() -> None:
    item = json.loads(json.dumps(signed(ITEM, key())))
    assert verified(item, store(trusted(key())).get) == Signed(key().public)
    assert verified(dict(reversed(item.items())), store(trusted(key())).get) == Signed(key().public)
    assert {name: item[name] for name in ITEM} == ITEM


def test_other_extensions_are_signed_and_stay() -> None:
    other = {"extension-definition--x": {"extension_type": "new-sdo"}}
    item = signed({**ITEM, "extensions": other}, key())
    assert isinstance(verified(item, store(trusted(key())).get), Signed)
    extensions = item["extensions"]
    assert isinstance(extensions, dict)
    extensions.pop("extension-definition--x")
    assert isinstance(verified(item, store(trusted(key())).get), Void)


@pytest.mark.parametrize("name", [*ITEM, "new"])
def test_nothing_can_be_changed_or_added(name: str) -> None:
    item = signed(ITEM, key()) | {name: "changed"}
    assert isinstance(verified(item, store(trusted(key())).get), Void)


@pytest.mark.parametrize("name", list(ITEM))
def test_nothing_can_be_left_out(name: str) -> None:
    item = {k: v for k, v in signed(ITEM, key()).items() if k != name}
    assert isinstance(verified(item, store(trusted(key())).get), Void)


def _signature(item: dict[str, object]) -> str:
    text = item["extensions"][SIGNATURE]["signature"]  # type: ignore[index]
    assert isinstance(text, str)
    return text


def _put(text: object) -> dict[str, object]:
    mine = {"extension_type": "property-extension", "signature": text}
    return {**ITEM, "extensions": {SIGNATURE: mine}}


@given(st.integers(0, 10**6), st.sampled_from("ABCab01-_.=%"))
def test_no_signature_one_character_away_holds(place: int, letter: str) -> None:
    text = _signature(signed(ITEM, key()))
    at = place % len(text)
    other = text[:at] + letter + text[at + 1 :]
    if other != text:
        verdict = verified(_put(other), store(trusted(key())).get)
        assert isinstance(verdict, Void | Stranger)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": THUMBPRINT},
        {"alg": "HS256", "kid": THUMBPRINT},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "kid": 1},
        {"alg": "EdDSA", "kid": THUMBPRINT, "crit": ["b64"], "b64": False},
        {"alg": "EdDSA", "kid": THUMBPRINT, "jwk": {"kty": "OKP"}},
        ["EdDSA"],
    ],
)
def test_a_header_that_says_anything_else_is_refused(header: object) -> None:
    mark = _signature(signed(ITEM, key())).partition("..")[2]
    text = f"{encoded(json.dumps(header).encode())}..{mark}"
    assert isinstance(verified(_put(text), store(trusted(key())).get), Void)


@pytest.mark.parametrize("text", ["", "..", "a..b", "a.b.c", "é..", 5, None, {"x": 1}])
def test_no_text_makes_it_fail(text: object) -> None:
    assert isinstance(verified(_put(text), store(trusted(key())).get), Void)
    assert isinstance(verified({**ITEM, "extensions": {SIGNATURE: text}}, {}.get), Void | Unsigned)


def test_who_is_unknown_revoked_or_somebody_else_is_said() -> None:
    item = signed(ITEM, key())
    assert verified(ITEM, {}.get) == Unsigned()
    assert verified(item, store(trusted(key(1))).get) == Stranger(THUMBPRINT)
    gone = verified(item, store(trusted(key(), "2026-12-01T00:00:00.000Z")).get)
    assert gone == Void("the key of A was revoked 2026-12-01")
    borrowed = verified(signed(ITEM, key(1, "B")), store(trusted(key(1, "B"))).get)
    assert borrowed == Void("B signed it, but it says that somebody else made it")


def test_what_has_no_canonical_form_cannot_be_signed_nor_be_right() -> None:
    with pytest.raises(UnsignableError):
        signed({**ITEM, "confidence": 2**60}, key())
    item = signed(ITEM, key()) | {"confidence": 2**60}
    assert isinstance(verified(item, store(trusted(key())).get), Void)
    deep: object = 0
    for _ in range(100_000):
        deep = [deep]
    assert isinstance(
        verified(signed(ITEM, key()) | {"deep": deep}, store(trusted(key())).get), Void
    )
