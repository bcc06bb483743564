import hashlib
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from sidelight.errors import RuleError
from sidelight.rules.load import load_rules
from sidelight.rules.package import install

RULE = (
    "title: x\nid: {0}\nlogsource: {{product: windows}}\ndetection: {{s: {{F: a}}, condition: s}}\n"
)


def _package(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        for name, text in members.items():
            package.writestr(name, text)
    return path


def _ids(folder: Path) -> list[str]:
    return [rule.meta.id for rule in load_rules([folder]).rules]


def test_a_package_replaces_the_set_that_was_there(tmp_path: Path) -> None:
    target = tmp_path / "state" / "rules"
    old = _package(tmp_path / "old.zip", {"a.yml": RULE.format(1), "gone.yml": RULE.format(2)})
    assert install(old, target).before is None
    new = _package(
        tmp_path / "new.zip",
        {"sub/b.yml": RULE.format(3), "bad.yml": "title: x", "LICENSE": "text", "run.sh": "x"},
    )
    report = install(new, target)
    assert report.sha256 == hashlib.sha256(new.read_bytes()).hexdigest()
    assert (report.before, report.rules, report.correlations) == (2, 1, 0)
    assert [refusal.path for refusal in report.refused] == ["bad.yml"]
    assert _ids(target) == ["3"]
    assert sorted(path.name for path in target.iterdir()) == ["LICENSE", "bad.yml", "sub"]
    assert [path.name for path in target.parent.iterdir()] == ["rules"]


def test_a_folder_is_a_package_as_well(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "a.yml").write_text(RULE.format(1))
    (source / "link.yml").symlink_to("/etc/hostname")
    report = install(source, tmp_path / "rules")
    assert report.sha256 == load_rules([tmp_path / "rules"]).digest
    assert _ids(tmp_path / "rules") == ["1"]
    assert not (tmp_path / "rules" / "link.yml").exists()


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"../a.yml": RULE.format(1)}, "points outside"),
        ({"a/../../b.yml": RULE.format(1)}, "points outside"),
        ({"/a.yml": RULE.format(1)}, "points outside"),
        ({"C:a.yml": RULE.format(1)}, "points outside"),
        ({"a\\..\\b.yml": RULE.format(1)}, "points outside"),
        ({"a.yml": "x: y"}, "no rule of it can be run; the first reason"),
        ({"README": "x"}, "no rule of it can be run"),
        ({"a.yml": "#" * (5 << 20)}, "too big"),
    ],
)
def test_a_bad_package_leaves_the_old_set(
    tmp_path: Path, members: dict[str, str], reason: str
) -> None:
    target = tmp_path / "state" / "rules"
    install(_package(tmp_path / "old.zip", {"a.yml": RULE.format(1)}), target)
    with pytest.raises(RuleError) as caught:
        install(_package(tmp_path / "new.zip", members), target)
    assert reason in str(caught.value)
    assert _ids(target) == ["1"]
    assert [path.name for path in target.parent.iterdir()] == ["rules"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.zip", "old.zip", "state"]


def test_a_link_in_a_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as package:
        link = zipfile.ZipInfo("a.yml")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")
    with pytest.raises(RuleError, match="points outside"):
        install(path, tmp_path / "rules")


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 50])
def test_what_is_no_package_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(data)
    with pytest.raises(RuleError, match="no package"):
        install(path, tmp_path / "data/rules/sigma")
    assert list(tmp_path.iterdir()) == [path], "no folder is left behind"


def test_a_missing_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="cannot be installed"):
        install(tmp_path / "none.zip", tmp_path / "rules")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_package_that_is_broken_anywhere_is_refused_or_whole(tmp_path: Path, method: int) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", method) as package:
        package.writestr("a.yml", RULE.format(1) + "description: " + "x y z " * 40)
    whole = path.read_bytes()
    for at in range(0, len(whole), 11):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xA5]) + whole[at + 1 :])
        load_rules([path])
        with suppress(RuleError):
            install(path, tmp_path / "rules")
