"""Conflicts within and between texts and with what is known; one event told twice."""

import pytest

from reading_cases import brief, knowledge, reading
from sidelight.reading.compare import conflicts, near, stories

TOOLS = "The attackers have utilized tools from groups such as Fireant, Neeedleminer and Firefly."
DID = "Three groups\u2014Fireant, Needleminer, and Firefly\u2014have infiltrated telecoms in Asia."


def kinds(*texts: str) -> list[str]:
    return [each.kind for each in brief(*texts).conflicts]


def test_tools_of_a_group_are_not_the_group() -> None:
    assert "involvement" in kinds(TOOLS, DID)
    assert "involvement" not in kinds(TOOLS)
    assert "involvement" not in kinds(DID)


def test_two_spellings_are_told_within_and_between_texts() -> None:
    assert "spelling" in kinds(TOOLS)
    assert "spelling" in kinds(TOOLS, DID)
    assert "spelling" not in kinds(DID)


def test_what_is_known_with_a_hedge_is_not_flat() -> None:
    found = [each for each in brief(DID).conflicts if each.kind == "knowledge"]
    assert found[0].sources == ("vendor-2024",)
    assert "Fireant did it" in found[0].text
    assert "knowledge" not in kinds("Fireant may have infiltrated telecom firms, a group says.")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("It began in February 2022. The first implant was seen in May 2021.", True),
        ("It began in February 2022. The breach began on 2022-02-11.", False),
        ("It began in February 2022. We met in May 2021.", False),
    ],
)
def test_beginnings_that_cannot_be_one_are_told(text: str, wrong: bool) -> None:
    assert ("date" in kinds(text)) == wrong


def test_what_one_sentence_says_and_another_denies() -> None:
    text = "Naikon used COOLCLIENT. There is no evidence that Naikon used COOLCLIENT."
    assert "denied" in kinds(text)


def test_two_known_things_taken_for_one() -> None:
    assert "knowledge" in kinds("The group Naikon, also known as RedFoxtrot, was seen.")
    assert "knowledge" not in kinds("The group Fireant, also known as Mustang Panda, was seen.")


def test_a_target_that_nobody_knew_of_is_told() -> None:
    known = "The group Mustang Panda may have attacked telecom firms."
    assert "knowledge" not in kinds(known)
    assert "knowledge" in kinds(known.replace("telecom firms", "banks"))
    assert "knowledge" not in kinds(known.replace("telecom firms", "firms in Laos"))
    assert "knowledge" not in kinds(known.replace("telecom firms", "firms in Asia"))


def test_one_event_told_twice_is_one_source() -> None:
    told = stories([reading(TOOLS), reading(DID), reading("Castor hackers sank a ship.")])
    assert [len(each.readings) for each in told] == [2, 1]
    assert told[0].independent == 1
    assert told[0].shared == ("Fireant", "Firefly", "Neeedleminer")


def test_copies_that_name_nobody_are_one_event_by_their_wording() -> None:
    text = "An operator was broken into last week, and nobody noticed it until customers rang up."
    told = stories([reading(text), reading(f"{text} Sources say so."), reading(TOOLS)])
    assert [len(each.readings) for each in told] == [2, 1]


def test_those_who_saw_it_themselves_count_each() -> None:
    told = stories([reading(f"We observed it. {TOOLS}"), reading(f"Our team saw it. {DID}")])
    assert told[0].independent == 2


def test_order_and_repetition_change_no_conflict() -> None:
    one = stories([reading(TOOLS), reading(DID)])[0]
    other = stories([reading(DID), reading(TOOLS)])[0]
    first = {each.kind for each in conflicts(one, knowledge())}
    assert first == {each.kind for each in conflicts(other, knowledge())}


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [
        ("Neeedleminer", "Needleminer", True),
        ("Fireant", "Fire Ant", False),
        ("Nikon", "Naikon", False),
        ("Naikon", "Naicon", True),
    ],
)
def test_names_are_near_by_length_and_edits(one: str, other: str, close: bool) -> None:
    assert near(one, other) == close
