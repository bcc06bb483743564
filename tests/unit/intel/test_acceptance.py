from datetime import UTC, datetime
from pathlib import Path

from intel_samples import HERON, OBJECTS, kept
from sidelight.intel.acceptance import accept_into
from sidelight.intel.names import look_up
from sidelight.intel.sqlite import SqliteStore
from sidelight.intel.store import Document
from sidelight.intel.view import knowledge_of


def test_a_spelling_counts_from_when_a_person_accepts_it_until_it_is_taken_back(
    tmp_path: Path,
) -> None:
    with SqliteStore(tmp_path / "intel.db") as store:
        store.add(store.begin("x", ""), Document("x", "1", "stix 1"), kept(OBJECTS))
        assert look_up(knowledge_of(store), "Greyy Heron") == ()
        told = {"who": "Ada", "why": "same report"}
        accept_into(store, "Greyy Heron", HERON, at=datetime(2024, 5, 6, tzinfo=UTC), **told)
        (found,) = look_up(knowledge_of(store), "greyy heron")
        (claim,) = found.claims
        assert (found.entity.id, found.match) == (HERON, "exact")
        assert (claim.says, claim.date, claim.source) == ("Ada", "2024-05-06", "analyst:Ada")
        accept_into(
            store,
            "Greyy Heron",
            HERON,
            who="Bob",
            why="it is not",
            at=datetime(2024, 5, 7, tzinfo=UTC),
            withdrawn=True,
        )
        assert look_up(knowledge_of(store), "Greyy Heron") == ()
        notes = [each for each in store.current() if each.type == "note"]
        assert [len(store.versions(each.id)) for each in notes] == [2]
