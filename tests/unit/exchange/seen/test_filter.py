import hmac
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidelight.errors import UsageError
from sidelight.exchange.seen import filter as filters
from sidelight.exchange.seen.filter import Filter, make, read, spell, traced
from sidelight.exchange.seen.value import Value

KEY, OTHER, MARK, SALT = b"k" * 32, b"o" * 32, b"m" * 32, b"s" * 16


def value(number: int) -> Value:
    return Value("sha256", f"{number:064x}")


def made(count: int, rate: float = 1e-6, recipient: str = "B", salt: bytes = SALT) -> Filter:
    return make(
        map(value, range(count)), KEY, MARK, recipient, rate=rate, made="2026-11-30", salt=salt
    )


def seen(found: Filter, numbers: range, key: bytes = KEY) -> list[bool]:
    salt = bytes.fromhex(found.head.salt)
    return found.holds([filters.digest(key, salt, value(each)) for each in numbers])


def slow_positions(digest: bytes, bits: int, hashes: int) -> list[int]:
    """The oracle: one number at a time, without overflow to fear."""
    first = int.from_bytes(digest[:8], "little") % bits
    step = int.from_bytes(digest[8:16], "little") % bits | 1
    return [(first + each * step) % bits for each in range(hashes)]


@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20), st.integers(1, 2**40)
)
def test_positions_are_those_of_the_slow_way(digests: list[bytes], octets: int) -> None:
    fast = filters._positions(digests, octets * 8, 30).tolist()
    assert fast == [slow_positions(each, octets * 8, 30) for each in digests]


def test_all_that_is_in_it_is_seen_and_the_rate_is_kept() -> None:
    found = made(3000, rate=0.01)
    assert all(seen(found, range(3000)))
    wrong = sum(seen(found, range(10_000, 110_000)))
    # 1,000 are expected of 100,000; six standard deviations either way.
    assert abs(wrong - 1000) < 6 * math.sqrt(1000)
    assert sum(seen(made(3000), range(10_000, 110_000))) <= 3


def test_it_says_how_many_there_are_only_within_a_factor_of_two() -> None:
    one, other = made(70), made(190)
    assert one.head.room == other.head.room == 256
    assert one.bits.shape == other.bits.shape
    ones = [int(sum(int(octet).bit_count() for octet in each.bits)) for each in (one, other)]
    assert abs(ones[0] - ones[1]) < 6 * math.sqrt(one.head.bits) / 2


def test_another_key_or_salt_sees_nothing() -> None:
    found = made(500)
    assert not any(seen(found, range(500), OTHER))
    assert (made(500).bits != made(500, salt=b"t" * 16).bits).mean() > 0.3


def test_the_marks_say_whose_copy_it_is_and_only_the_maker_can_read_them() -> None:
    found = read(spell(made(100, recipient="C"), KEY), None, "f")
    assert traced(found, MARK, ["A", "B", "C", "D"]) == ["C"]
    assert traced(found, b"x" * 32, ["A", "B", "C", "D"]) == []
    assert traced(found, KEY, ["A", "B", "C", "D"]) == []


def test_what_was_written_is_read_and_another_key_is_named() -> None:
    data = spell(made(10), KEY)
    found = read(data, KEY, "f")
    assert found.head == made(10).head
    assert (found.bits == made(10).bits).all()
    with pytest.raises(UsageError, match="under another key"):
        read(data, OTHER, "f")


@given(st.data())
def test_no_octet_of_a_filter_can_be_changed_or_cut(data: st.DataObject) -> None:
    whole = spell(made(10), KEY)
    place = data.draw(st.integers(0, len(whole) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    changed = whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :]
    for damaged in (changed, whole[:place], whole + b"\0"):
        with pytest.raises(UsageError):
            read(damaged, KEY, "f")


def test_nothing_that_is_no_filter_makes_it_fail(tmp_path: Path) -> None:
    head = b'{"salt":"zz","key":"k","bits":8,"hashes":1,"room":1,"rate":0.1,"made":"","kinds":[]}'
    for data in (
        b"",
        filters.MAGIC,
        filters.MAGIC + b"{}\n",
        filters.MAGIC + head + b"\n" + b"0" * 33,
    ):
        with pytest.raises(UsageError, match="no filter"):
            read(data, None, "f")


def test_what_stands_for_a_value_is_hmac_of_rfc_2104() -> None:
    """RFC 4231 vector 2 for the function; the input is salt, kind, colon, value."""
    said = hmac.digest(b"Jefe", b"what do ya want for nothing?", "sha256").hex()
    assert said == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    expected = hmac.digest(KEY, SALT + b"md5:" + b"ab" * 16, "sha256")
    assert filters.digest(KEY, SALT, Value("md5", "ab" * 16)) == expected
