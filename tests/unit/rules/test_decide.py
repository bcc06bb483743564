"""Values are judged alike one by one, a few at a time and many together."""

import ipaddress

import numpy as np
import pyarrow as pa
import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from sidelight.rules.atoms import Decision, Holds, Search, atom
from sidelight.rules.decide import FEW, Judge, address
from sidelight.rules.expr import Glob, Regex, Wild
from sidelight.rules.patterns import fold
from sidelight.schema import strings

LONG_S, KELVIN = "\N{LATIN SMALL LETTER LONG S}", "\N{KELVIN SIGN}"
PIECES = [*"asKk.\\ 1\0", "Ask", "-f", "é", "É", LONG_S, KELVIN, "\u0430", "ask.exe"]

DECISIONS = [
    *(Holds(text) for text in (".", "k", "-", "\u0430", "é", "\\")),
    *(
        decision
        for test in (
            Regex("^ask", "i"),
            Regex(r"k\.1"),
            Regex("(ask|-f)+$", ""),
            Regex("a.{0,3}(?:ask|exe)", "i"),
            Regex("É|\u0430", "i"),
            Regex("s{2,30}"),
            Glob((Wild.ANY, "as", Wild.ANY, "k", Wild.ANY)),
            Glob((Wild.ANY, "k", Wild.ONE)),
            Glob((Wild.ANY, "As", Wild.ANY), cased=True),
        )
        if (decision := atom(test).decision) is not None
    ),
]


def plainly(decision: Decision, value: str) -> bool:
    match decision:
        case Holds(text):
            return text in fold(value)
        case Search(pattern, folded):
            parts = (fold(value) if folded else value).split("\0")
            return any(re2.search(pattern, part) is not None for part in parts)
    raise AssertionError(decision)


@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map("".join), min_size=1, max_size=8),
    st.sampled_from(DECISIONS),
    st.integers(0, 2),
)
@example(["", LONG_S, "a" * (1 << 16), "ask"], DECISIONS[6], 0)
def test_few_and_many_values_are_judged_as_one_by_one(
    texts: list[str], decision: Decision, cut: int
) -> None:
    for times in (1, FEW + 1):
        values = texts * times
        ids = np.arange(cut, len(values))
        # A slice does not begin where its buffers do.
        judge = Judge(strings(["before", *values]).slice(1))
        found = judge.decide(decision, ids)
        assert found.tolist() == [plainly(decision, value) for value in values[cut:]]


def test_values_without_any_text_are_judged() -> None:
    nothing = pa.array([""] * 40, pa.string())
    assert not Judge(nothing).decide(Holds("a"), np.arange(40)).any()
    assert Judge(nothing).decide(Search("^$", folded=False), np.arange(3)).all()


@pytest.mark.parametrize(
    "text",
    ["10.0.0.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "01.2.3.4", "1.2.3.4.5",
     "1.2.3.4\n", " 1.2.3.4", "\u0661.2.3.4", "1.2.3.1000", "::1", "::ffff:1.2.3.4", "fe80::1%eth0",
     "", "x"],
)  # fmt: skip
def test_an_address_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        plain = ipaddress.ip_address(text)
    except ValueError:
        assert address(text) is None
        return
    mapped = plain.ipv4_mapped if isinstance(plain, ipaddress.IPv6Address) else None
    plain = mapped or plain
    assert address(text) == (plain.version, int(plain))
