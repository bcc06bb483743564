"""Names: known, numbered, introduced; and words that are none."""

import pytest

from reading_cases import named, reading


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Mustang Panda used COOLCLIENT.", {"Mustang Panda", "COOLCLIENT"}),
        ("A backdoor dubbed PINEHOLLOW was found.", {"PINEHOLLOW"}),
        (
            "groups such as Fireant, Neeedleminer, and Firefly",
            {"Fireant", "Neeedleminer", "Firefly"},
        ),
        (
            "groups\u2014Fireant, Xylophage, and Firefly\u2014have",
            {"Fireant", "Xylophage", "Firefly"},
        ),
        ("It is UNC9911, or Storm-0001.", {"UNC9911", "Storm-0001"}),
        ("The Quiet Door malware came back.", {"Quiet Door"}),
        ("Velvet Typhoon did it.", {"Velvet Typhoon"}),
    ],
)
def test_names_are_found(text: str, names: set[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "The groove in the record is deep.",
        "We met Firefly Airlines about the lounge.",
        "firefly season has begun, said the group",
        "A Chinese group attacked Windows servers.",
        "Researchers discovered new malware.",
        "The Linux malware came back.",
        "the naikonian way",
    ],
)
def test_words_that_are_no_names(text: str) -> None:
    assert named(text) == set()


def only(text: str, name: str):  # type: ignore[no-untyped-def]
    return next(each for each in reading(text).entities if each.name == name)


def test_a_spelling_that_is_almost_known_is_proposed_and_not_merged() -> None:
    found = only("Groups such as Neeedleminer did it.", "Neeedleminer")
    assert (found.status, found.near, found.ids) == ("proposed", (("Needleminer", 1),), ())


def test_names_that_differ_in_a_blank_are_told_apart() -> None:
    found = only("The actor Fireant did it.", "Fireant")
    assert found.status == "known"
    assert len(found.ids) == 1
    assert found.not_to_confuse == ("Fire Ant (overlaps UNC3886)",)


def test_a_name_of_two_things_stays_ambiguous() -> None:
    found = only("The actor Gemini Spider did it.", "Gemini Spider")
    assert found.status == "ambiguous"
    assert len(found.ids) == 2


@pytest.mark.parametrize(
    "text",
    [
        'The loader "Thornquist" ran.',
        "THORNDOOR ran.",
        "\u30de\u30eb\u30a6\u30a7\u30a2\u306fTHORNQ\u3068",
    ],
)
def test_new_malware_is_told_by_its_quotation_marks_or_its_end(text: str) -> None:
    assert len(named(text)) == 1


@pytest.mark.parametrize(
    "text",
    ["PowerShell and BitLocker ran.", "An OUTDOOR antenna.", "The Quarry Research team wrote."],
)
def test_what_only_ends_alike_is_no_malware(text: str) -> None:
    assert named(text) == set()


def test_what_is_explained_behind_its_name_is_malware() -> None:
    (found,) = reading("They describe PineWatch, a small stealer.").of_kind("malware")
    assert found.name == "PineWatch"
