"""A kept value is quick, never trusted, and never in the way."""

from pathlib import Path

import pytest

from sidelight.kept import digest_of, kept

VALUE = ("a", "b")


def never() -> tuple[str, ...]:
    raise AssertionError("made again")


def test_what_is_kept_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "value.bin"
    assert kept(path, tuple[str, ...], lambda: VALUE) == VALUE
    assert kept(path, tuple[str, ...], never) == VALUE
    assert [each.name for each in path.parent.iterdir()] == ["value.bin"]


def test_a_value_of_another_kind_is_made_anew(tmp_path: Path) -> None:
    kept(tmp_path / "value", tuple[str, ...], lambda: VALUE)
    assert kept(tmp_path / "value", int, lambda: 7) == 7


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_spoilt_file_is_made_anew(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "value"
    kept(path, tuple[str, ...], lambda: VALUE)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    assert kept(path, tuple[str, ...], lambda: VALUE) == VALUE
    assert path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert kept(tmp_path / "file" / "value", tuple[str, ...], lambda: VALUE) == VALUE


def test_digests_tell_names_and_contents_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"x")
    two.write_bytes(b"x")
    digests = {digest_of([one]), digest_of([two]), digest_of([one, two]), digest_of([])}
    two.write_bytes(b"y")
    assert len(digests | {digest_of([two])}) == 5
