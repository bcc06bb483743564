"""Which files belong together."""

from sidelight.analytics.triads.pairs import pairs, to_examine
from sidelight.analytics.triads.tree import plant
from sidelight.schema import SEPARATOR
from triad_tables import table

PROGRAM = {"source": "/d/a.exe", "sort": "program", "certified": "true", "machine": "x64"}
OF_WINDOWS = {"company": "Microsoft Corporation", "product": "Microsoft Windows Operating System"}


def _library(source: str, **more: str) -> dict[str, str]:
    return {"source": source, "sort": "library", "machine": "x64"} | more


def _named(*rows: dict[str, str]) -> list[tuple[str, str, str]]:
    return [
        (pair.library.source, pair.how, pair.via.name if pair.via else pair.side)
        for pair in pairs(plant(table(*rows)))
    ]


def test_a_library_is_imported_delay_imported_or_named() -> None:
    program = PROGRAM | {"imports": "x.dll", "delayed": "y.dll", "named": "z.dll"}
    some = [_library(f"/d/{name}.dll") for name in "wxyz"]
    assert _named(program, *some) == [
        ("/d/x.dll", "imports", ""),
        ("/d/y.dll", "delay-imports", ""),
        ("/d/z.dll", "names", ""),
    ]


def test_names_that_differ_by_case_alone_are_all_looked_at() -> None:
    program = PROGRAM | {"imports": "x.dll"}
    some = [_library("/d/X.dll", imports="y.dll"), _library("/d/x.dll")]
    found = _named(program, *some, _library("/d/Y.dll"), _library("/d/y.dll"))
    assert [source for source, _, _ in found] == ["/d/X.dll", "/d/x.dll", "/d/Y.dll", "/d/y.dll"]
    assert [via for _, _, via in found] == ["", "", "x.dll", "x.dll"]


def test_a_program_without_a_certificate_is_trusted_by_nobody() -> None:
    program = PROGRAM | {"imports": "x.dll", "certified": "false"}
    assert _named(program, _library("/d/x.dll")) == []
    assert len(_named(program | OF_WINDOWS, _library("/d/x.dll"))) == 1


def test_one_that_another_library_asks_for_belongs_to_the_program() -> None:
    program = PROGRAM | {"imports": "x.dll"}
    some = [_library("/d/x.dll", imports="y.dll"), _library("/d/y.dll", imports="z.dll")]
    found = _named(program, *some, _library("/d/z.dll"))
    assert found == [("/d/x.dll", "imports", ""), ("/d/y.dll", "imports", "x.dll")]


def test_folders_below_count_where_the_loader_looks_there() -> None:
    program = PROGRAM | {"imports": SEPARATOR.join(["x.dll", "y.dll"])}
    some = [
        _library("/d/a.exe.local/x.dll"),
        _library("/d/y/y.dll"),
        _library("/d/plugins/x.dll"),
    ]
    assert _named(program, *some) == [
        ("/d/a.exe.local/x.dll", "imports", "a.exe.local"),
        ("/d/y/y.dll", "imports", "y"),
    ]


def test_api_sets_and_other_machines_are_no_pairs() -> None:
    program = PROGRAM | {"imports": SEPARATOR.join(["api-ms-win-x.dll", "y.dll"])}
    assert _named(program, _library("/d/api-ms-win-x.dll")) == []
    assert _named(program, _library("/d/y.dll", machine="x86")) == []


def test_windows_own_folders_need_catalogs() -> None:
    folder = "/m/Windows/System32/"
    program = PROGRAM | OF_WINDOWS | {"source": f"{folder}a.exe", "imports": "x.dll"}
    library = _library(f"{folder}x.dll", **OF_WINDOWS)
    assert _named(program, library) == []
    catalog = {"source": f"{folder}CatRoot/a.cat", "sort": "catalog", "members": "aa"}
    assert len(_named(program, library, catalog)) == 1
    assert len(_named(program, _library(f"{folder}x.dll"))) == 1


def test_blobs_of_a_pair_are_looked_at_three_at_most() -> None:
    program = PROGRAM | {"imports": "x.dll"}
    blobs = [{"source": f"/d/{n}.bin", "sort": "blob"} for n in range(5)]
    tree = plant(table(program, _library("/d/x.dll"), *blobs, _library("/d/q.dll")))
    assert to_examine(tree) == {"/d/a.exe", "/d/x.dll", "/d/0.bin", "/d/1.bin", "/d/2.bin"}


def test_an_extension_is_hosted_by_the_program_that_it_is_made_for() -> None:
    node = PROGRAM | {"source": "/d/svc.exe", "original": "node.exe"}
    assert _named(node, _library("/d/x.node", delayed="node.exe")) == [("/d/x.node", "hosts", "")]
    assert _named(node, _library("/d/x.node", delayed="other.exe")) == []
    assert _named(PROGRAM, _library("/d/x.dll", imports="a.exe")) == [("/d/x.dll", "hosts", "")]


def test_an_extension_of_python_is_hosted_by_what_runs_the_same_python() -> None:
    python = PROGRAM | {"imports": "python312.dll"}
    for source, wanted, hosted in (
        ("/d/x.pyd", "python312.dll", True),
        ("/d/x.pyd", "python311.dll", False),
        ("/d/x.pyd", "vcruntime140.dll", False),
        ("/d/x.dll", "python312.dll", False),
    ):
        found = _named(python, _library(source, imports=wanted))
        assert found == ([(source, "hosts", "")] if hosted else [])
    named = PROGRAM | {"named": "python312.dll"}
    assert len(_named(named, _library("/d/x.pyd", imports="python312.dll"))) == 1
