import pytest

from sidelight.attribution.hearsay import bundled_lore, lore_of
from sidelight.attribution.lore import year_of
from sidelight.intel.claim import Claim
from sidelight.intel.entity import Entity
from sidelight.intel.knowledge import Knowledge, join
from sidelight.intel.source import Source

ACTOR, TOOL = f"intrusion-set--{1:036}", f"malware--{1:036}"


def known(*claims: Claim) -> Knowledge:
    sources = {
        "report": Source("report", "R", "Vendor", "2024-06", kind="vendor report"),
        "second": Source("second", "S", "Vendor", "2023", kind="vendor report"),
        "press": Source("press", "P", "Paper", "2024-07", kind="press"),
        "other": Source("other", "O", "Other", "2020", kind="vendor report"),
        "list": Source("list", "L", "List", "2025", kind="catalogue"),
    }
    entities = {ACTOR: Entity(ACTOR, "Heron"), TOOL: Entity(TOOL, "MirrorCall")}
    return join(Knowledge(sources, entities, (), claims))


def uses(source: str, says: str, date: str, **more: object) -> Claim:
    return Claim(ACTOR, "uses", TOOL, source, says, date, **more)  # type: ignore[arg-type]


REPORT = uses("report", "Vendor", "2024-06")


def sure(*claims: Claim) -> float:
    return lore_of(known(*claims)).actors[ACTOR].tools[TOOL].sure(2024.5)


def test_a_source_that_repeats_another_changes_nothing() -> None:
    press = uses("press", "Paper", "2024-07", cites=("report",))
    second = uses("second", "Vendor", "2023")
    listed = uses("list", "List", "2025")
    assert sure(REPORT) == sure(REPORT, REPORT)
    assert sure(REPORT, second) == sure(REPORT)
    assert sure(REPORT, listed) == sure(REPORT)
    assert sure(REPORT, press) == sure(REPORT)
    assert sure(uses("press", "Paper", "2024-07", cites=("other",))) == sure(
        uses("other", "Other", "2020")
    )


def test_independent_publishers_add_up_and_doubt_takes_away() -> None:
    other = uses("other", "Other", "2020")
    assert sure(REPORT, other) > sure(REPORT)
    assert sure(uses("report", "Vendor", "2024-06", hedge="may")) < sure(REPORT)
    tied = Claim(ACTOR, "associated-with", TOOL, "report", "Vendor", "2024-06")
    assert sure(tied) < sure(REPORT)
    assert sure(uses("list", "List", "2025")) > 0


def test_old_claims_count_for_less_and_never_for_nothing() -> None:
    held = lore_of(known(REPORT)).actors[ACTOR].tools[TOOL]
    ages = [held.sure(2024.5 + years) for years in (0, 5, 10, 20, 100)]
    assert ages == sorted(ages, reverse=True)
    assert ages[-1] == ages[-2] > 0.3
    assert held.sure(1999.0) == pytest.approx(0.8)


def test_what_nobody_dates_is_old() -> None:
    assert sure(uses("report", "Vendor", "")) < sure(uses("report", "Vendor", "2005")) + 1e-9


def test_a_tool_in_public_hands_has_more_users_than_are_named() -> None:
    lore = bundled_lore()
    by_name = {name: lore.users[tool] for tool, name in lore.tools.items() if tool in lore.users}
    assert by_name["COOLCLIENT"] == 1
    assert by_name["BPFDoor"] > 20
    assert by_name["Cobalt Strike"] > by_name["ShadowPad"] > by_name["RainyDay"]


def test_every_actor_of_the_bundle_holds_something_and_counts_once() -> None:
    lore = bundled_lore()
    assert len(lore.actors) >= 30
    assert all(each.tools or each.techniques for each in lore.actors.values())
    assert not any(each.startswith("T1562") for a in lore.actors.values() for each in a.techniques)


def test_years_of_times() -> None:
    assert year_of(0) == 1970
    assert year_of(1_718_064_000 * 10**9) == pytest.approx(2024 + 5 / 12)


def test_two_entries_of_one_actor_are_one_set() -> None:
    other = f"intrusion-set--{2:036}"
    knowledge = known(REPORT, Claim(ACTOR, "overlaps", other, "list", "List"))
    sources = knowledge.sources
    entities = {
        **knowledge.entities,
        ACTOR: Entity(ACTOR, "Heron", ("G9001",), sources=("mitre-attack",)),
        other: Entity(other, "HERON", sources=("misp-galaxy:threat-actor",)),
    }
    more = Claim(other, "uses", TOOL, "other", "Other", "2020")
    joined = join(Knowledge(sources, entities, (), (*knowledge.claims, more)))
    lore = lore_of(joined)
    assert [(each.name, each.numbers) for each in lore.actors.values()] == [("Heron", ("G9001",))]
    assert [house for house, _, _ in lore.actors[ACTOR].tools[TOOL].rows] == ["Other", "Vendor"]
    assert joined.holders[TOOL] == {ACTOR}
    assert lore.users[TOOL] == 1
