"""What a run was: tool, rules, inputs with their hashes, options and counts."""

from sidelight.coverage.seen import Coverage
from sidelight.findings.resemblance import Resemblance
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Input:
    """One file of evidence as it was given.

    Args:
        path: as given; members of archives as ``archive.zip!member``.
        size: bytes.
        sha256: hexadecimal; empty where it was not read to its end.
        format: name of the format it was read as.
    """

    path: str
    size: int
    sha256: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Companion:
    """A file besides evidence and rules that had a say in the findings.

    Args:
        what: it is (``allow-list``, ``assets``, ``baseline``, …).
        path: as given.
        sha256: hexadecimal.
    """

    what: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was, so that another can repeat it.

    Args:
        started: UTC nanoseconds, as finished is; `NO_TIME` leaves them out, and then the same
            input gives the same bytes.
        rules_digest: SHA-256 over the rules (`sidelight.rules.rule.RuleSet.digest`).
        options: name and value as text, in the order in which they are shown.
        partial: why the run did not get to its end; empty where it did.
    """

    version: str
    started: int
    finished: int
    rules_digest: str
    rules: int
    inputs: tuple[Input, ...]
    options: tuple[tuple[str, str], ...]
    events: int
    hits: int
    findings: int
    partial: str = ""
    companions: tuple[Companion, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Everything of a run but its findings.

    Args:
        resemblance: whom the findings resemble; None where there are none.
    """

    manifest: Manifest
    coverage: Coverage
    resemblance: Resemblance | None = None
