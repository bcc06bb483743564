import time

from intel_samples import HERON, LANTERN, NETTLE, OBJECTS, REPORT, SIDELOAD, STORK, kept, thing, tie
from sidelight.intel.derive import derive
from sidelight.intel.markings import MARKINGS
from sidelight.intel.stix import StixObject


def test_who_says_a_name_and_whom_they_repeat() -> None:
    knowledge = derive(kept(OBJECTS))
    found = {claim.name: claim for claim in knowledge.by_entity[HERON]}
    assert set(found) == {"Grey Heron", "Fishwind"}
    assert found["Fishwind"].cites == ("https://www.securelist.com/heron",)
    assert knowledge.publishers(found["Fishwind"]) == {"Kaspersky"}
    assert knowledge.publishers(found["Grey Heron"]) == {"MITRE"}
    assert {claim.name for claim in knowledge.by_entity[LANTERN]} == {"LANTERN", "Glowlamp"}


def test_a_citation_becomes_a_source_with_its_date() -> None:
    source = derive(kept(OBJECTS)).sources[REPORT["url"]]
    assert (source.date, source.publisher) == ("2023-03-04", "Kaspersky")


def test_claims_say_what_relationships_say() -> None:
    knowledge = derive(kept(OBJECTS))
    said = {(each.subject, each.relation, each.object) for each in knowledge.claims}
    assert said == {
        (HERON, "uses", LANTERN),
        (HERON, "uses", NETTLE),
        (STORK, "uses", NETTLE),
        (LANTERN, "uses", SIDELOAD),
    }
    assert all(each.date == "2024-05-06" for each in knowledge.claims)


def test_what_was_withdrawn_claims_nothing_and_stays_known() -> None:
    objects = [*OBJECTS[:5], tie(1, HERON, "uses", LANTERN, revoked=True)]
    objects[1] = {**objects[1], "x_mitre_deprecated": True}
    knowledge = derive(kept(objects))
    assert knowledge.claims == ()
    assert knowledge.entities[STORK].revoked


def test_relations_of_others_keep_their_words() -> None:
    objects = [
        *OBJECTS[:5],
        tie(1, LANTERN, "delivers", NETTLE),
        tie(2, HERON, "variant-of", STORK, confidence=40),
        tie(3, HERON, "located-at", STORK),
        tie(4, HERON, "uses", "x-thing--11111111-1111-4111-8111-111111111111"),
    ]
    found = {each.relation: each for each in derive(kept(objects)).claims}
    assert set(found) == {"delivered-by", "related-to"}
    assert (found["delivered-by"].subject, found["delivered-by"].object) == (NETTLE, LANTERN)
    assert (found["related-to"].hedge, found["related-to"].confidence) == ("variant of", 40)


def test_what_another_writes_under_the_same_id_is_not_what_the_creator_said() -> None:
    other = "identity--bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
    forged = thing(HERON, "Somebody else", aliases=["Mallory"])
    forged |= {"created_by_ref": other, "modified": "2030-01-01T00:00:00.000Z"}
    knowledge = derive(kept([*OBJECTS, forged, thing(other, "Press office")]))
    assert knowledge.entities[HERON].name == "Grey Heron"
    said = {claim.name: claim.says for claim in knowledge.by_entity[HERON]}
    assert said["Mallory"] == "Press office"


def test_a_claim_keeps_the_strictest_marking_of_what_it_came_from() -> None:
    marked = tie(1, HERON, "uses", LANTERN, object_marking_refs=list(MARKINGS.values())[1:4])
    (claim,) = derive(kept([*OBJECTS[:5], marked])).claims
    assert claim.marking == "TLP:AMBER+STRICT"


def test_many_creators_of_one_id_are_read_in_no_more_time_than_many_ids() -> None:
    others = [f"identity--{number:08x}-0000-4000-8000-000000000000" for number in range(3000)]
    many = kept(thing(HERON, f"Heron {each[10:18]}", created_by_ref=each) for each in others)
    apart = kept(thing(f"intrusion-set--{each[10:]}", "Heron") for each in others)
    assert len(derive(many).by_entity[HERON]) == len(others)

    def cost(objects: list[StixObject]) -> float:
        begin = time.process_time()
        derive(objects)
        return time.process_time() - begin

    costs = [(cost(many), cost(apart)) for _ in range(4)]
    once, other = map(min, zip(*costs, strict=True))
    assert once < 10 * other  # twice
