from intel_samples import HERON, LANTERN, NETTLE, OBJECTS, STORK, kept, stated
from sidelight.intel.claim import Claim
from sidelight.intel.derive import derive
from sidelight.intel.entity import Entity
from sidelight.intel.identifier import catalogue_id
from sidelight.intel.knowledge import Knowledge, join
from sidelight.intel.source import Source


def test_a_number_takes_the_id_that_its_catalogue_gives_it() -> None:
    whole = join(stated(), derive(kept(OBJECTS)))
    assert catalogue_id("intrusion-set", "G9001") not in whole.entities
    assert whole.entities[HERON].sources == ("mitre-attack", "sidelight")
    relations = {claim.relation for claim in whole.by_subject[HERON]}
    assert relations == {"uses", "associated-with", "targets"}


def test_a_stranger_who_claims_a_number_does_not_become_that_thing() -> None:
    stranger = "intrusion-set--aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
    entity = Entity(stranger, "Not the heron", ("G9001",), sources=("stix:somebody",))
    whole = join(stated(), Knowledge(entities={stranger: entity}))
    assert catalogue_id("intrusion-set", "G9001") in whole.entities
    assert whole.entities[stranger].name == "Not the heron"


def test_malware_here_and_a_tool_there_are_one_by_their_number() -> None:
    parts = [
        Knowledge(entities={key: Entity(key, "Reed", ("FGS9001",), sources=("mitre-fight",))})
        for key in (catalogue_id("malware", "FGS9001"), catalogue_id("tool", "FGS9001"))
    ]
    assert len(join(*parts).entities) == 1


def test_things_of_one_name_stay_two() -> None:
    parts = [Knowledge(entities={key: Entity(key, "Grey Heron")}) for key in (HERON, STORK)]
    assert set(join(*parts).entities) == {HERON, STORK}


def test_holders_are_the_actors_tied_to_a_tool() -> None:
    whole = derive(kept(OBJECTS))
    assert whole.holders == {LANTERN: {HERON}, NETTLE: {HERON, STORK}}


def test_an_actor_that_was_withdrawn_holds_nothing() -> None:
    objects = [{**each, "revoked": True} if each["id"] == STORK else each for each in OBJECTS]
    assert derive(kept(objects)).holders[NETTLE] == {HERON}


def test_articles_that_repeat_one_report_rest_on_one_house() -> None:
    sources = {
        "v": Source("v", "Report", "Acme", kind="vendor report"),
        "p": Source("p", "News", "The Press", kind="press"),
        "q": Source("q", "News", "The Paper", kind="press"),
        "c": Source("c", "Catalogue", "Lists", kind="catalogue"),
    }
    knowledge = Knowledge(sources=sources)
    said = [
        Claim(HERON, "uses", LANTERN, source, sources[source].publisher, cites=cites)
        for source, cites in (("v", ()), ("p", ("v",)), ("q", ("v",)), ("c", ()))
    ]
    assert knowledge.houses(said) == ("Acme",)
    assert knowledge.houses(said[3:]) == ("Lists",)
    assert [knowledge.publishers(each) for each in said[:3]] == [{"Acme"}] * 3
