import pytest

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.clusters import STRICTNESSES, Strictness, clusters
from sidelight.intel.entity import Entity
from sidelight.intel.identifier import named_id
from sidelight.intel.knowledge import Knowledge, join
from sidelight.intel.source import Source

A, B, C = (named_id("intrusion-set", each) for each in "abc")
SOURCES = {
    "acme": Source("acme", "Report", "Acme", kind="vendor report"),
    "best": Source("best", "Report", "Best", kind="vendor report"),
    "list": Source("list", "Catalogue", "Lists", kind="catalogue"),
}


def known(*said: NameClaim | Claim) -> Knowledge:
    entities = {A: Entity(A, "Heron"), B: Entity(B, "Stork"), C: Entity(C, "Egret")}
    return join(
        Knowledge(
            SOURCES,
            entities,
            tuple(each for each in said if isinstance(each, NameClaim)),
            tuple(each for each in said if isinstance(each, Claim)),
        )
    )


def called(entity: str, name: str, source: str) -> NameClaim:
    return NameClaim(entity, name, source, SOURCES[source].publisher)


def together(knowledge: Knowledge, strictness: Strictness) -> list[set[str]]:
    return [set(each.members) for each in clusters(knowledge, strictness)]


def test_one_vendor_who_uses_one_name_for_two_entries_binds_them() -> None:
    knowledge = known(called(A, "Fishwind", "acme"), called(B, "fishwind", "acme"))
    assert together(knowledge, "vendor") == [{A, B}]
    assert together(knowledge, "two") == []
    assert together(knowledge, "any") == [{A, B}]
    (cluster,) = clusters(knowledge, "vendor")
    assert [(bond.name.lower(), bond.publishers) for bond in cluster.bonds] == [
        ("fishwind", ("Acme",))
    ]


def test_a_catalogue_that_lists_a_name_twice_keeps_its_entries_apart() -> None:
    knowledge = known(called(A, "Fishwind", "list"), called(B, "Fishwind", "list"))
    assert together(knowledge, "vendor") == []
    assert together(knowledge, "two") == []
    assert together(knowledge, "any") == [{A, B}]


def test_two_houses_who_give_one_the_others_own_name_bind_them() -> None:
    one = [called(B, "Stork", "list"), called(A, "Stork", "acme")]
    assert together(known(*one), "two") == []
    assert together(known(*one, called(A, "Stork", "best")), "two") == [{A, B}]


@pytest.mark.parametrize("strictness", STRICTNESSES)
def test_names_that_only_fold_alike_bind_nothing(strictness: Strictness) -> None:
    knowledge = known(called(A, "Fireant", "acme"), called(B, "Fire Ant", "acme"))
    assert together(knowledge, strictness) == []


def test_an_overlap_binds_only_where_anything_does() -> None:
    knowledge = known(Claim(A, "overlaps", B, "acme", "Acme"))
    assert [together(knowledge, each) for each in STRICTNESSES] == [[], [], [{A, B}]]


def test_bonds_chain_and_the_stricter_view_is_within_the_looser() -> None:
    knowledge = known(
        called(A, "x", "acme"),
        called(B, "x", "acme"),
        called(B, "y", "list"),
        called(C, "y", "list"),
    )
    assert together(knowledge, "vendor") == [{A, B}]
    assert together(knowledge, "any") == [{A, B, C}]


def test_a_catalogue_that_is_cited_is_no_vendor_either() -> None:
    told = [NameClaim(each, "Fishwind", "acme", "Acme", cites=("list",)) for each in (A, B)]
    assert together(known(*told), "vendor") == []
