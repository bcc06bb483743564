"""PE files, against pefile, which reads them slowly and with care."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pe_writer import Pe, write_pe
from sidelight.pe.exports import read_exports
from sidelight.pe.image import read_image
from sidelight.pe.imports import functions
from sidelight.pe.layout import read_layout

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
LIBRARIES = st.dictionaries(
    NAMES.map(lambda name: f"{name}.DLL"),
    st.lists(NAMES | st.integers(1, 0xFFFF).map(lambda n: f"#{n}"), min_size=1, max_size=4),
    max_size=4,
)


def _slow(data: bytes) -> pefile.PE:
    return pefile.PE(data=data)


def _asked(rows: Sequence[object]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        names = found.setdefault(row.dll.decode().lower(), set())  # type: ignore[attr-defined]
        for each in row.imports:  # type: ignore[attr-defined]
            names.add(each.name.decode() if each.name else f"#{each.ordinal}")
    return {name: frozenset(some) for name, some in found.items()}


@given(imports=LIBRARIES, delayed=LIBRARIES, wide=st.booleans())
def test_imports_are_those_that_the_oracle_reads(
    imports: Mapping[str, Sequence[str]], delayed: Mapping[str, Sequence[str]], wide: bool
) -> None:
    data = write_pe(Pe(imports=imports, delayed=delayed, wide=wide))
    slow, image, layout = _slow(data), read_image(data), read_layout(data)
    hard = _asked(getattr(slow, "DIRECTORY_ENTRY_IMPORT", []))
    late = _asked(getattr(slow, "DIRECTORY_ENTRY_DELAY_IMPORT", []))
    both = {
        name: hard.get(name, frozenset()) | late.get(name, frozenset()) for name in {*hard, *late}
    }
    assert set(image.imports) == set(hard)
    assert set(image.delayed) == set(late) - set(hard)
    assert functions(data, layout) == both


@given(
    exports=st.dictionaries(NAMES, st.integers(0, 15) | st.just("other.Function"), max_size=8),
    wide=st.booleans(),
)
def test_exports_are_those_that_the_oracle_reads(
    exports: Mapping[str, int | str], wide: bool
) -> None:
    data = write_pe(Pe(library=True, exports=exports, wide=wide))
    slow = getattr(_slow(data), "DIRECTORY_ENTRY_EXPORT", None)
    symbols = slow.symbols if slow else []
    found = read_exports(data, read_layout(data))
    assert found.names == {each.name.decode() for each in symbols}
    assert sorted(found.forwarders) == sorted(
        each.forwarder.decode() for each in symbols if each.forwarder
    )
    own = [each.address for each in symbols if not each.forwarder]
    assert (found.own, found.places) == (len(own), len(set(own)))


@given(
    texts=st.dictionaries(
        st.sampled_from(["OriginalFilename", "CompanyName", "ProductName", "Comments"]),
        st.text(st.characters(codec="utf-16-le", exclude_characters="\0"), max_size=12),
    )
)
def test_version_texts_are_those_that_were_written(texts: Mapping[str, str]) -> None:
    image = read_image(write_pe(Pe(version=texts)))
    assert dict(image.texts) == {name: text.strip() for name, text in texts.items()}


@pytest.mark.parametrize("wide", [False, True])
def test_what_a_program_names_is_found_in_one_and_two_bytes_a_character(wide: bool) -> None:
    names = b"\0load me.dll\0\1\1" + "Other.DLL".encode("utf-16-le") + b"\0\0.dll\0"
    image = read_image(write_pe(Pe(strings=names, wide=wide)))
    assert image.named == ("load me.dll", "other.dll")
    assert image.machine == ("x64" if wide else "x86")


def test_libraries_are_not_searched_for_names() -> None:
    pe = Pe(strings=b"\0some.dll\0")
    assert read_image(write_pe(pe)).named == ("some.dll",)
    assert read_image(write_pe(replace(pe, library=True))).named == ()
