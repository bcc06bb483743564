"""Relations of one sentence, and what weakens or denies them."""

import pytest

from reading_cases import claimed, reading


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Naikon used COOLCLIENT.", {"Naikon uses COOLCLIENT"}),
        ("COOLCLIENT was deployed by Naikon.", {"Naikon uses COOLCLIENT"}),
        ("COOLCLIENT is associated with Naikon.", {"COOLCLIENT associated-with Naikon"}),
        (
            "The attackers have utilized tools from groups such as Naikon and Fireant.",
            {"the intruders uses-tools-of Naikon", "the intruders uses-tools-of Fireant"},
        ),
        (
            "Naikon and Fireant have infiltrated telecommunications firms.",
            {"Naikon targets telecommunications", "Fireant targets telecommunications"},
        ),
        (
            "The attackers used tools from groups such as Naikon against telecom firms.",
            {"the intruders uses-tools-of Naikon", "the intruders targets telecommunications"},
        ),
        ("The library libvlc.dll starts COOLCLIENT.", {"COOLCLIENT delivered-by libvlc.dll"}),
        ("COOLCLIENT is loaded by libvlc.dll.", {"COOLCLIENT delivered-by libvlc.dll"}),
        ("Groups including Naikon were involved.", {"the intruders involves Naikon"}),
        (
            "The actor Fireant should not be confused with Fire Ant.",
            {"Fireant distinct-from Fire Ant"},
        ),
        ("The actor Naikon has COOLCLIENT. It used Mimikatz.", {"Naikon uses Mimikatz"}),
        ("The groups Naikon and Fireant met in Laos.", set()),
    ],
)
def test_a_relation_is_read_where_a_verb_says_it(text: str, claims: set[str]) -> None:
    assert claimed(text) == claims


def test_hedges_voices_and_denials_are_kept() -> None:
    claim = reading("Symantec said that Naikon may have used COOLCLIENT.").claims[0]
    assert (claim.hedge, claim.says, claim.denied) == ("may have", "Symantec", False)
    claim = reading("There is no evidence that Naikon used COOLCLIENT.").claims[0]
    assert claim.denied


def test_first_hand_is_what_the_authors_saw() -> None:
    assert reading("We observed that Naikon used COOLCLIENT.").claims[0].first_hand
    assert not reading("Naikon used COOLCLIENT, according to Symantec.").claims[0].first_hand


def test_a_sentence_without_end_is_related_no_further_than_a_person_reads() -> None:
    assert len(reading("Naikon used COOLCLIENT and " * 5_000).claims) < 200


def test_a_victim_belongs_to_who_stands_before_it() -> None:
    text = "Fireant attacked banks while Naikon spied on ministries in Laos."
    assert "Fireant targets government" not in claimed(text)
    assert "Fireant targets finance" in claimed(text)
    assert "Naikon targets government" in claimed(text)


def test_what_is_said_behind_another_name_is_said_of_the_first() -> None:
    found = claimed("Naikon (aka Firefly) used COOLCLIENT.")
    assert {"Naikon also-called Firefly", "Naikon uses COOLCLIENT"} <= found


def test_is_not_tells_apart() -> None:
    assert "Fireant distinct-from Naikon" in claimed("The group Fireant is not Naikon.")
