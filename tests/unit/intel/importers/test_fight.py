from intel_samples import FIGHT, HERON, OBJECTS, kept, latest
from sidelight.intel.derive import derive
from sidelight.intel.identifier import catalogue_id
from sidelight.intel.importers.fight import fight_version, is_fight, read_fight
from sidelight.intel.stix import Refusal, StixObject

AT = "2026-01-02T03:04:05.678Z"
FIREWALL = catalogue_id("attack-pattern", "FGT5042")


def test_fight_is_recognised_by_its_tables() -> None:
    assert is_fight(FIGHT)
    assert fight_version(FIGHT) == "2 techniques"
    assert not is_fight({"techniques": []})


def test_its_numbers_meet_those_of_attack() -> None:
    read = [each for each in read_fight(FIGHT, AT) if isinstance(each, StixObject)]
    alone, together = derive(read), derive([*read, *kept(OBJECTS)])
    heron = catalogue_id("intrusion-set", "G9001")
    assert [claim.object for claim in alone.by_subject[heron]] == [FIREWALL]
    assert FIREWALL in {claim.object for claim in together.by_subject[HERON]}
    assert heron not in together.entities
    assert together.entities[HERON].name == "Grey Heron"


def test_an_addendum_points_at_the_technique_it_adds_to() -> None:
    read = [each for each in read_fight(FIGHT, AT) if isinstance(each, StixObject)]
    knowledge = derive([*read, *kept(OBJECTS)])
    (claim,) = knowledge.by_subject[catalogue_id("attack-pattern", "FGT1574.001")]
    assert knowledge.entities[claim.object].numbers == ("T1574.001",)
    assert claim.relation == "related-to"
    relations = [claim.relation for claim in knowledge.by_subject[FIREWALL]]
    assert relations == ["subtechnique-of"]


def test_what_has_no_number_is_refused() -> None:
    refused = [each for each in read_fight(FIGHT, AT) if isinstance(each, Refusal)]
    assert refused == [Refusal("groups: nothing", "has no number of FiGHT")]


def test_a_back_door_is_malware_and_a_proxy_is_a_tool() -> None:
    value = {**FIGHT, "software": [*FIGHT["software"], {"id": "FGS9002", "name": "Proxy"}]}
    ids = {each.id for each in read_fight(value, AT) if isinstance(each, StixObject)}
    assert catalogue_id("malware", "FGS9001") in ids
    assert catalogue_id("tool", "FGS9002") in ids


def test_of_two_issues_the_one_read_later_counts_and_claims_are_not_dated_by_it() -> None:
    later = {**FIGHT, "groups": [{"id": "G9001", "name": "Grey Heron, again"}]}
    objects = [
        each
        for issue in (read_fight(FIGHT, AT), read_fight(later, "2026-02-02T03:04:05.678Z"))
        for each in issue
        if isinstance(each, StixObject)
    ]
    heron = catalogue_id("intrusion-set", "G9001")
    assert derive(latest(objects)).entities[heron].name == "Grey Heron, again"
    assert {claim.date for claim in derive(objects).claims} == {""}
