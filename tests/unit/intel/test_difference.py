from intel_samples import HERON, LANTERN, OBJECTS, STORK, kept, tie
from sidelight.intel.derive import derive
from sidelight.intel.difference import differ


def test_the_same_knowledge_does_not_differ_and_edits_without_content_do_not_count() -> None:
    before = derive(kept(OBJECTS))
    edited = [{**each, "modified": "2025-01-01T00:00:00.000Z"} for each in OBJECTS]
    for after in (before, derive(kept(edited))):
        found = differ(before, after)
        assert not any(getattr(found, each) for each in found.__slots__)


def test_what_came_what_went_and_what_was_withdrawn() -> None:
    later = [dict(each) for each in OBJECTS if each["id"] != LANTERN]
    later[0] |= {"name": "Grey heron", "aliases": ["Reedstalker"]}
    later[1] |= {"revoked": True}
    later.append(tie(50, STORK, "attributed-to", HERON))
    before, after = derive(kept(OBJECTS)), derive(kept(later))
    found = differ(before, after)
    assert [each.id for each in found.things_gone] == [LANTERN]
    assert [each.id for each in found.withdrawn] == [STORK]
    assert [(old.name, new.name) for old, new in found.renamed] == [("Grey Heron", "Grey heron")]
    assert {each.name for each in found.names} == {"Grey heron", "Reedstalker"}
    assert {each.name for each in found.names_gone} == {
        "Fishwind",
        "Grey Heron",
        "LANTERN",
        "Glowlamp",
    }
    assert [(each.subject, each.object) for each in found.claims] == [(STORK, HERON)]
    assert found.claims_gone == ()
    back = differ(after, before)
    assert back.things == found.things_gone
    assert back.claims_gone == found.claims
