import hashlib
from pathlib import Path

import pytest

from sidelight.analytics.baseline import Baseline, Habit, Pair, spelled
from sidelight.errors import UsageError
from sidelight.evidence.inventory import survey
from sidelight.hunt.learning import learn_baseline, read_and_hash, read_baseline, write_baseline

ONE = Baseline({Pair("a", "b", "", "data"): Habit(frozenset({"h"}), "2024-01-01", "2024-01-02")})


def test_a_baseline_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "b.jsonl"
    write_baseline(path, ONE)
    assert dict(read_baseline(path).pairs) == dict(ONE.pairs)
    assert path.read_bytes() == b"".join(spelled(ONE))
    assert read_and_hash(path)[1] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert [each.name for each in path.parent.iterdir()] == ["b.jsonl"]


def test_what_is_no_baseline_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    path.write_text("hello\n")
    for where in (path, tmp_path / "none", tmp_path):
        with pytest.raises(UsageError) as caught:
            read_baseline(where)
        assert str(where) in str(caught.value)
    with pytest.raises(UsageError, match="cannot be written"):
        write_baseline(path / "below", ONE)


def test_evidence_without_loads_teaches_nothing(tmp_path: Path) -> None:
    (tmp_path / "some.log").write_text("Jan  1 00:00:00 host cron[1]: all is well\n")
    learnt = learn_baseline(survey([str(tmp_path)]), 1, lambda _: None)
    assert learnt.baseline.pairs == {}
    assert learnt.gathered.events == 1
