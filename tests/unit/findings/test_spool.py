from dataclasses import replace

import pyarrow as pa
import pytest

from sidelight.errors import SidelightError
from sidelight.findings.hits import EVENTS, TABLES, empty, union
from sidelight.findings.spool import Spool


def part(*records):
    rows = [{"source": "s", "record": record, "fields": b"{}"} for record in records]
    return replace(empty(), events=pa.Table.from_pylist(rows, schema=EVENTS))


def records(spool):
    return union(*spool.tables("events")).column("record").to_pylist()


def test_an_empty_spool_has_a_table_of_each_schema():
    with Spool() as spool:
        assert {name: union(*spool.tables(name)).num_rows for name in TABLES} == dict.fromkeys(
            TABLES, 0
        )


def test_small_parts_stay_in_memory(tmp_path):
    with Spool(tmp_path) as spool:
        spool.add(part(1))
        assert list(tmp_path.iterdir()) == []
        assert records(spool) == [1]


def test_what_is_large_goes_to_disk_and_comes_back(tmp_path):
    with Spool(tmp_path, limit=0) as spool:
        spool.add(part(1, 2))
        spool.add(part(3))
        assert len(list(tmp_path.iterdir())) == 2
        assert records(spool) == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []


def test_a_worker_hands_over_its_files(tmp_path):
    worker = Spool(tmp_path, prefix="w1-")
    worker.add(part(7))
    paths = worker.flush()
    with Spool(tmp_path) as spool:
        spool.adopt(paths)
        spool.add(part(8))
        assert records(spool) == [7, 8]
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path):
    gone = tmp_path / "gone"
    with Spool(gone, limit=0) as spool:
        with pytest.raises(SidelightError, match="cannot keep intermediate results"):
            spool.add(part(1))
        assert records(spool) == [1]
        gone.mkdir()
        spool.add(part(2))
        assert records(spool) == [1, 2]


def test_a_temporary_folder_is_removed():
    spool = Spool(limit=0)
    spool.add(part(1))
    (path, *_) = spool.flush()
    spool.close()
    with pytest.raises(FileNotFoundError):
        open(path).close()


@pytest.mark.parametrize("some", [(), (1,), (1, 2, 3)])
def test_tables_in_memory_put_together_hold_the_same_rows(tmp_path, some):
    worker = Spool(tmp_path, prefix="w1-")
    worker.add(part(7))
    with Spool(tmp_path) as spool:
        spool.adopt(worker.flush())
        for record in some:
            spool.add(part(record))
        together = spool.tables("events").together()
        assert len(together) == 2  # one in memory, one on disk
        assert union(*together).equals(union(*spool.tables("events")))
