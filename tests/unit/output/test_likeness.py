from dataclasses import replace

from sample_run import resemblance
from sidelight.output.likeness import because, chance, likeness, times


def test_a_set_is_named_with_words_number_and_reason() -> None:
    lines = list(likeness(resemblance()))
    assert lines[0] == "unknown: likely (62 %)"
    assert lines[1].startswith("Grey Heron: unlikely (31 %). codec.dll loaded by player.exe")
    assert "(\u00d714.4)" in lines[1]
    assert lines[2].endswith("MIRRORCALL (Grey Heron); EMBERGATE (Slow Crane).")
    assert lines[3] == "Mind: no one set has both."
    assert lines[4].startswith("Techniques are also consistent with: Slow Crane")


def test_where_nothing_tells_the_reason_stands_and_nobody_is_named_above_it() -> None:
    whole = resemblance()
    nothing = replace(whole, hypotheses=whole.hypotheses[1:], reason="techniques alone")
    assert next(iter(likeness(nothing))) == "Nothing that tells actors apart: techniques alone."


def test_nothing_is_ever_said_to_be_done_by_somebody() -> None:
    text = " ".join(likeness(replace(resemblance(), remark="mind this")))
    assert "done by" not in text
    assert "Mind: mind this." in text


def test_parts() -> None:
    assert chance(0.5) == "roughly even chance (50 %)"
    assert times(resemblance().hypotheses[0].lines[1]) == "\u00d70.9"
    assert because(resemblance().hypotheses[1]) == ""
