import pytest

from sidelight.analytics.keys import MOST_KEYS, find_keys, read_number


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("$b[$i] = $b[$i] -bxor 35", (b"\x23",)),
        ("$b[$i] -bxor 0x23", (b"\x23",)),
        ("$b[$i] -BXOR (35)", (b"\x23",)),
        ("buf[i] = (byte)(buf[i] ^ 0xfa);", (b"\xfa",)),
        ("b(i) = b(i) Xor &H5A", (b"\x5a",)),
        ("$k = 66\n$b -bxor $k", (b"\x42",)),
        ("$key = [byte[]](1,2,0x3)\n$b[$i] -bxor $key[$i % 3]", (b"\x01\x02\x03",)),
        ("$Key = 'abc'; $x -bxor $kEY[$i]", (b"abc",)),
        ("$k = [Text.Encoding]::UTF8.GetBytes('abc'); $x -bxor $k[$i]", (b"abc",)),
        ("$other = 'abc'; $x -bxor $k[$i]", ()),
        ("$b -bxor 0", ()),
        ("$b -bxor 999", ()),
        ("$a + $b", ()),
    ],
)
def test_keys_are_found_where_they_stand(text: str, keys: tuple[bytes, ...]) -> None:
    assert find_keys(text) == keys


def test_keys_are_counted_and_distinct() -> None:
    text = " ".join(f"-bxor {n}" for n in range(1, 100))
    assert len(find_keys(text)) == MOST_KEYS
    assert find_keys("-bxor 5 -bxor 5") == (b"\x05",)


@pytest.mark.parametrize(("text", "number"), [("10", 10), ("0x1F", 31), ("&hff", 255)])
def test_numbers_are_read_as_scripts_write_them(text: str, number: int) -> None:
    assert read_number(text) == number
