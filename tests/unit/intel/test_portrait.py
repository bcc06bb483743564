from intel_samples import (
    HERON,
    LANTERN,
    NETTLE,
    OBJECTS,
    SIDELOAD,
    STORK,
    galaxy,
    kept,
    stated,
    tie,
)
from sidelight.intel.derive import derive
from sidelight.intel.identifier import sector_id
from sidelight.intel.importers.galaxy import read_galaxy
from sidelight.intel.knowledge import Knowledge, join
from sidelight.intel.names import NameIndex
from sidelight.intel.portrait import Portrait, portray
from sidelight.intel.stix import StixObject
from sidelight.output.portrait import portrait_lines


def portrait(knowledge: Knowledge, identity: str) -> Portrait:
    return portray(knowledge, identity, NameIndex(knowledge))


def whole(*, related: bool = True) -> Knowledge:
    clusters = galaxy() if related else galaxy(related=[])
    read = [each for each in read_galaxy(clusters) if isinstance(each, StixObject)]
    return join(stated(), derive([*kept(OBJECTS), *read]))


def test_tools_are_exclusive_or_shared_with_how_many_hold_them() -> None:
    found = portrait(whole(), HERON)
    assert [(each.other, each.holders) for each in found.exclusive] == [(LANTERN, 1)]
    assert [(each.other, each.holders) for each in found.shared] == [(NETTLE, 2)]
    assert [each.other for each in found.telecom] == [sector_id("telecommunications")]
    assert [each.other for each in portrait(whole(), LANTERN).users] == [HERON]
    assert [each.other for each in portrait(whole(), LANTERN).techniques] == [SIDELOAD] * 2


def test_a_name_that_another_actor_bears_is_a_conflict_unless_they_are_said_to_be_alike() -> None:
    names = {each.name: each for each in portrait(whole(related=False), HERON).names}
    assert len(names["Fishwind"].rivals) == 1
    assert names["Fishwind"].publishers == ("Acme", "Kaspersky")
    told = portrait(whole(related=False), HERON).conflicts
    assert [each for each in told if "Fishwind" in each] == [
        "Fishwind, Grey Heron are names here (Acme; MITRE after Kaspersky), "
        "and of Fishwind misp-galaxy:threat-actor (MISP galaxy)"
    ]
    assert not any("Fishwind" in each for each in portrait(whole(), HERON).conflicts)


def test_an_overlap_has_no_direction_and_stands_once() -> None:
    both = [tie(60, HERON, "overlaps", STORK), tie(61, STORK, "overlaps", HERON)]
    knowledge = derive(kept([*OBJECTS, *both]))
    for one, other in ((HERON, STORK), (STORK, HERON)):
        (found,) = portrait(knowledge, one).others
        assert (found.other, len(found.claims)) == (other, 2)


def test_a_doubt_beside_a_certainty_is_a_conflict() -> None:
    (told,) = [each for each in portrait(whole(), HERON).conflicts if "LANTERN" in each]
    assert told == "LANTERN: MITRE after Kaspersky states “uses”, others say “linked to”"


def test_the_lines_say_who_says_what_after_whom() -> None:
    knowledge = whole()
    lines = list(portrait_lines(portrait(knowledge, HERON), knowledge, whole=True))
    assert lines[0] == "Grey Heron (intrusion set G9001)"
    text = "\n".join(lines)
    assert "The Press 2023-03-05 “linked to” after Acme" in text
    assert "MITRE 2024-05-06 after Kaspersky" in text
    assert "Nettle S9002 [uses, 2 actors; 1 publisher]" in text


def test_what_is_written_in_a_name_stays_text() -> None:
    objects = [{**OBJECTS[0], "name": "Grey\x1b[31mHeron", "aliases": ["a\nb"]}]
    knowledge = derive(kept(objects))
    lines = list(portrait_lines(portrait(knowledge, HERON), knowledge, whole=True))
    assert not any("\x1b" in line or "\n" in line for line in lines)
