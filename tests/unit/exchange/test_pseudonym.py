from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.exchange.pseudonym import named_by, pseudonym, pseudonymous_identity

KEY = b"k" * 32
ids = st.sampled_from(["a", "b", "ab", "c", "bc", "", '","', "\\"])


@pytest.mark.parametrize("form", [pseudonym, pseudonymous_identity])
def test_each_pair_and_circle_has_a_name_of_its_own(form: object) -> None:
    assert callable(form)
    parts = ["a", "b", "ab", "ba", '","']
    names = {form(*three, KEY) for three in product(parts, repeat=3)}
    assert len(names) == len(parts) ** 3


@given(ids, ids, ids)
def test_it_is_always_the_same_and_another_under_another_key(one: str, two: str, ring: str) -> None:
    assert pseudonym(one, two, ring, KEY) == pseudonym(one, two, ring, KEY)
    assert pseudonym(one, two, ring, KEY) != pseudonym(one, two, ring, KEY + b"k")


def test_an_identity_looks_like_any_other_and_says_nothing_of_the_name() -> None:
    kind, _, text = pseudonymous_identity("a", "b", "c", KEY).partition("--")
    assert kind == "identity"
    assert str(UUID(text)) == text
    assert UUID(text).version == 4
    assert UUID(text).variant == "specified in RFC 4122"
    assert pseudonym("a", "b", "c", KEY)[len("member-") :] not in text.replace("-", "")


@pytest.mark.parametrize("form", [pseudonym, pseudonymous_identity])
def test_who_has_the_key_can_tell_who_it_is(form: object) -> None:
    assert callable(form)
    name = form("a", "b", "c", KEY)
    assert named_by(name, ["x", "a"], "b", "c", KEY) == "a"
    assert named_by(name, ["x"], "b", "c", KEY) is None
    assert named_by(name, ["a"], "c", "b", KEY) is None
    assert named_by(name, ["a"], "b", "c", KEY + b"k") is None
