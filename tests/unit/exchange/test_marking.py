import random
from collections.abc import Iterator, Mapping

import pytest

from allies import indicator
from sidelight.exchange.marking import (
    KNOWN,
    ORDER,
    Unclear,
    contradicts,
    defined,
    effective,
    marking_of,
    spelled,
    translated,
)
from sidelight.intel.markings import EXTENSION, MARKINGS, Marking

STATEMENT = "marking-definition--44444444-4444-4444-8444-444444444444"


@pytest.mark.parametrize(
    ("text", "marking"),
    [
        ("TLP:CLEAR", "clear"),
        ("tlp:white", "clear"),
        ("White", "clear"),
        (" TLP : AMBER+STRICT ", "amber+strict"),
        ("tlp:amber-strict", "amber+strict"),
        ("green", "green"),
        ("tlp:ex:chr", None),
        ("", None),
        ("TLP:", None),
    ],
)
def test_markings_are_read_as_people_spell_them(text: str, marking: Marking | None) -> None:
    assert spelled(text) == marking


def test_definitions_are_understood_by_what_they_say() -> None:
    for ident, marking in KNOWN.items():
        assert defined({"id": ident}) == marking
    custom = {"id": STATEMENT, "extensions": {EXTENSION: {"tlp_2_0": "amber+strict"}}}
    assert defined(custom) == "amber+strict"
    assert (
        defined({"id": STATEMENT, "definition_type": "tlp", "definition": {"tlp": "red"}}) == "red"
    )
    assert defined({"id": STATEMENT, "definition_type": "statement", "definition": {}}) is None


def granular(*pairs: tuple[Marking, str]) -> list[dict[str, object]]:
    return [{"marking_ref": MARKINGS[tlp], "selectors": [selector]} for tlp, selector in pairs]


def test_stix_7_2_a_granular_marking_overrides_the_objects_for_what_it_selects() -> None:
    parts = granular(("clear", "name"), ("amber", "external_references.[0].url"))
    item = indicator(1, "green", granular_markings=parts, external_references=[{"url": "x"}])
    found = effective(item, {})
    assert not isinstance(found, Unclear)
    assert found["name"] == "clear"
    assert found["external_references"] == "amber"
    assert found["pattern"] == "green"
    assert marking_of(item, {}) == "amber"


def test_a_looser_part_does_not_open_the_whole() -> None:
    item = indicator(1, "amber", granular_markings=granular(("clear", "name")))
    assert marking_of(item, {}) == "amber"


def test_a_language_is_no_marking_and_a_statement_does_not_matter() -> None:
    parts = [{"lang": "fi", "selectors": ["name"]}]
    refs = [MARKINGS["green"], STATEMENT]
    item = indicator(1, None, granular_markings=parts, object_marking_refs=refs)
    assert marking_of(item, {STATEMENT: None}) == "green"
    assert isinstance(marking_of(item, {}), Unclear)


@pytest.mark.parametrize(
    "parts",
    [
        "x",
        [7],
        [{}],
        [{"marking_ref": MARKINGS["green"]}],
        [{"marking_ref": MARKINGS["green"], "selectors": []}],
        [{"marking_ref": STATEMENT, "selectors": ["name"]}],
        [{"selectors": ["name"]}],
        [{"marking_ref": 7, "selectors": ["name"]}],
        [{"marking_ref": MARKINGS["green"], "selectors": ["name", 7]}],
        [{"marking_ref": MARKINGS["green"], "selectors": "name"}],
    ],
)
def test_a_granular_marking_that_cannot_be_read_makes_it_unclear(parts: object) -> None:
    item = indicator(1, "green", granular_markings=parts)
    assert isinstance(marking_of(item, {}), Unclear)
    assert isinstance(effective(item, {}), Unclear)


