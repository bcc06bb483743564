import gzip
import io
import json
import zipfile
from pathlib import Path

from intel_samples import FIGHT, bundle
from sidelight.cli.intel_files import Read, read_files
from sidelight.intel.importers.bundle import is_bundle
from sidelight.intel.stix import Refusal


def read(path: Path) -> tuple[list[Read], list[Refusal]]:
    found = list(read_files(path, str(path)))
    return (
        [each for each in found if isinstance(each, Read)],
        [each for each in found if isinstance(each, Refusal)],
    )


def test_files_are_read_in_folders_and_archives_by_what_they_hold(tmp_path: Path) -> None:
    text = json.dumps(bundle()).encode()
    (tmp_path / "plain").write_bytes(text)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(text))
    (tmp_path / "matrix.yaml.gz").write_bytes(gzip.compress(json_as_yaml()))
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("deep/a.json", b"\xef\xbb\xbf" + text)
        archive.writestr("readme.txt", b"hello")
    found, refused = read(tmp_path)
    assert [each.name.removeprefix(f"{tmp_path}/") for each in found] == [
        "matrix.yaml.gz",
        "packed.gz",
        "plain",
        "some.zip!deep/a.json",
    ]
    assert len({each.sha256 for each in found}) == 3
    assert [each.reason for each in refused] == ["is neither JSON nor YAML"]


def json_as_yaml() -> bytes:
    return b"---\n" + json.dumps(FIGHT).encode()


def test_what_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    (tmp_path / "bomb.json.gz").write_bytes(bomb.getvalue())
    found, (refusal,) = read(tmp_path)
    assert found == []
    assert refusal.reason == "is larger than 128 MiB"


def test_a_member_outside_the_archive_and_a_broken_archive_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../up.json", b"{}")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b"{}" * 500)[:-20])
    found, refused = read(tmp_path)
    assert found == []
    assert {each.where.rpartition("/")[2] for each in refused} == {"up.json", "b.json.gz"}


def test_aliases_that_multiply_in_yaml_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "laughs.yaml"
    path.write_text("a: &a [x, x]\nb: [*a, *a]\n")
    found, (refusal,) = read(path)
    assert found == []
    assert refusal.reason


def test_json_lines_of_objects_as_a_pull_writes_them_are_one_document(tmp_path: Path) -> None:
    objects = bundle()["objects"]
    lines = [json.dumps(each).encode() for each in objects]
    path = tmp_path / "finds.jsonl"
    path.write_bytes(lines[0] + b"\n   \n" + b"\n".join(lines[1:]) + b'\n{"type": "ind')
    ((document,), refused) = read(path)
    assert refused == []
    (value,) = document.values
    assert is_bundle(value)
    assert value["objects"] == [*objects, None]  # type: ignore[index]
    path.write_bytes(lines[0] + b"\n")
    (value,) = read(path)[0][0].values
    assert value["objects"] == objects[:1]  # type: ignore[index]


def test_other_json_lines_are_no_document(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"EventID": 1}\n{"EventID": 2}\n')
    found, (refusal,) = read(path)
    assert found == []
    assert refusal.reason.startswith("is no JSON")
