from pathlib import Path

import pytest

from sidelight.evidence.inventory import Input
from sidelight.evidence.reading import Digest
from sidelight.hunt.host import Names
from sidelight.hunt.run import _of_cut


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
