"""Whom findings resemble, as STIX objects that say no more than the evidence does.

What was found is *related to* an intrusion set, with the probability as confidence and a note of
reasons. *Attributed to* (STIX 2.1, section 4.2.2) is for a campaign that a person names.
"""

from collections.abc import Mapping, Sequence

from sidelight.findings.resemblance import Hypothesis, percent
from sidelight.output.likeness import chance, times
from sidelight.output.lines import Json
from sidelight.values import dataclass

Content = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Remark:
    """What an analyst adds to a hypothesis: a ``note`` or an ``opinion``.

    Args:
        target: id of the hypothesis.
        date: when it was written, RFC 3339 in UTC with milliseconds.
        content: properties of the object.
    """

    kind: str
    target: str
    date: str
    content: Mapping[str, Json]


def intrusion_set(each: Hypothesis) -> Content:
    """Describe an intrusion set by its name and its numbers."""
    references: list[Json] = [{"source_name": "sidelight", "external_id": each.id}]
    for number in each.numbers:
        if number.startswith("G"):
            url = f"https://attack.mitre.org/groups/{number}"
            references.append({"source_name": "mitre-attack", "external_id": number, "url": url})
        else:
            references.append({"source_name": "mitre-fight", "external_id": number})
    return {"name": each.name, "external_references": references}


def grouping(references: Sequence[str]) -> Content:
    """Group what a hunt found."""
    return {
        "name": "What a hunt found",
        "context": "suspicious-activity",
        "object_refs": list(references),
    }


def assessment(each: Hypothesis) -> Content:
    """Give how sure, in words and as confidence (STIX 2.1, appendix A, none of the scales)."""
    text = (
        f"Findings resemble {each.name}, by tools or ways associated with it: "
        f"{chance(each.probability)}. Tools are shared; this does not say that it did it."
    )
    return {"confidence": percent(each.probability), "description": text}


def reasons(each: Hypothesis) -> str:
    """List the evidence with its factors, one line each."""
    lines = [f"{times(line)} {line.text}" for line in each.lines]
    return "\n".join(["Factors on the odds against an unknown set:", *lines])
