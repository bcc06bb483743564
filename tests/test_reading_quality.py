"""How well the reader reads the labelled passages: a change must not make it worse."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sidelight.intel.knowledge import Knowledge
from sidelight.intel.names import NameIndex
from sidelight.intel.statements import load_bundled

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    """Load bench/quality_reading.py as it is run, with its folder on the path."""
    folder = str(ROOT / "bench")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("quality_reading")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What comes with Sidelight."""
    found = load_bundled()
    if not NameIndex(found).look_up("Mustang Panda"):
        pytest.skip("content/actors is not there")
    return found


def test_precision_and_recall_stay_above_their_floors(bench: ModuleType, known: Knowledge) -> None:
    scores, wrong = bench.score(known)
    for kind, (precision, recall) in bench.FLOORS.items():
        assert scores[kind].precision >= precision, wrong
        assert scores[kind].recall >= recall, wrong


def test_held_out_passages_are_read_no_worse_than_the_first_time(
    bench: ModuleType, known: Knowledge
) -> None:
    scores, wrong = bench.score(known, bench.HELD_OUT)
    for kind, (precision, recall) in bench.HELD_OUT_FLOORS.items():
        assert scores[kind].precision >= precision, wrong
        assert scores[kind].recall >= recall, wrong


def test_the_held_out_labels_are_whole(bench: ModuleType) -> None:
    passages = bench.passages(bench.HELD_OUT)
    assert len(passages) == len({passage["id"] for passage in passages}) == 15
    for passage in passages:
        for name in passage["names"]:
            assert name in passage["text"], (passage["id"], name)


def test_indicators_need_no_knowledge(bench: ModuleType) -> None:
    scores, wrong = bench.score(Knowledge())
    precision, recall = bench.FLOORS["indicators"]
    assert scores["indicators"].precision >= precision, wrong
    assert scores["indicators"].recall >= recall, wrong


def test_what_must_not_be_taken_is_not(bench: ModuleType) -> None:
    lexicon = bench.make_lexicon(Knowledge())
    for passage in bench.passages():
        document = bench.read_documents(passage["text"].encode(), "x")[0]
        reading = bench.read(document, lexicon, bench.read_warnings(None))
        taken = {each.value for each in reading.observed}
        assert taken.isdisjoint(passage["absent"]), passage["id"]


def test_the_labels_are_whole(bench: ModuleType) -> None:
    passages = bench.passages()
    assert len(passages) == len({passage["id"] for passage in passages}) == 30
    for passage in passages:
        for name in passage["names"]:
            assert name in passage["text"], (passage["id"], name)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_iocsearcher_sees_no_address_that_this_reader_misses(bench: ModuleType) -> None:
    """A second opinion on addresses and hashes that are written plainly."""
    searcher = pytest.importorskip("iocsearcher.searcher").Searcher()
    kinds = {"ip4": "ipv4", "md5": "md5", "sha1": "sha1", "sha256": "sha256"}
    for passage in bench.passages():
        if passage["id"] in {"versions", "ports-and-paths"}:  # it takes versions for addresses
            continue
        labelled = set(passage["indicators"])
        for found in searcher.search_data(passage["text"], targets=set(kinds)):
            seen = f"{kinds[found.name]} {found.value}"
            digest = found.value.lower()
            aliases = {seen, f"imphash {digest}", f"ja3 {digest}"}
            assert (
                aliases & labelled
                or found.value in passage["absent"]
                or _inner(found.value, labelled)
            ), (passage["id"], seen)


def _inner(value: str, labelled: set[str]) -> bool:
    """Tell what is a part of something longer, as the host of a URL."""
    return any(value in each for each in labelled)
