from pathlib import Path

import pytest

from sidelight.errors import UsageError
from sidelight.hunt.asset_file import read_asset_file

TOML = """\
[[asset]]
host = ["hlr-*", "hss-*"]
role = "hlr-hss"
criticality = "critical"
note = "Rack 4."

[[asset]]
host = "dc01"
role = "domain-controller"
"""
CSV = """\
host,role,criticality,note
hlr-*,HLR-HSS,critical,Rack 4.
# a comment,,,
hss-*,hlr-hss,critical,"Rack 4."

dc01,domain-controller
"""


def lines(path: Path) -> list[tuple[str, str, str, str]]:
    found = read_asset_file(path).assets.lines
    return [(each.host, each.role.id, each.criticality, each.note) for each in found]


def written(tmp_path: Path, text: str, suffix: str = ".toml") -> Path:
    path = tmp_path / f"assets{suffix}"
    path.write_text(text, encoding="utf-8")
    return path


def test_both_spellings_say_the_same(tmp_path: Path) -> None:
    assert lines(written(tmp_path, TOML)) == lines(written(tmp_path, CSV, ".csv"))
    assert lines(written(tmp_path, "\ufeff" + CSV.replace("\n", "\r\n"), ".CSV")) == [
        ("hlr-*", "hlr-hss", "critical", "Rack 4."),
        ("hss-*", "hlr-hss", "critical", "Rack 4."),
        ("dc01", "domain-controller", "", ""),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('role = "domain-controller"', 'role = "king"', "entry 2: unknown role 'king'"),
        ('role = "domain-controller"', "", "entry 2: role is missing"),
        ('role = "domain-controller"', "role = 3", "entry 2: role must be a text"),
        ('"critical"', '"huge"', "entry 1: unknown criticality 'huge'"),
        ('note = "Rack 4."', 'nota = "x"', "entry 1: unknown key 'nota'"),
        ('host = "dc01"', "", "entry 2: host is missing"),
        ('host = "dc01"', "host = []", "entry 2: host is missing"),
        ("[[asset]]\nhost = [", "[[aset]]\nhost = [", "something else than tables [[asset]]"),
        ("[[asset]]\nhost = [", "[asset\nhost = [", "is no TOML"),
    ],
)
def test_a_mistake_in_toml_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in TOML
    with pytest.raises(UsageError) as caught:
        read_asset_file(written(tmp_path, TOML.replace(old, new, 1)))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("host,role\na,server,x\n", "line 2: unknown key 'a cell too many'"),
        ("host,rule\na,server\n", "line 2: unknown key 'rule'"),
        ("host,role\na,king\n", "line 2: unknown role 'king'"),
        ("host,role\n,server\n", "line 2: host is missing"),
    ],
)
def test_a_mistake_in_csv_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_asset_file(written(tmp_path, text, ".csv"))
    assert said in str(caught.value)


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_asset_file(tmp_path / "none.toml")
    path = tmp_path / "a.csv"
    path.write_bytes(b"host,role\n\xff,server\n")
    with pytest.raises(UsageError, match="is no UTF-8"):
        read_asset_file(path)
