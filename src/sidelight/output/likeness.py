"""Sentences on whom findings resemble; they never say that somebody did it."""

from collections.abc import Iterator

from sidelight.findings.resemblance import Hypothesis, Line, Resemblance, in_words, percent

_TELLING = frozenset({"tool", "delivery", "analyst"})
_NAMED = 3
_REASONS = 2


def likeness(whole: Resemblance) -> Iterator[str]:
    """Say in a few lines whom findings resemble, or why nothing tells."""
    if not whole.told:
        yield f"Nothing that tells actors apart: {whole.reason}."
    else:
        yield f"unknown: {chance(whole.unknown)}"
        for each in whole.told[:_NAMED]:
            yield f"{each.name}: {chance(each.probability)}. {because(each)}"
    if whole.ties:
        seen = (f"{tool} ({', '.join(names)})" for tool, names in whole.ties)
        yield f"Tools seen that few are said to use: {'; '.join(seen)}."
    if whole.remark:
        yield f"Mind: {whole.remark}."
    names = [each.name for each in whole.alike[:_NAMED]]
    if names:
        yield f"Techniques are also consistent with: {', '.join(names)}; that names nobody."


def chance(probability: float) -> str:
    """Give a probability in words and percent."""
    return f"{in_words(probability)} ({percent(probability)} %)"


def because(hypothesis: Hypothesis) -> str:
    """Give the heaviest lines of evidence for a hypothesis."""
    telling = [line for line in hypothesis.lines if line.factor > 1 and line.kind in _TELLING]
    parts = [f"{line.text} ({times(line)})" for line in telling[:_REASONS]]
    return "; ".join(parts) + "." if parts else ""


def times(line: Line) -> str:
    """Give the factor of a line: how it moves the odds against *unknown*."""
    return f"\u00d7{line.factor:.3g}"
