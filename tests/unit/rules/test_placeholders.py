from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.rules.placeholders import read


def _read(tmp_path: Path, name: str, text: str) -> dict[str, tuple[str, ...]]:
    path = tmp_path / name
    path.write_text(text)
    return dict(read(path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.yml", "Servers: [srv1, srv2]\n'%Admins%': root\n"),
        ("p.json", '{"Servers": ["srv1", "srv2"], "Admins": "root"}'),
        ("p.txt", "# ours\nServers: srv1, srv2\n%Admins% = root\n\n"),
        ("p.conf", "Servers = srv1\nServers = srv2\nAdmins:root\n"),
    ],
)
def test_three_shapes_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    assert _read(tmp_path, name, text) == {"Servers": ("srv1", "srv2"), "Admins": ("root",)}


@pytest.mark.parametrize(
    ("name", "text"),
    [("p.yml", "- a"), ("p.yml", "a: {b: c}"), ("p.yml", "a: ["), ("p.txt", "servers srv1")],
)
def test_other_shapes_are_an_error_that_names_the_file(
    tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        _read(tmp_path, name, text)
    assert name in str(caught.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read(tmp_path / "none.yml")
