import pytest

from intel_samples import CLUSTER, HERON, OBJECTS, galaxy, kept
from sidelight.intel.derive import derive
from sidelight.intel.identifier import country_id, sector_id
from sidelight.intel.importers.galaxy import galaxy_version, is_galaxy, read_galaxy
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.stix import Refusal, StixObject

FISHWIND = f"intrusion-set--{CLUSTER}"


def known(*, with_attack: bool = True) -> Knowledge:
    read = [each for each in read_galaxy(galaxy()) if isinstance(each, StixObject)]
    return derive([*read, *(kept(OBJECTS) if with_attack else [])])


def test_clusters_are_recognised_by_their_shape() -> None:
    assert is_galaxy(galaxy())
    assert galaxy_version(galaxy()) == "threat-actor 7"
    assert not is_galaxy({"values": []})
    assert not is_galaxy([])


def test_a_cluster_says_names_targets_and_whom_it_resembles() -> None:
    knowledge = known()
    names = {claim.name: claim for claim in knowledge.by_entity[FISHWIND]}
    assert set(names) == {"Fishwind", "Mudwader", "Grey Heron"}
    assert (names["Mudwader"].coined_by, names["Mudwader"].says) == ("Acme", "MISP galaxy")
    said = {(each.relation, each.object): each for each in knowledge.by_subject[FISHWIND]}
    assert set(said) == {
        ("overlaps", HERON),
        ("targets", sector_id("telecommunications")),
        ("targets", country_id("KR")),
        ("attributed-to", country_id("PH")),
    }
    assert said["attributed-to", country_id("PH")].hedge == "originates from"
    assert said["attributed-to", country_id("PH")].confidence == 50
    assert said["targets", country_id("KR")].confidence is None
    assert said["overlaps", HERON].hedge == "likely similar"
    assert said["overlaps", HERON].source == "misp-galaxy:threat-actor"
    assert said["overlaps", HERON].date == ""


def test_a_place_that_is_no_country_is_refused_with_its_name() -> None:
    refused = [each for each in read_galaxy(galaxy()) if isinstance(each, Refusal)]
    assert [each.reason for each in refused] == ["victim 'Atlantis' is no country"]


def test_a_relation_to_what_no_import_describes_claims_nothing() -> None:
    relations = {claim.relation for claim in known(with_attack=False).claims}
    assert relations == {"targets", "attributed-to"}


def test_later_versions_of_the_galaxy_win() -> None:
    later = {**galaxy(value="Fish-wind"), "version": 8}
    versions = [
        each
        for value in (later, galaxy())
        for each in read_galaxy(value)
        if isinstance(each, StixObject) and each.id == FISHWIND
    ]
    assert versions[0].modified > versions[1].modified


@pytest.mark.parametrize(
    "change",
    [{"uuid": "1"}, {"uuid": None}, {"value": ""}, {"meta": {"synonyms": [3]}, "value": 5}],
)
def test_a_cluster_that_is_none_is_refused(change: dict[str, object]) -> None:
    found = list(read_galaxy(galaxy(**change)))
    assert any(isinstance(each, Refusal) for each in found)
    assert not any(isinstance(each, StixObject) and each.id == FISHWIND for each in found)


def test_clusters_of_no_use_here_are_refused_as_a_whole() -> None:
    value = {**galaxy(), "type": "sod-matrix", "category": "matrix"}
    assert [type(each) for each in read_galaxy(value)] == [Refusal]
