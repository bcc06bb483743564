"""What a token has to be, one change away from one that holds."""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from issuing import AUDIENCE, GRANTS, NAME, Login, key_named
from sidelight.errors import UsageError
from sidelight.exchange.issuer import (
    Entitled,
    Signed,
    entitled,
    fitting,
    read_issuers,
    read_signed,
    verify,
)

NOW = 1_800_000_000.0
(ISSUER,) = read_issuers(GRANTS, "issuers.toml")
LOGIN = Login()
READ = frozenset({"read"})


def judged(text: str, key: Any = None, now_s: float = NOW) -> Entitled | None:
    signed = read_signed(text)
    if signed is None:
        return None
    found = fitting(signed, [key or LOGIN.key])
    claims = verify(signed, ISSUER, found, now_s) if found else None
    return entitled(claims, ISSUER) if claims else None


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_that_holds_stands_for_whom_a_grant_says() -> None:
    assert judged(LOGIN.token(NOW)) == Entitled("B", "alice@b.example", READ)
    both = LOGIN.token(NOW, groups=["soc", "publishers"])
    assert judged(both) == Entitled("B", "alice@b.example", frozenset({"read", "write"}))


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.b.example/soc/"},
        {"iss": None},
        {"iss": [NAME]},
        {"aud": "https://exchange.example.evil"},
        {"aud": None},
        {"aud": []},
        {"exp": int(NOW) - 30},
        {"exp": None},
        {"exp": "2100"},
        {"exp": True},
        {"exp": int(NOW) + 86_400 + 31},
        {"nbf": int(NOW) + 31},
        {"iat": int(NOW) + 31},
        {"groups": ["Soc"]},
        {"groups": "so"},
        {"groups": None},
        {"groups": {"soc": 1}},
        {"tenant": {"name": "a"}},
        {"tenant": "b"},
        {"groups": ["soc", "auditors"]},
        {"email": None},
        {"email": ""},
        {"email": "a\0b"},
        {"email": ["alice@b.example"]},
        {"email": "x" * 251},
    ],
)
def test_one_claim_that_is_wrong_lets_nobody_in(changed: dict[str, object]) -> None:
    assert judged(LOGIN.token(NOW, **changed)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": AUDIENCE},
        {"exp": int(NOW) - 29},
        {"nbf": int(NOW) + 30},
        {"groups": "soc"},
        {"exp": int(NOW) + 86_400},
    ],
)
def test_what_is_within_bounds_holds(changed: dict[str, object]) -> None:
    assert judged(LOGIN.token(NOW, **changed)) == Entitled("B", "alice@b.example", READ)


def test_none_is_no_algorithm() -> None:
    for name in ("none", "None", "NONE", ""):
        header, claims = part({"alg": name, "kid": "one"}), part(LOGIN.claims(NOW))
        for signature in ("", LOGIN.token(NOW).split(".")[2]):
            assert judged(f"{header}.{claims}.{signature}") is None


def test_a_public_key_is_no_secret() -> None:
    """HS256 with what everybody may read as its secret: the oldest trick there is."""
    secrets = (
        LOGIN.key.as_pem(private=False),
        json.dumps(LOGIN.key.as_dict(private=False)).encode(),
    )
    for secret in secrets:
        text = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(LOGIN.claims(NOW))}"
        tag = hmac.digest(secret, text.encode(), "sha256")
        assert judged(f"{text}.{urlsafe_b64encode(tag).decode().rstrip('=')}") is None


def test_another_key_or_algorithm_does_not_fit() -> None:
    other = Login(key_named("one"))
    assert judged(other.token(NOW)) is None
    assert judged(Login(key_named("two")).token(NOW)) is None
    rsa = RSAKey.generate_key(2048, {"kid": "one"})
    text = jwt.encode({"alg": "PS512", "kid": "one"}, LOGIN.claims(NOW), rsa, algorithms=["PS512"])
    assert judged(text, rsa) is None  # it is safe, but not allowed here


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "logout+jwt"},
        {"typ": "JOSE"},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": False},
        {"b64": True},
        {"kid": 7},
        {"alg": ["ES256"]},
        {"alg": None},
    ],
)
def test_a_header_that_wants_something_else_is_refused(header: dict[str, object]) -> None:
    _, claims, signature = LOGIN.token(NOW).split(".")
    text = f"{part({'alg': 'ES256', 'kid': 'one', **header})}.{claims}.{signature}"
    assert read_signed(text) is None


