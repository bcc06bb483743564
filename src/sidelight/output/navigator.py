"""Techniques with findings as a layer for the ATT&CK Navigator.

Source: mitre-attack/attack-navigator, layer file format 4.5. A technique is written without a
tactic, so that a layer outlives changes of ATT&CK's tactics.
"""

import io
from dataclasses import field
from typing import BinaryIO, Final, Self

import orjson

from sidelight.coverage import Run, Technique
from sidelight.findings.finding import Finding
from sidelight.output.lines import Json
from sidelight.output.tally import Tally
from sidelight.plural import many
from sidelight.values import dataclass

_VERSIONS: Final[Json] = {"attack": "19", "navigator": "5.1.0", "layer": "4.5"}
_COLORS: Final = ("#fff3b0", "#f8961e", "#c1121f")


@dataclass(slots=True)
class Layer:
    """Counts findings by technique, and writes the layer at the end."""

    file: BinaryIO
    _tally: Tally = field(default_factory=Tally)

    def add(self, finding: Finding) -> None:
        """Count a finding."""
        self._tally.add(finding)

    def apart(self) -> Self:
        """Give one that counts by itself."""
        return type(self)(io.BytesIO())

    def take(self, part: Self) -> None:
        """Add what *part* counted."""
        self._tally.take(part._tally)

    def close(self, run: Run) -> None:
        """Write the layer."""
        layer = layer_json(self._tally, run)
        self.file.write(orjson.dumps(layer, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def layer_json(tally: Tally, run: Run) -> Json:
    """Give the layer: the score of a technique is the highest of its findings."""
    looked = {technique.id: technique for technique in run.coverage.techniques}
    found = f"{many(tally.total, 'finding')} in {many(run.manifest.events, 'event')}"
    return {
        "name": "Sidelight findings",
        "versions": _VERSIONS,
        "domain": "enterprise-attack",
        "description": f"{found}, Sidelight {run.manifest.version}",
        "sorting": 3,
        "hideDisabled": False,
        "techniques": [
            {
                "techniqueID": technique,
                "score": tally.scores[technique],
                "comment": _comment(tally.techniques[technique], looked.get(technique)),
                "enabled": True,
                "metadata": [],
                "links": [],
                "showSubtechniques": "." not in technique,
            }
            for technique in sorted(tally.techniques)
        ],
        "gradient": {"colors": _COLORS, "minValue": 0, "maxValue": 100},
        "legendItems": [{"label": "highest score of a finding, 0 to 100", "color": _COLORS[1]}],
        "metadata": [],
        "links": [],
        "showTacticRowBackground": False,
        "selectTechniquesAcrossTactics": True,
        "selectSubtechniquesWithParent": False,
    }


def _comment(findings: int, looked: Technique | None) -> str:
    said = many(findings, "finding")
    if looked is None:
        return said
    rules = f"{many(looked.rules, 'rule')} for it"
    return f"{said}; {rules}, {looked.sighted:,} of them could match"
