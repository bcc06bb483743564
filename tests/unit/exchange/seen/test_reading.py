import orjson
import pytest

from allies import indicator
from sidelight.exchange.seen.reading import Values, of_lines, of_objects
from sidelight.exchange.seen.value import Value

SHA = "ab" * 32


def values(*items: dict[str, object]) -> Values:
    found = Values()
    of_objects([orjson.dumps(each) for each in items], found, "f")
    return found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (f"[file:hashes.'SHA-256' = '{SHA}']", {("sha256", SHA)}),
        (f"[file:hashes.MD5 = '{'cd' * 16}' AND file:name = 'X.DLL']",
         {("md5", "cd" * 16), ("file", "x.dll")}),
        ("[ipv4-addr:value = '192.0.2.1'] OR [ipv4-addr:value='192.0.2.2']",
         {("ipv4", "192.0.2.1"), ("ipv4", "192.0.2.2")}),
        (r"[windows-registry-key:key = 'HKEY_USERS\\A\'b']", {("registry-key", "hkey_users\\a'b")}),
        ("[autonomous-system:number = 64496]", {("asn", "64496")}),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", set()),
        ("[NOT ipv4-addr:value = '192.0.2.1']", set()),
        ("[ipv4-addr:value != '192.0.2.1']", set()),
        ("[url:value = 'https://example.com/?NOT=1']", {("url", "https://example.com/?NOT=1")}),
        ("[ipv4-addr:value = '192.0.2.0/24']", set()),
        ("nonsense", set()),
    ],
)  # fmt: skip
def test_equalities_of_a_pattern_are_values(pattern: str, expected: set[tuple[str, str]]) -> None:
    found = values(indicator(1, pattern=pattern))
    assert {(each.kind, each.text) for each in found.named} == expected
    assert bool(found.silent) is not bool(expected)


def test_observables_are_values_and_withdrawn_or_broken_ones_are_said() -> None:
    found = values(
        {"type": "file", "id": "file--00000000-0000-4000-8000-000000000001",
         "name": "A.dll", "hashes": {"SHA-256": SHA.upper(), "SSDEEP": "x", "MD5": 5}},
        {"type": "domain-name", "id": "domain-name--00000000-0000-4000-8000-000000000001",
         "value": "Example.COM"},
        indicator(2, pattern="[ipv4-addr:value = '192.0.2.1']", revoked=True),
        indicator(3, pattern="title: x", pattern_type="sigma"),
        {"type": "file"},
    )  # fmt: skip
    assert {*found.named} == {
        Value("sha256", SHA),
        Value("file", "a.dll"),
        Value("domain", "example.com"),
    }
    assert sum(found.silent.values()) == 3


def test_a_list_is_read_and_lines_that_say_nothing_are_named() -> None:
    found = Values()
    text = f"# list\n\nsha256 {SHA}\n{'cd' * 16}\nIPV4\t192.0.2.1 # a host\n"
    text += "192.0.2.2\nfoo bar\nsha256 x\n"
    of_lines(text, found, "l")
    assert {*found.named} == {
        Value("sha256", SHA), Value("md5", "cd" * 16), Value("ipv4", "192.0.2.1"),
        Value("ipv4", "192.0.2.2"),
    }  # fmt: skip
    assert found.named[Value("ipv4", "192.0.2.1")] == ["l, line 5"]
    assert sorted(found.silent) == [
        "l, line 7: no value, or its kind is missing",
        "l, line 8: no value, or its kind is missing",
    ]