def test_an_access_token_says_so_or_says_nothing() -> None:
    for kind in ("at+jwt", "JWT", "application/at+jwt"):
        header = {"alg": "ES256", "kid": "one", "typ": kind}
        text = jwt.encode(header, LOGIN.claims(NOW), LOGIN.key, algorithms=["ES256"])
        assert judged(text)


def test_without_a_key_id_it_is_the_only_key_that_could_be_it() -> None:
    text = jws.serialize_compact(
        {"alg": "ES256"}, json.dumps(LOGIN.claims(NOW)), LOGIN.key, algorithms=["ES256"]
    )
    signed = read_signed(text)
    assert signed
    assert fitting(signed, [LOGIN.key]) is LOGIN.key
    assert fitting(signed, [LOGIN.key, key_named("two")]) is None
    assert fitting(signed, [LOGIN.key, OKPKey.generate_key("Ed25519")]) is LOGIN.key
    assert fitting(signed, [ECKey.generate_key("P-256", {"use": "enc"})]) is None
    assert fitting(signed, []) is None


@given(place=st.integers(0, 10_000), other=st.characters(max_codepoint=127))
def test_a_token_with_another_character_holds_only_if_it_says_the_same(
    place: int, other: str
) -> None:
    text = LOGIN.token(NOW)
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    found = judged(changed)
    if found is not None:
        pairs = zip(text.split("."), changed.split("."), strict=True)
        assert all(_bytes(one) == _bytes(two) for one, two in pairs)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@given(st.one_of(st.text(), st.text("abc._-=").map(lambda text: f"{part({})}.{text}.x")))
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert judged(text) is None


def test_deep_and_long_tokens_are_none() -> None:
    deep = urlsafe_b64encode(b'{"a":' * 2000 + b"1" + b"}" * 2000).decode().rstrip("=")
    assert read_signed(f"{deep}.{deep}.x") is None
    assert read_signed("a" * 20_000 + ".b.c") is None


def test_what_was_signed_is_not_in_its_text() -> None:
    signed = read_signed(LOGIN.token(NOW))
    assert isinstance(signed, Signed)
    assert signed.text not in repr(signed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('person = "email"', 'persons = "email"'),
        ('jwks_file = "keys.json"', ""),
        ('jwks_file = "keys.json"', 'jwks_file = "keys.json"\njwks_url = "https://x"'),
        (f'audience = "{AUDIENCE}"', ""),
        (f'audience = "{AUDIENCE}"', 'audience = " "'),
        ('person = "email"', 'algorithms = ["HS256"]'),
        ('person = "email"', 'algorithms = ["none"]'),
        ('person = "email"', "algorithms = []"),
        ('person = "email"', "skew_s = 3600"),
        ('person = "email"', "skew_s = -1"),
        ('person = "email"', "longest_hours = true"),
        ('claims = {groups = "auditors"}', "claims = {}"),
        ('claims = {groups = "auditors"}', ""),
        ('claims = {groups = "auditors"}', "claims = {groups = 7}"),
        ('organisation = "A"', ""),
        ('scopes = ["write"]', 'scopes = ["admin"]'),
        ('scopes = ["write"]', "scopes = []"),
        ("[[issuer]]", "[issuer]"),
        ("[[issuer]]", "[["),
        (GRANTS, GRANTS + GRANTS),
        (GRANTS, ""),
        (GRANTS, GRANTS.split("[[issuer.grant]]")[0]),
    ],
)
def test_what_leaves_something_open_is_refused_with_its_place(old: str, new: str) -> None:
    assert old in GRANTS
    with pytest.raises(UsageError) as error:
        read_issuers(GRANTS.replace(old, new, 1), "issuers.toml")
    assert error.value.where.startswith("issuers.toml")


def test_the_issuers_that_the_guide_shows_can_be_read() -> None:
    guide = Path(__file__).parents[3] / "docs" / "how-to" / "run-an-exchange.md"
    (text,) = re.findall(r"```toml\n(\[\[issuer\]\].*?)```", guide.read_text("utf-8"), re.DOTALL)
    (issuer,) = read_issuers(text, "guide")
    claims = {"groups": ["x", "publishers"], "realm": {"name": "soc"}, "email": "p"}
    assert entitled(claims, issuer) == Entitled("Operator B", "p", frozenset({"read", "write"}))
