from pathlib import Path

import pytest

from sidelight.evidence.inventory import Input
from sidelight.evidence.reading import Digest
from sidelight.hunt.host import Names
from sidelight.hunt.run import _inputs, _of_cut
from sidelight.hunt.worker import Gathered


@pytest.mark.parametrize(
    ("parts", "copies"),
    [
        ({"a": (3, 3), "b": (4, 2)}, ["a", "b"]),
        ({"a": (3, 3), "b": (1, 4)}, []),  # a part of it was not read
        ({"a": (3, 3), "other": (3, 3)}, []),
        ({"a": (3, 3), "other": (6,)}, ["a"]),  # that one was read as a whole
        ({"a": (3, 3)}, []),
    ],
)
def test_what_was_read_in_parts_may_be_a_copy_once_all_were(
    parts: dict[str, tuple[int, ...]], copies: list[str], tmp_path: Path
) -> None:
    files, digests = [], []
    for name, sizes in parts.items():
        path = tmp_path / name
        path.write_bytes(b"123456" if name != "other" else b"654321")
        files.append(Input(str(path), 6, "json", 0, cut=len(sizes) > 1))
        sha256 = "" if len(sizes) > 1 else "other"
        digests += [Digest(str(path), "json", size, sha256) for size in sizes]
    found = list(_of_cut(files, digests, Names()))
    assert [Path(each.source).name for each in found] == copies
    assert len({each.sha256 for each in found}) == bool(copies)


@pytest.mark.parametrize("partial", ["", "interrupted"])
def test_nothing_is_read_for_its_hash_once_the_hunt_was_stopped(
    partial: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        Input(str(tmp_path / "read"), 1, "json", 0),
        Input(str(tmp_path / "cut"), 2, "json", 0, cut=True),
        Input(str(tmp_path / "packed.zip"), 3, "archive", 0),
        Input(str(tmp_path / "other"), 4, "", 0),
    ]
    digests = [Digest(files[0].path, "json", 1, "at once")]
    monkeypatch.setattr("sidelight.hunt.run._hash", lambda file: f"of {file.size}")
    found = _inputs(files, Gathered(digests=digests, partial=partial), {})
    hashes = {Path(each.path).name: each.sha256 for each in found}
    after = {"cut": "", "packed.zip": ""} if partial else {"cut": "of 2", "packed.zip": "of 3"}
    assert hashes == {"read": "at once", "other": "", **after}
