"""Files by folder, and the path that they had on their host."""

from sidelight.analytics.triads.tree import plant
from sidelight.schema import SEPARATOR
from triad_tables import table


def test_folders_differ_by_host_and_not_by_case() -> None:
    tree = plant(
        table(
            {"source": "/m/Users/A/x.exe", "sort": "program"},
            {"source": "/m/users/a/Y.DLL", "sort": "library"},
            {"source": "/m/Users/A/z.dll", "sort": "library", "host": "ws1"},
        )
    )
    names = {key: [file.name for file in files] for key, files in tree.folders.items()}
    assert names == {
        ("", "/m/users/a/"): ["x.exe", "y.dll"],
        ("ws1", "/m/users/a/"): ["z.dll"],
    }
    assert tree.folders["", "/m/users/a/"][1].file == "Y.DLL"


def test_only_catalogs_where_windows_keeps_them_count() -> None:
    digests = SEPARATOR.join(["aa", "bb"])
    kept = "/m/Windows/System32/CatRoot/{F}/a.cat"
    tree = plant(
        table(
            {"source": kept, "sort": "catalog", "members": digests},
            {"source": kept.replace("a.cat", "0.cat"), "sort": "catalog", "members": "bb"},
            {"source": "/m/Users/a/b.cat", "sort": "catalog", "members": "cc"},
        )
    )
    assert tree.listed == {"aa": (kept,), "bb": (kept.replace("a.cat", "0.cat"), kept)}
    assert list(tree.catalogs(["cc", "aa"])) == [("aa", kept)]
    assert not tree.folders
