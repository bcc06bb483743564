import pytest

from intel_samples import STATEMENTS, stated
from sidelight.errors import IntelError
from sidelight.intel.identifier import catalogue_id, sector_id
from sidelight.intel.publishers import _houses, publisher_of
from sidelight.intel.statements import load_bundled, read_statements


def test_a_claim_says_what_the_file_says_with_its_source() -> None:
    knowledge = stated()
    heron = catalogue_id("intrusion-set", "G9001")
    found = {claim.relation: claim for claim in knowledge.by_subject[heron]}
    linked = found["associated-with"]
    assert linked.object == catalogue_id("malware", "S9001")
    assert (linked.says, linked.date, linked.hedge) == ("The Press", "2023-03-05", "linked to")
    assert knowledge.publishers(linked) == {"Acme"}
    assert found["targets"].object == sector_id("telecommunications")
    assert knowledge.by_entity[heron][0].coined_by == "Acme"


def test_a_technique_is_known_by_its_number_alone() -> None:
    knowledge = stated()
    technique = knowledge.entities[catalogue_id("attack-pattern", "T1574.001")]
    assert technique.numbers == ("T1574.001",)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('kind = "press"', 'kind = "gossip"', "unknown kind"),
        ('date = "2023-03-05"', 'date = "5 March"', "date is not like"),
        ('relation = "targets"', 'relation = "hates"', "unknown relation"),
        ('object = "lantern"', 'object = "lamp"', "no key of an"),
        ('cites = ["acme-2023"]', 'cites = ["acme"]', "no [[source]] has the id"),
        ('hedge = "linked to"', "confidence = 101", "confidence is not 0 to 100"),
        ('hedge = "linked to"', 'hedges = "linked to"', "unknown key 'hedges'"),
        ('id = "press-2023"', 'id = "acme-2023"', "stands there twice"),
        ('type = "malware"', 'type = "Malware"', "unknown type"),
        ('name = "LANTERN"', "name = 5", "name has the wrong type"),
        ("[[claim]]", "[[claims]]", "unknown table"),
        ("[[claim]]", "[[claim", "is no TOML"),
        ('source = "press-2023"\nhedge', "hedge", "says no source"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_with_its_place(
    old: str, new: str, reason: str
) -> None:
    text = STATEMENTS.replace(old, new)
    assert text != STATEMENTS
    with pytest.raises(IntelError) as caught:
        read_statements({"sample.toml": text})
    assert reason in caught.value.reason
    assert "sample.toml" in caught.value.where


def test_what_comes_with_sidelight_can_be_read() -> None:
    knowledge = load_bundled()
    assert "sidelight" in knowledge.sources
    for claim in knowledge.claims:
        assert claim.source in knowledge.sources
        assert claim.subject in knowledge.entities, claim
        assert claim.object in knowledge.entities, claim


def test_one_house_has_one_name_so_that_it_counts_once() -> None:
    houses = set(_houses().values())
    for source in load_bundled().sources.values():
        house = publisher_of(source.url)
        if house in houses:
            assert (source.id, source.publisher) == (source.id, house)


def test_no_catalogue_is_said_to_coin_a_name() -> None:
    catalogues = {each.publisher for each in load_bundled().sources.values()}
    catalogues &= {"MISP galaxy", "MITRE", "Sidelight"}
    assert not [each for each in load_bundled().names if each.coined_by in catalogues]
