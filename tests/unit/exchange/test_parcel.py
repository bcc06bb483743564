from pathlib import Path

import orjson
import pytest

from sidelight.errors import UsageError
from sidelight.exchange.parcel import MOST, envelopes, read_objects


def test_bundles_envelopes_and_lines_are_read(tmp_path: Path) -> None:
    items = [{"id": "a"}, {"id": "b"}]
    path = tmp_path / "x"
    path.write_bytes(orjson.dumps({"type": "bundle", "objects": items}))
    assert [orjson.loads(each) for each in read_objects(path)] == items
    path.write_bytes(b'{"id": "a"}\n\n{"id":"b"}\n')
    assert [orjson.loads(each) for each in read_objects(path)] == items
    for text in (b"", b"{}", b"[1]", b"lorem\nipsum\n", b'{"kind": 1}\n'):
        path.write_bytes(text)
        with pytest.raises(UsageError):
            read_objects(path)


def test_parts_fit_keep_the_order_and_lose_nothing() -> None:
    objects = [b"x" * size for size in (5, 50, 5, 200, 5, 5)] + [b"y"] * (MOST + 1)
    parts = list(envelopes(objects, 80))
    assert [each for part in parts for each in part] == objects
    for part in parts:
        body = b'{"objects":[' + b",".join(part) + b"]}"
        assert len(body) <= 80 or len(part) == 1
    assert max(map(len, envelopes(objects[6:], 1 << 20))) == MOST


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no objects"),
        ('{"type": "bundle", "id": "bundle--1", "objects": []}', "holds no objects"),
        ('{"objects": []}', "holds no objects"),
        ("not json", "is no bundle, no envelope and no JSON lines of STIX objects: JSON is"),
        ("[1, 2]", "is no bundle, no envelope and no JSON lines of STIX objects: Expected"),
    ],
)
def test_what_holds_no_objects_is_said(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        read_objects(path)
    assert str(error.value).startswith(f"{path}: {why}")
