import zipfile
from pathlib import Path

import pytest

from sidelight.analytics.hijacks import Hijack
from sidelight.errors import UsageError
from sidelight.hunt.hijack_file import import_hijacks, names_of, read_hijacks

CODEC = r"""---
Name: Codec.dll
Author: Somebody
Created: 2024-01-01
Vendor: Media House
ExpectedLocations:
  - '%PROGRAMFILES%\Media House'
ExpectedSignatureInformation:
  - Subject: CN="Media House, Inc.", O=Media House Co., Ltd., L=Town, C=DE
    Issuer: CN=Somebody Else CA
    Type: Authenticode
VulnerableExecutables:
  - Path: '%PROGRAMFILES%\Media House\Player.exe'
    Type: Sideloading
    SHA256: ['00']
  - Path: 'recorder.exe'
    Type: Search Order
"""
BARE = "Name: bare.dll\nVendor: X\nVulnerableExecutables: [{Path: 'x.exe', Type: Phantom}]\n"
ODD = "title: A rule\ndetection: {}\n"
WANTED = Hijack(
    "codec.dll",
    "Media House",
    ("Media House, Inc.", "Media House Co., Ltd."),
    (r"%PROGRAMFILES%\Media House",),
    ("player.exe", "recorder.exe"),
)


def package(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "yml"
    for name, text in files.items():
        place = folder / "vendor" / f"{name}.yml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return folder


@pytest.mark.parametrize("packed", [True, False])
def test_what_is_imported_is_what_is_read(tmp_path: Path, *, packed: bool) -> None:
    source, target = package(tmp_path, codec=CODEC, bare=BARE, odd=ODD), tmp_path / "t.json"
    if packed:
        folder, source = source, tmp_path / "p.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for path in folder.rglob("*.yml"):
                archive.write(path, path.relative_to(folder))
    found = import_hijacks(source, target)
    assert found.table == {
        "bare.dll": Hijack("bare.dll", "X", (), (), ("x.exe",)),
        "codec.dll": WANTED,
    }
    assert found.programs == 3
    assert [text.rpartition(": ")[2] for text in found.refused] == ["is not about a library"]
    again = read_hijacks(target)
    assert (again.table, again.sha256) == (found.table, found.sha256)


def test_one_file_will_do(tmp_path: Path) -> None:
    path = package(tmp_path, codec=CODEC) / "vendor" / "codec.yml"
    assert import_hijacks(path, tmp_path / "t.json").table == {"codec.dll": WANTED}


@pytest.mark.parametrize("text", [ODD, "- a\n", "a: [", "Name: x.dll\n", "", "\xff\xfe"])
def test_the_old_table_stays_until_the_new_one_is_whole(tmp_path: Path, text: str) -> None:
    target = tmp_path / "t.json"
    import_hijacks(package(tmp_path / "good", codec=CODEC), target)
    before = target.read_bytes()
    with pytest.raises(UsageError, match="holds nothing of HijackLibs' shape"):
        import_hijacks(package(tmp_path / "bad", odd=text), target)
    assert target.read_bytes() == before


def test_a_broken_document_does_not_keep_the_others_out(tmp_path: Path) -> None:
    found = import_hijacks(package(tmp_path, codec=CODEC, odd="a: ["), tmp_path / "t.json")
    assert list(found.table) == ["codec.dll"]
    assert len(found.refused) == 1
    assert found.refused[0].startswith("vendor/odd.yml:")


@pytest.mark.parametrize(
    "text", ["", "{}", '{"kind":"sidelight-hijacklibs","version":9}', "[]",
             '{"kind":"sidelight-hijacklibs","version":1,"sha256":"","libraries":[{"x":1}]}'],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="rules update --hijacklibs"):
        read_hijacks(path)


@pytest.mark.parametrize(
    ("subject", "names"),
    [
        ("CN=A, O=B, C=US", ("A", "B")),
        ("C=US,O=B,CN=A", ("A", "B")),
        ('CN="A, B", O="C+D"', ("A, B", "C+D")),
        ("O='V, Inc.', CN='V, Inc.'", ("V, Inc.",)),
        ("CN=S. Co., Ltd., O=S. Co., Ltd., L=X", ("S. Co., Ltd.",)),
        ("L=X", ()),
        ("", ()),
        ("CN=", ()),
    ],
)
def test_names_are_read_out_of_certificates(subject: str, names: tuple[str, ...]) -> None:
    assert names_of(subject) == names
