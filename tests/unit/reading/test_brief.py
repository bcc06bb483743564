"""A brief in which every sentence cites what it rests on."""

import pytest

from reading_cases import brief, knowledge, reading
from sidelight.findings.assets import Assets, Listed, roles
from sidelight.reading.brief import Sentence, UncitedError, listed
from sidelight.reading.compose import compose
from sidelight.reading.document import Span

TEXT = "The attackers used tools from groups such as Fireant against telecom firms by sideloading."


def said(section: str, **more: Assets) -> str:
    for each in brief(TEXT, **more).sections:
        if each.title == section:
            return " ".join(sentence.text for sentence in each.sentences)
    return ""


def test_a_sentence_that_rests_on_nothing_cannot_be_made() -> None:
    with pytest.raises(UncitedError):
        Sentence("It is so.", ())
    with pytest.raises(UncitedError):
        Sentence(" ", (Span("x", 0, 1),))
    with pytest.raises(ValueError, match="no span"):
        Span("x", 3, 3)


def test_every_sentence_cites_spans_that_lie_in_a_document() -> None:
    made = brief(TEXT, "Naikon used COOLCLIENT.")
    sentences = list(made.sentences())
    assert len(sentences) > 15
    for sentence in sentences:
        for span in sentence.spans:
            assert span.end <= len(made.documents[span.document].text)


def test_what_is_not_said_is_said() -> None:
    unsaid = said("What is not said")
    assert "No indicator is given" in unsaid
    assert "No date is given" in unsaid
    assert "No country" in unsaid


def test_why_it_matters_is_what_the_asset_file_says_is_at_stake() -> None:
    role = roles()["hlr-hss"]
    told = said("Why it matters", assets=Assets((Listed("hss01", role),)))
    assert "hss01" in told
    assert role.at_stake in told
    assert "no asset file was given" not in told
    assert "no asset file was given" in said("Why it matters")


def test_what_to_do_names_what_looks_for_the_techniques() -> None:
    told = said("What to do")
    assert "sideload.load" in told
    assert "Sysmon 7" in told


def test_a_report_that_told_of_the_event_before_is_no_further_source() -> None:
    new, old = reading("Naikon used COOLCLIENT again."), reading("COOLCLIENT is Naikon malware.")
    made = compose([new], knowledge(), Assets(), [("abc", old), ("def", reading("A quiet day."))])
    told = " ".join(sentence.text for sentence in made.sentences())
    assert "Report abc (report.txt) told of this event before" in told
    assert "Report def" not in told


def test_the_same_texts_give_the_same_brief() -> None:
    assert list(brief(TEXT).sentences()) == list(brief(TEXT).sentences())
    assert brief(TEXT).id == brief(TEXT).id != brief(TEXT + " ").id


def test_names_are_listed_and_the_rest_counted() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"


def test_what_holds_of_one_is_not_told_of_another() -> None:
    made = brief("Fireant deployed COOLCLIENT and Naikon used Groove against banks in Laos.")
    told = " ".join(each.text for each in made.sentences())
    assert "Fireant uses COOLCLIENT." in told
    assert "Naikon uses Groove." in told
    assert "Fireant and Naikon" not in told.partition("Named malware")[2]


def test_one_who_was_involved_was() -> None:
    told = " ".join(each.text for each in brief("The group Naikon was involved.").sentences())
    assert "Naikon was involved." in told


def test_no_control_character_comes_through_a_title() -> None:
    made = brief("\x1b]0;pwn\x07Re\x9bport\u202e\n\nNaikon came.")
    assert made.title == "]0;pwn Re port"


def test_of_several_events_it_is_said_which_text_lacks_what() -> None:
    made = brief("The group Naikon used COOLCLIENT.", "A quiet day at the office.")
    unsaid = [s.text for part in made.sections for s in part.sentences if s.text.endswith("given.")]
    assert "1.txt: No date is given." in unsaid
    assert "2.txt: No date is given." in unsaid


def test_of_several_events_it_is_said_once_what_can_be_hunted() -> None:
    made = brief("Sideloading by the group Naikon.", "A quiet day at the office.")
    takeaways = [each.text for each in made.sections[0].sentences]
    assert [text for text in takeaways if "can be hunted" in text] == [
        "It can be hunted now: no rules made of it, and what looks for T1574.001."
    ]
