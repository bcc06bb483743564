import os
import zipfile
from pathlib import Path

from sidelight.rules.files import damage, read_documents


def _digest(folder: Path) -> str:
    return read_documents([folder])[1]


def test_the_digest_is_that_of_names_and_contents(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "a.yml").write_text("x")
        (folder / "b.yml").write_text("y")
    assert _digest(one) == _digest(two)
    (two / "README.md").write_text("not a rule")
    assert _digest(one) == _digest(two)
    (two / "b.yml").write_text("z")
    assert _digest(one) != _digest(two)
    (two / "b.yml").write_text("y")
    (two / "b.yml").rename(two / "c.yml")
    assert _digest(one) != _digest(two)


def test_text_that_moves_between_files_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("xy")
    (tmp_path / "b.yml").write_text("z")
    before = _digest(tmp_path)
    (tmp_path / "a.yml").write_text("x")
    (tmp_path / "b.yml").write_text("yz")
    assert _digest(tmp_path) != before


def test_a_name_that_is_no_text_becomes_one(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/a\xff.yml", "wb") as stream:
        stream.write(b"x")
    ((file,), _) = read_documents([tmp_path])
    assert (file.path, file.data) == ("a?.yml", b"x")


def test_a_missing_file_is_there_with_its_problem(tmp_path: Path) -> None:
    ((file,), _) = read_documents([tmp_path / "none.yml"])
    assert file.problem.startswith("cannot be read")


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")
    with (tmp_path / "big.yml").open("wb") as stream:
        stream.truncate(5 << 20)
    big, pipe = read_documents([tmp_path])[0]
    assert (big.problem, pipe.problem) == ("has more than 4 MiB", "is no regular file")


def test_a_package_that_is_none_is_there_with_its_problem(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(b"not a zip")
    ((file,), _) = read_documents([path])
    assert "no package" in file.problem
    assert "no package" in damage(path)


def test_a_damaged_member_does_not_hide_its_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as package:
        for name in ("a", "b", "c"):
            package.writestr(f"{name}.yml", f"title: {name}")
    path.write_bytes(path.read_bytes().replace(b"title: b", b"title: x"))
    files, _ = read_documents([path])
    assert [file.data for file in files] == [b"title: a", b"", b"title: c"]
    assert "Bad CRC-32" in files[1].problem
    assert damage(path) == "", "that is told as a refusal"


def test_a_package_that_swells_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(9):
            package.writestr(f"{number}.yml", b"#" * 1000)
    files, _ = read_documents([path], budget=4500)
    assert [len(file.data) for file in files] == [1000] * 4 + [0]
    assert files[-1].problem == "the package unpacks to too much"
