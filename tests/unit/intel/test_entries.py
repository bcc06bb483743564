from dataclasses import replace

import pytest

from sidelight.intel.claim import Claim, NameClaim
from sidelight.intel.entity import Entity
from sidelight.intel.entries import counted_as
from sidelight.intel.source import Source

A, B = (f"intrusion-set--{each:036}" for each in (1, 2))
SOURCES = {
    "list": Source("list", "Catalogue", "Lists", kind="catalogue"),
    "acme": Source("acme", "Report", "Acme", kind="vendor report"),
}
HERON = Entity(A, "Heron", ("G9001",), sources=("mitre-attack",))
STORK = Entity(B, "Stork", sources=("misp-galaxy:threat-actor",))
ALIKE = Claim(B, "overlaps", A, "list", "Lists", hedge="likely similar")
NAMES = {
    A: [NameClaim(A, "STORK", "list", "Lists")],
    B: [NameClaim(B, "heron", "list", "Lists")],
}


def counted(
    first: Entity = HERON,
    second: Entity = STORK,
    claim: Claim = ALIKE,
    names: dict[str, list[NameClaim]] = NAMES,
) -> dict[str, str]:
    return counted_as({A: first, B: second}, names, [claim], SOURCES)


def test_entries_that_a_catalogue_calls_alike_and_that_bear_each_others_name_count_once() -> None:
    assert counted() == {B: A}
    assert counted(claim=replace(ALIKE, subject=A, object=B)) == {B: A}
    assert counted(second=replace(STORK, name="HERON"), names={}) == {B: A}


@pytest.mark.parametrize(
    "but",
    [
        {"claim": replace(ALIKE, source="acme")},
        {"claim": replace(ALIKE, relation="related-to")},
        {"names": {A: NAMES[A]}},
        {"names": {B: NAMES[B]}},
        {"second": replace(STORK, sources=("mitre-attack",))},
        {"second": replace(STORK, revoked=True)},
    ],
)
def test_anything_less_leaves_them_two(but: dict[str, object]) -> None:
    assert counted(**but) == {}  # type: ignore[arg-type]


def test_likenesses_in_a_circle_end() -> None:
    third = Entity(f"intrusion-set--{3:036}", "Heron", sources=("misp-galaxy:other",))
    entities = {A: HERON, B: replace(STORK, name="Heron"), third.id: third}
    ties = [(A, B), (B, third.id), (third.id, A), (A, A)]
    claims = [Claim(one, "overlaps", other, "list", "Lists") for one, other in ties]
    assert counted_as(entities, {}, claims, SOURCES) == {B: A, third.id: A}
