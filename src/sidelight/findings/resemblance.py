"""Whom findings resemble: rival hypotheses, each with its odds and what they rest on.

That findings resemble an intrusion set says that tools or ways of it were seen. It never says
that the set did it: tools are shared, bought and copied.
"""

from typing import Final, Literal, TypeAlias

from sidelight.values import dataclass

LineKind: TypeAlias = Literal["tool", "delivery", "technique", "role", "analyst"]

WORDS: Final[tuple[tuple[float, str], ...]] = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.00, "almost certain"),
)
"""Words of likelihood and the probabilities up to which they go.

Source: Intelligence Community Directive 203 (2015), section D.6.e.(2)(a).
"""


FAINT: Final = 0.05
"""A hypothesis below this is not named."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of evidence, for or against a hypothesis.

    Args:
        key: what an analyst names it by: ``tool:coolclient``, ``technique:T1574.001``.
        factor: what it multiplies the odds against *unknown* by; below 1 it speaks against.
        text: a sentence, with who claims it.
        sources: ids of the sources that it rests on.
        findings: ids of findings that show it, a few.
    """

    kind: LineKind
    key: str
    factor: float
    text: str
    sources: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An intrusion set that the findings may resemble.

    Args:
        id: STIX id.
        numbers: what catalogues count it as.
        probability: 0 to 1, within all hypotheses and *unknown*.
        lines: heaviest first; the product of their factors is what moved its odds.
        told: whether more than techniques and the host's role speak for it.
        fit: what techniques alone would have multiplied its odds by, had they been let.
    """

    id: str
    name: str
    numbers: tuple[str, ...]
    probability: float
    lines: tuple[Line, ...]
    told: bool
    fit: float = 1.0

    @property
    def words(self) -> str:
        """Its probability in words."""
        return in_words(self.probability)


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What all hypotheses came to.

    Args:
        hypotheses: most probable first.
        unknown: the probability that it is none of them.
        techniques: how many distinct techniques were observed.
        tools: names of tools that were named or whose delivery was seen.
        reason: why nothing tells actors apart; empty where something does.
        remark: what to mind where tools of several sets were seen.
        ties: tools that were seen and are in few hands, each with the names of their sets.
    """

    hypotheses: tuple[Hypothesis, ...]
    unknown: float
    techniques: int
    tools: tuple[str, ...]
    reason: str = ""
    remark: str = ""
    ties: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def told(self) -> tuple[Hypothesis, ...]:
        """Give the hypotheses worth naming: something tells them apart, and it is not faint."""
        return tuple(each for each in self.hypotheses if each.told and each.probability >= FAINT)

    @property
    def alike(self) -> tuple[Hypothesis, ...]:
        """Give those that techniques are consistent with, the best fit first."""
        fits = [each for each in self.hypotheses if not each.told and each.fit > 1]
        return tuple(sorted(fits, key=lambda each: (-round(each.fit, 9), each.id)))


def percent(probability: float) -> int:
    """Give a probability in percent, never certain: 1 to 99."""
    return max(1, min(99, round(100 * probability)))


def in_words(probability: float) -> str:
    """Give a probability in the words of `WORDS`; they fit what `percent` shows."""
    shown = percent(probability) / 100
    return next(word for most, word in WORDS if shown <= most)
