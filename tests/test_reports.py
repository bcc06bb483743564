"""Two texts of the kind people get every day: a digest and a brief of one press article."""

import re

import pytest

from reading_cases import knowledge
from shared_paths import SHARED, needs_shared
from sidelight.findings.assets import Assets
from sidelight.intel.names import NameIndex
from sidelight.intel.statements import load_bundled
from sidelight.intel.warning import read_warnings
from sidelight.reading.brief import Brief
from sidelight.reading.compose import compose
from sidelight.reading.formats import read_documents
from sidelight.reading.lexicon import make_lexicon
from sidelight.reading.read import read

pytestmark = needs_shared


@pytest.fixture(scope="module")
def brief() -> Brief:
    """Read both, held against what comes with Sidelight."""
    bundled = load_bundled()
    known = bundled if NameIndex(bundled).look_up("Fireant") else knowledge()
    lexicon, warnings = make_lexicon(known), read_warnings(None)
    paths = sorted((SHARED / "reports").glob("*.txt"))
    documents = [d for path in paths for d in read_documents(path.read_bytes(), path.name)]
    return compose([read(each, lexicon, warnings) for each in documents], known, Assets())


def said(brief: Brief, section: str) -> str:
    (found,) = [each for each in brief.sections if each.title == section]
    return " ".join(sentence.text for sentence in found.sentences)


def test_the_actors_are_found(brief: Brief) -> None:
    names = {each.name for reading in brief.readings for each in reading.of_kind("actor")}
    assert names == {"Fireant", "Neeedleminer", "Needleminer", "Firefly"}


def test_the_actors_are_linked_with_who_says_so(brief: Brief) -> None:
    told = said(brief, "Why it matters")
    for name, known in (
        ("Fireant", "Mustang Panda"), ("Firefly", "Naikon"), ("Needleminer", "RedFoxtrot"),
    ):  # fmt: skip
        assert re.search(rf"{name} is what \w+ calls {known}", told)


def test_the_spelling_is_proposed_and_not_merged(brief: Brief) -> None:
    assert "spelling" in {each.kind for each in brief.conflicts}
    (odd,) = [each for r in brief.readings for each in r.entities if each.name == "Neeedleminer"]
    assert odd.status == "proposed"
    assert odd.ids == ()
    assert ("Needleminer", 1) in odd.near


def test_fireant_is_told_apart_from_fire_ant_and_unc3886(brief: Brief) -> None:
    told = said(brief, "What to doubt")
    assert "Fireant is not to be confused with Fire Ant" in told
    assert "UNC3886" in told


def test_both_are_second_hand_and_count_as_one(brief: Brief) -> None:
    assert len(brief.stories) == 1
    assert brief.stories[0].independent == 1
    assert "first-hand" not in {each.provenance.hand for each in brief.readings}
    assert "second-hand" in said(brief, "What happened")
    assert "Dark Reading" in said(brief, "What happened")


def test_the_contradiction_is_flagged(brief: Brief) -> None:
    (found,) = [each for each in brief.conflicts if each.kind == "involvement"]
    quotes = " ".join(brief.documents[span.document].quote(span) for span in found.spans)
    assert "tools from" in quotes
    assert "infiltrated" in quotes


def test_the_absence_of_indicators_is_said(brief: Brief) -> None:
    assert "No indicator is given" in said(brief, "What is not said")
    assert brief.rules == {}


def test_every_sentence_is_cited(brief: Brief) -> None:
    sentences = list(brief.sentences())
    assert len(sentences) > 20
    assert all(sentence.spans for sentence in sentences)


def test_what_to_do_is_what_this_product_runs(brief: Brief) -> None:
    assert {"T1574.001", "T1620"} <= set(brief.techniques)
    commands = " ".join(c for sentence in brief.sentences() for c in sentence.commands)
    for part in ("hunt EVIDENCE --from-report", "--tlp amber", "range practice", "collect"):
        assert part in commands
    told = said(brief, "What to do")
    assert "sideload.load" in told
    assert "memory.script" in told
    assert "response plan" in told
