"""TAXII 2.1, section 3.4: malformed parameters are 400, whatever is malformed about them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.exchange.query import Query
from sidelight.exchange.taxii.message import Refused
from sidelight.exchange.taxii.query import LARGEST_LIMIT, read_query


@pytest.mark.parametrize(
    "pair",
    [
        ("added_after", ""),
        ("added_after", "yesterday"),
        ("added_after", "2026-02-30T00:00:00.000000Z"),
        ("added_after", "2026-01-01T00:00:00.000000"),
        ("added_after", "2026-01-01T00:00:00+00:00"),
        ("added_after", "2026-01-01T24:00:00Z"),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", ""),
        ("limit", "ten"),
        ("limit", "\u0661"),
        ("limit", "1" * 400),
        ("next", ""),
        ("match[id]", ""),
        ("match[id]", "a,,b"),
        ("match[id]", "a\0b"),
        ("match[type]", "indicator, malware"),
        ("match[type]", "' OR 1=1"),
        ("match[spec_version]", "two"),
        ("match[version]", "latest"),
        ("match[version]", "all,last"),
        ("match[version]", "last,last"),
        ("match[version]", "2026-01-01T00:00:00Z,2026-01-01T00:00:00.000Z"),
        ("match[version]", ""),
    ],
)
def test_3_4_a_malformed_parameter_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        read_query([pair])
    assert refused.value.status == 400
    assert pair[0] in refused.value.why


@pytest.mark.parametrize("name", ["added_after", "limit", "match[type]", "match[version]"])
def test_3_4_a_parameter_comes_once(name: str) -> None:
    value = {"added_after": "2026-01-01T00:00:00Z", "limit": "1", "match[version]": "all"}
    pair = (name, value.get(name, "indicator"))
    with pytest.raises(Refused) as refused:
        read_query([pair, pair])
    assert refused.value.status == 400


def test_3_4_fields_that_are_not_known_are_ignored() -> None:
    pairs = [("match[colour]", ""), ("match[colour]", "x"), ("other", "1"), ("other", "2")]
    assert read_query(pairs) == Query()


def test_3_4_timestamps_of_any_precision_are_read() -> None:
    for text in ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.0Z", "2026-01-01T00:00:00.000000Z"):
        assert read_query([("added_after", text)]).added_after == 1_767_225_600_000_000


def test_3_4_1_versions_combine() -> None:
    query = read_query([("match[version]", "first,2018-03-02T01:01:01.123Z,last")])
    assert query.versions == ("first", "2018-03-02T01:01:01.123", "last")


def test_3_4_the_limit_is_at_most_what_the_server_gives() -> None:
    assert read_query([("limit", "999999999999")]).limit == LARGEST_LIMIT
    assert read_query([("limit", "3")]).limit == 3


_NAMES = st.sampled_from(
    ["added_after", "limit", "next", "match[id]", "match[type]", "match[version]", "match[", "x"]
)


@given(st.lists(st.tuples(_NAMES, st.text(max_size=30)), max_size=5))
def test_any_query_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    with suppress(Refused):
        read_query(pairs)
