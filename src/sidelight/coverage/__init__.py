"""What was read, what could not be read, and which rules had nothing to look at."""

from sidelight.coverage.account import build
from sidelight.coverage.manifest import Companion, Input, Manifest, Run
from sidelight.coverage.seen import (
    BlindGroup,
    BlindReason,
    BlindRule,
    BlindSpot,
    Coverage,
    Loaded,
    Source,
    Stream,
    Technique,
)
from sidelight.coverage.zero import explain_zero

__all__ = [
    "BlindGroup",
    "BlindReason",
    "BlindRule",
    "BlindSpot",
    "Companion",
    "Coverage",
    "Input",
    "Loaded",
    "Manifest",
    "Run",
    "Source",
    "Stream",
    "Technique",
    "build",
    "explain_zero",
]
