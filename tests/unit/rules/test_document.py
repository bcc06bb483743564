import pytest

from sidelight.rules.document import BrokenError, Document, documents


def _broken(data: bytes) -> tuple[str, int]:
    with pytest.raises(BrokenError) as caught:
        list(documents(data))
    return caught.value.reason, caught.value.line


def test_documents_come_with_the_line_they_start_on() -> None:
    data = b"---\na: 1\n---\n\nb: [x, null, true, 1.5]\n---\n"
    assert list(documents(data)) == [
        Document(2, {"a": 1}),
        Document(5, {"b": ["x", None, True, 1.5]}),
    ]


def test_keys_and_dates_stay_texts() -> None:
    data = b"1: 2026-01-02\ntrue: '3'\n<<: {a: b}\n"
    assert list(documents(data)) == [
        Document(1, {"1": "2026-01-02", "true": "3", "<<": {"a": "b"}})
    ]


def test_documents_before_a_break_are_given() -> None:
    found = documents(b"a: 1\n---\nb: [\n")
    assert next(found) == Document(1, {"a": 1})
    with pytest.raises(BrokenError):
        next(found)


def test_broken_yaml_names_its_line() -> None:
    reason, line = _broken(b"a: 1\nb: 'x\nc: 2\n")
    assert "not YAML" in reason
    assert line >= 2


def test_a_key_that_stands_twice_is_refused() -> None:
    assert _broken(b"a: 1\nb: 2\na: 3\n") == ("key 'a' stands twice", 3)


def test_aliases_that_multiply_are_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    reason, line = _broken(f"a0: &a0 [x]\n{levels}\n".encode())
    assert "alias" in reason
    assert line == 1


def test_an_alias_of_itself_is_refused() -> None:
    assert "alias" in _broken(b"a: &a [*a]\n")[0]


def test_depth_is_bounded() -> None:
    assert "deep" in _broken(b"a: " + b"[" * 200 + b"]" * 200)[0]
    assert _broken(b"[" * 100_000)[0]
    assert _broken(b"{a: " * 100_000)[0]


def test_size_is_bounded() -> None:
    assert "4 MiB" in _broken(b"#" * (4 << 20) + b"\n")[0]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\xff",
        b"a: \x00",
        b"\x80",
        b"a: !!python/object/apply:os.system ['x']\nb: [",
        b"a: " + b"9" * 5000,
        b"a: !!int x",
        b"a: !!float x",
        b"? [a]\n: b",
        b"%YAML 9.9\n---\na: 1\n---\n%",
    ],
)
def test_hostile_bytes_break_and_nothing_else(data: bytes) -> None:
    assert _broken(data)[1] >= 1


def test_a_nul_is_the_sign_that_cells_have_for_it() -> None:
    assert list(documents(b'a: "x\\0"\n')) == [Document(1, {"a": "x\N{SYMBOL FOR NULL}"})]


def test_tags_build_nothing() -> None:
    data = b"a: !!python/name:os.system ''\n"
    assert list(documents(data)) == [Document(1, {"a": ""})]
