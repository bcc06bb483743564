"""What lies beside a sideload rescues it from being told only where it looks like nothing."""

from collections.abc import Mapping
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from authenticode_writer import root, sign, signer
from pe_writer import Pe, write_pe
from sidelight.analytics.triads.suspect import Weighed, weigh_pairs
from sidelight.analytics.triads.weights import SIGNS, TOLD
from sidelight.pe.trust import Trust, read_trust
from triad_cases import VENDOR, noise, plain, program, stub, triads
from triad_tables import seen

ASKED = ("Open", "Close", "Read")
OTHERS = ("a.dll", "b.dll", "c.dll", "d.dll")
MARKED = {
    "one place": stub(),
    "made to fit": write_pe(Pe(library=True, exports={name: n for n, name in enumerate(ASKED)})),
    "lacks": write_pe(Pe(library=True, exports={"Open": 0, "Close": 1, "More": 2})),
    "passes on": stub(exports={name: f"x.{name}" for name in (*ASKED, "More")}),
    "own signer": sign(plain("helper.dll"), signer("Nobody", own=True)),
}
DUMMIES = st.sampled_from(["stub", "plain", "bad"])


@cache
def trust() -> Trust:
    return read_trust([root().pem])


@cache
def _program(how: str = "imports") -> bytes:
    """Give a signed program that asks for four more libraries than the one that is planted."""
    version = {"OriginalFilename": "updater.exe", "CompanyName": VENDOR}
    asked = {"helper.dll": ASKED, **dict.fromkeys(OTHERS, ASKED)}
    match how:
        case "imports":
            pe = Pe(imports=asked, version=version)
        case "delay-imports":
            pe = Pe(imports={"helper.dll": ASKED}, delayed=dict.fromkeys(OTHERS, ASKED),
                    version=version)  # fmt: skip
        case _:
            text = "\0".join(OTHERS).encode()
            pe = Pe(imports={"helper.dll": ASKED}, strings=b"\0" + text + b"\0", version=version)
    return sign(write_pe(pe), signer(VENDOR))


@cache
def _dummy(kind: str, name: str) -> bytes:
    match kind:
        case "stub":
            return stub()
        case "plain":
            return plain(name)
        case _:
            return sign(plain(name), signer("Nobody", own=True))


def _weighed(files: Mapping[str, bytes], library: str = "helper.dll") -> Weighed:
    facts, examined = seen(files, trust())
    (found,) = (
        each
        for each in weigh_pairs(facts, examined, {})
        if each.case.pair.library.name == library
    )  # fmt: skip
    return found


def _traits(weighed: Weighed) -> set[str]:
    return {each.trait for each in weighed.said}


@given(
    st.sampled_from(sorted(MARKED)),
    st.sampled_from(["imports", "delay-imports", "names"]),
    st.dictionaries(st.sampled_from(OTHERS), DUMMIES),
    st.integers(0, 12),
    st.integers(0, 5),
)
@example("one place", "imports", dict.fromkeys(OTHERS, "plain"), 0, 0)
def test_nothing_beside_a_marked_pair_takes_points_from_it(
    library: str, how: str, asked: dict[str, str], unasked: int, blobs: int
) -> None:
    files = {"updater.exe": _program(how), "helper.dll": MARKED[library]}
    before = _weighed(files)
    more = {name: _dummy(kind, name) for name, kind in asked.items()}
    more |= {f"z{number}.dll": stub() for number in range(unasked)}
    more |= {f"z{number}.bin": noise() for number in range(blobs)}
    after = _weighed(files | more)
    assert _traits(before) & SIGNS
    assert after.points >= before.points


@given(st.sampled_from(sorted(triads())), st.integers(0, 12), DUMMIES)
def test_libraries_that_nothing_asks_for_rescue_no_triad(case: str, count: int, kind: str) -> None:
    files = dict(triads()[case])
    library = next(name for name in files if name.endswith(".dll"))
    more = {f"z{number}.dll": _dummy(kind, f"z{number}.dll") for number in range(count)}
    assert _weighed(files | more, library).points >= TOLD


@given(st.integers(0, 6), DUMMIES)
def test_libraries_that_the_planted_one_asks_for_are_no_habit(count: int, kind: str) -> None:
    names = [f"z{number}.dll" for number in range(count)]
    helper = Pe(library=True, imports={name: ["f"] for name in names},
                exports={name: n for n, name in enumerate((*ASKED, "Extra"))})  # fmt: skip
    files = {"updater.exe": program(), "helper.dll": write_pe(helper)}
    found = _weighed(files | {name: _dummy(kind, name) for name in names})
    assert "habit" not in _traits(found)


@pytest.mark.parametrize(
    ("how", "count", "kind", "excused"),
    [
        ("imports", 3, "plain", True),
        ("delay-imports", 3, "plain", True),
        ("imports", 2, "plain", False),
        ("imports", 3, "stub", False),
        ("imports", 3, "bad", False),
        ("names", 3, "plain", False),
    ],
)
def test_a_habit_is_three_that_the_program_imports_and_that_look_like_nothing(
    how: str, count: int, kind: str, excused: bool
) -> None:
    """The judged library looks like nothing itself: see the test of those that do not."""
    files = {"updater.exe": _program(how), "helper.dll": plain("helper.dll")}
    files |= {name: _dummy(kind, name) for name in OTHERS[:count]}
    assert ("habit" in _traits(_weighed(files))) == excused


def test_a_crowd_and_many_blobs_excuse_what_looks_like_nothing_alone() -> None:
    crowd = {f"z{number}.dll": plain(f"z{number}.dll") for number in range(5)}
    blobs = {f"z{number}.bin": noise() for number in range(4)}
    ordinary = {"updater.exe": program(), "helper.dll": plain("helper.dll"), **crowd, **blobs}
    marked = ordinary | {"helper.dll": stub()}
    assert _traits(_weighed(ordinary)) & {"alone", "unexcused", "blob", "many-blobs"} == {
        "many-blobs"
    }
    assert _traits(_weighed(marked)) & {"alone", "unexcused", "blob", "many-blobs"} == {
        "unexcused", "blob",
    }  # fmt: skip


PYTHON = sign(
    write_pe(
        Pe(imports={"python312.dll": ["Py_Main"]}, version={"OriginalFilename": "python.exe"})
    ),
    signer(VENDOR),
)


def _extension(**changes: object) -> bytes:
    given = {"imports": {"python312.dll": ["PyModule_Create2"]}, "exports": {"PyInit_x": 0}}
    return write_pe(Pe(library=True, **(given | changes)))  # type: ignore[arg-type]


@given(st.integers(0, 6))
def test_extensions_excuse_each_other_only_where_no_blob_lies_beside(count: int) -> None:
    files = {"python.exe": PYTHON, "x.pyd": _extension()}
    files |= {f"z{number}.pyd": _extension() for number in range(count)}
    alone, blob = _weighed(files, "x.pyd"), _weighed(files | {"data.bin": noise()}, "x.pyd")
    assert alone.points < TOLD <= blob.points
    assert ("habit" in _traits(alone)) == (count >= 3)
    assert "habit" not in _traits(blob)