def test_the_whole_is_as_strict_as_its_strictest_property() -> None:
    """The oracle goes over the properties one by one."""
    chance = random.Random(3)
    for _ in range(2000):
        names = ["name", "pattern", "labels.[0]", "x.y", "gone"]
        pairs = [(chance.choice(ORDER), chance.choice(names)) for _ in range(chance.randint(0, 4))]
        outer = chance.choice(ORDER)
        item = indicator(
            1, outer, granular_markings=granular(*pairs), labels=["a"], x={"y": 1, "z": 2}
        )
        strict = max([outer, *(tlp for tlp, _ in pairs)], key=ORDER.index)
        assert marking_of(item, {}) == strict
        found = effective(item, {})
        assert not isinstance(found, Unclear)
        astray = [tlp for tlp, selector in pairs if selector == "gone"]
        for name in ("name", "pattern"):
            own = [tlp for tlp, selector in pairs if selector == name]
            assert found[name] == max([*(own or [outer]), *astray], key=ORDER.index)
        for name in ("labels", "x"):
            within = [tlp for tlp, selector in pairs if selector.startswith(f"{name}.")]
            assert found[name] == max([outer, *within, *astray], key=ORDER.index)


def test_translation_leaves_what_is_right_alone_and_is_done_once() -> None:
    right = indicator(1, "green")
    assert translated(right, "green", {}) is right
    tlp1 = next(
        ref for ref, tlp in KNOWN.items() if tlp == "amber" and ref not in MARKINGS.values()
    )
    parts = [{"marking_ref": tlp1, "selectors": ["name"]}]
    item = indicator(1, None, object_marking_refs=[STATEMENT, tlp1], granular_markings=parts)
    made = translated(item, "amber", {STATEMENT: None})
    assert made["object_marking_refs"] == [STATEMENT, MARKINGS["amber"]]
    assert made["granular_markings"] == [{**parts[0], "marking_ref": MARKINGS["amber"]}]
    assert translated(made, "amber", {STATEMENT: None}) is made


def test_translation_of_an_object_keeps_its_own_marking_where_a_part_is_stricter() -> None:
    parts = granular(("amber", "name"))
    item = indicator(1, None, labels=["tlp:green"], granular_markings=parts)
    assert translated(item, "amber", {})["object_marking_refs"] == [MARKINGS["green"]]


@pytest.mark.parametrize("labels", ["TLP:RED", ["TLP:GREEN", 7], {"TLP:RED": 1}, 7])
def test_labels_that_cannot_be_read_may_hold_a_marking(labels: object) -> None:
    assert isinstance(marking_of(indicator(1, "clear", labels=labels), {}), Unclear)


@pytest.mark.parametrize("selector", ["Description", "description ", "descriptions", "[0]", ""])
def test_a_selector_that_selects_nothing_was_meant_for_something(selector: str) -> None:
    item = indicator(1, "green", description="x", granular_markings=granular(("amber", selector)))
    found = effective(item, {})
    assert not isinstance(found, Unclear)
    assert set(found.values()) == {"amber"}


def test_a_definition_that_claims_two_stands_for_the_stricter() -> None:
    both = {
        "id": STATEMENT,
        "extensions": {EXTENSION: {"tlp_2_0": "green"}},
        "definition_type": "TLP",
        "definition": {"TLP": "TLP:AMBER"},
    }
    assert defined(both) == "amber"
    assert defined({**both, "definition": {"tlp": "no such"}}) is None


def test_an_id_of_oasis_is_not_another_marking() -> None:
    for ident, marking in KNOWN.items():
        for other in ORDER:
            claim = {"id": ident, "extensions": {EXTENSION: {"tlp_2_0": other}}}
            assert contradicts(claim) is (other != marking)
        assert not contradicts({"id": ident})
    assert not contradicts({"id": STATEMENT, "extensions": {EXTENSION: {"tlp_2_0": "red"}}})


def test_two_spellings_of_one_marking_are_one() -> None:
    tlp1 = [ref for ref, tlp in KNOWN.items() if tlp == "amber"]
    assert marking_of(indicator(1, None, object_marking_refs=tlp1, labels=["tlp:amber"]), {}) == (
        "amber"
    )
    mixed = indicator(1, "green", labels=["tlp:amber"])
    assert isinstance(marking_of(mixed, {}), Unclear)


class Looked(Mapping[str, Marking | None]):
    """Definitions that may be looked up, and not gone through: there may be as many as objects."""

    def __getitem__(self, ref: str) -> Marking | None:
        raise KeyError(ref)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("all are gone through for one object")

    def __len__(self) -> int:
        return 1


def test_an_object_looks_up_its_own_definitions_and_no_others() -> None:
    item = indicator(1, "green")
    assert marking_of(item, Looked()) == "green"
    assert translated(item, "green", Looked()) is item
