import os
import sqlite3
import threading
from pathlib import Path

import pytest

from intel_samples import HERON, OBJECTS, kept, latest, thing
from sidelight.errors import IntelError
from sidelight.intel.sqlite import SqliteStore
from sidelight.intel.stix import Refusal
from sidelight.intel.store import MAX_TOLD, Counts, Document

DOCUMENT = Document("a.json", "aa" * 32, "stix 1", "first")


def test_what_was_added_is_there_with_where_it_came_from(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "deep" / "intel.db") as store:
        number = store.begin("a.json", "2024-01-01T00:00:00+00:00")
        counts, refused = store.add(
            number, DOCUMENT, [*kept(OBJECTS), Refusal("x", "is no object")]
        )
        assert counts == Counts(new=len(OBJECTS), refused=1)
        assert refused == (Refusal("x", "is no object"),)
        assert store.finish(number) == number
        assert list(store.current()) == list(latest(kept(OBJECTS)))
        ((version, origin),) = store.versions(HERON)
        assert version.id == HERON
        assert (origin.number, origin.document) == (number, DOCUMENT)
        (entry,) = store.imports()
        assert (entry.place, entry.finished, entry.documents) == ("a.json", True, (DOCUMENT,))


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_a_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "intel.db"
    SqliteStore(path).close()
    assert path.stat().st_mode & 0o077 == 0


def test_reasons_without_end_are_counted_and_not_all_told(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "intel.db") as store:
        many = [Refusal(f"objects[{number}]", "is no object") for number in range(MAX_TOLD + 1500)]
        counts, told = store.add(store.begin("x", ""), DOCUMENT, many)
        assert counts == Counts(refused=len(many))
        assert told == tuple(many[:MAX_TOLD])


def test_versions_are_kept_and_the_latest_counts(tmp_path: Path) -> None:
    first, second = thing(HERON, "Grey Heron"), thing(HERON, "Grey heron")
    second["modified"] = "2024-05-06T07:08:09Z"  # earlier by a fraction of a second
    third = {**second, "modified": "2025-01-01T00:00:00.000Z"}
    with SqliteStore(tmp_path / "intel.db") as store:
        for number, (each, became) in enumerate(
            [(first, Counts(new=1)), (second, Counts(older=1)), (third, Counts(newer=1))]
        ):
            document = Document(f"{number}.json", f"{number}", "stix 1")
            counts, _ = store.add(store.begin("x", ""), document, kept([each]))
            assert counts == became
        assert len(store.versions(HERON)) == 3
        assert [each.value()["modified"] for each in store.current()] == [third["modified"]]


def test_a_document_that_was_added_whole_is_not_read_again(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "intel.db") as store:
        first = store.begin("a.json", "1")
        assert store.holds(DOCUMENT.sha256, "stix 1", first) is None
        store.add(first, DOCUMENT, kept(OBJECTS))
        store.finish(first)
        again = store.begin("a.json", "2")
        assert store.holds(DOCUMENT.sha256, "stix 1", again) == Counts(known=len(OBJECTS))
        assert store.holds(DOCUMENT.sha256, "stix 2", again) is None
        assert store.finish(again) == first
        assert [each.at for each in store.imports()] == ["1"]


def test_an_import_that_was_broken_off_goes_on(tmp_path: Path) -> None:
    objects = kept(OBJECTS)

    def broken() -> "object":
        yield from objects[:4]
        raise KeyboardInterrupt

    with SqliteStore(tmp_path / "intel.db") as store:
        number = store.begin("a.json", "1")
        with pytest.raises(KeyboardInterrupt):
            store.add(number, DOCUMENT, broken())  # type: ignore[arg-type]
    with SqliteStore(tmp_path / "intel.db") as store:
        assert [each.finished for each in store.imports()] == [False]
        number = store.begin("a.json", "2")
        assert store.holds(DOCUMENT.sha256, "stix 1", number) is None
        store.add(number, DOCUMENT, objects)
        assert list(store.current()) == list(latest(objects))


def test_an_import_with_another_file_is_another_import(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "intel.db") as store:
        numbers = []
        for digest, objects in (("a", OBJECTS[:2]), ("b", OBJECTS[1:4])):
            number = store.begin("folder", digest)
            store.add(number, Document("x", digest, "stix 1"), kept(objects))
            numbers.append(store.finish(number))
        assert numbers == [1, 2]
        brought = [{each.id for each in store.brought(number)} for number in numbers]
        assert brought == [
            {each["id"] for each in OBJECTS[:2]},
            {each["id"] for each in OBJECTS[1:4]},
        ]


def test_what_is_remembered_is_forgotten_for_what_is_remembered_next(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "intel.db") as store:
        before = store.state()
        assert store.recall("a") is None
        store.remember("a", b"1")
        assert store.recall("a") == b"1"
        store.remember("b", b"2")
        assert store.recall("a") is None
        store.add(store.begin("x", ""), DOCUMENT, kept(OBJECTS))
        assert store.state() != before


@pytest.mark.parametrize("content", [b"no database at all, but long enough" * 40, b"SQLite"])
def test_a_file_that_is_no_store_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    with pytest.raises(IntelError):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE mine (x)")
    base.close()
    before = path.read_bytes()
    with pytest.raises(IntelError, match="is no intelligence store"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_several_may_make_a_store_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []
    for run in range(5):
        start = threading.Barrier(4)

        def make(path: Path, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                with SqliteStore(path) as store:
                    store.finish(store.begin("somewhere", "2026-01-02T03:04:05+00:00"))
            except IntelError as error:
                failed.append(error)

        threads = [threading.Thread(target=make, args=(tmp_path / f"{run}.db",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failed


def test_a_store_that_cannot_be_written_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a b?.db"
    with SqliteStore(path) as store:
        number = store.begin("somewhere", "2026-01-02T03:04:05+00:00")
        store.add(number, DOCUMENT, kept([thing(HERON, "Grey Heron")]))
        store.finish(number)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with SqliteStore(path) as store:
        assert [each.id for each in store.current()] == [HERON]
        with pytest.raises(IntelError, match="readonly"):
            store.begin("somewhere", "2026-01-02T03:04:05+00:00")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
