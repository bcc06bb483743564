import pytest

from intel_samples import OBJECTS, kept, stated
from sidelight.intel.claim import NameClaim
from sidelight.intel.derive import derive
from sidelight.intel.entity import Entity
from sidelight.intel.identifier import named_id
from sidelight.intel.knowledge import Knowledge, join
from sidelight.intel.names import NameIndex, fold, look_up


def known(*names: str) -> NameIndex:
    entities = [Entity(named_id("intrusion-set", name), name) for name in names]
    return NameIndex(Knowledge(entities={each.id: each for each in entities}))


def test_names_that_differ_by_a_space_are_two_things_and_the_exact_one_leads() -> None:
    index = NameIndex(stated())
    for written, first in (("fishwind", "Grey Heron"), ("FISH WIND", "Fish Wind")):
        found = index.look_up(written)
        assert [each.match for each in found] == ["exact", "folded"]
        assert found[0].entity.name == first
    assert fold("Fish Wind") == fold("fish-wind") == fold("Fishwind")


def test_a_number_finds_what_it_counts() -> None:
    whole = join(stated(), derive(kept(OBJECTS)))
    assert [each.entity.name for each in look_up(whole, "g9001")] == ["Grey Heron"]
    assert [each.match for each in look_up(whole, "g9001")] == ["number"]
    entity = look_up(whole, "G9001")[0].entity
    assert look_up(whole, entity.id)[0].entity == entity


def test_a_name_of_several_things_gives_them_all() -> None:
    one, two = named_id("intrusion-set", "1"), named_id("intrusion-set", "2")
    knowledge = Knowledge(
        entities={one: Entity(one, "One"), two: Entity(two, "Two")},
        names=(NameClaim(one, "Shared", "s", "A"), NameClaim(two, "shared", "s", "B")),
    )
    assert {each.entity.name for each in look_up(knowledge, "SHARED")} == {"One", "Two"}


def test_a_misspelling_is_proposed_with_its_distance_and_means_nothing_yet() -> None:
    index = known("Needleminer", "Leafminer", "Naikon")
    (found,) = index.propose("Neeedleminer")
    assert (found.name, found.distance) == ("Needleminer", 1)
    assert index.look_up("Neeedleminer") == ()


@pytest.mark.parametrize("written", ["Nikon", "Naiko", "Naikon", "needle miner", "Unrelated"])
def test_short_known_and_far_names_are_not_proposed_for(written: str) -> None:
    assert known("Needleminer", "Naikon").propose(written) == ()


def test_two_edits_are_too_many_for_a_short_name() -> None:
    index = known("Calypso", "Salt Typhoon")
    assert index.propose("Kalypzo") == ()
    assert [each.name for each in index.propose("Calypzo")] == ["Calypso"]
    assert [each.distance for each in index.propose("Sallt Tiphoon")] == [2]


def test_search_finds_parts_of_names_and_numbers() -> None:
    index = NameIndex(derive(kept(OBJECTS)))
    assert [each.entity.name for each in index.search("hero")] == ["Grey Heron"]
    assert [each.entity.name for each in index.search("glow")] == ["LANTERN"]
    assert {each.entity.name for each in index.search("S900")} == {"LANTERN", "Nettle"}
    assert index.search(" - ") == ()
