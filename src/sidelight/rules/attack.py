"""ATT&CK names that were given up, and what took their place (ATT&CK 19, 2026)."""

from collections.abc import Mapping
from typing import Final

REVOKED: Final[Mapping[str, str]] = {
    "t1038": "t1574.001",
    "t1073": "t1574.001",
    "t1089": "t1685",
    "t1054": "t1685",
    "t1070.001": "t1685.005",
    "t1070.002": "t1685.006",
    "t1086": "t1059.001",
    "t1085": "t1218.011",
    "t1117": "t1218.010",
    "t1170": "t1218.005",
    "t1191": "t1218.003",
    "t1050": "t1543.003",
    "t1060": "t1547.001",
    "t1076": "t1021.001",
    "t1077": "t1021.002",
    "t1028": "t1021.006",
    "t1088": "t1548.002",
    "t1093": "t1055.012",
    "t1081": "t1552.001",
    "t1100": "t1505.003",
    "t1107": "t1070.004",
    "t1208": "t1558.003",
    "t1562": "t1685",
    "t1562.001": "t1685",
    "t1562.002": "t1685.001",
    "t1562.003": "t1690",
    "t1562.004": "t1686",
    "t1562.006": "t1685",
    "t1562.007": "t1686.001",
    "t1562.008": "t1685.002",
    "t1562.009": "t1688",
    "t1562.010": "t1689",
    "t1562.011": "t1685.003",
    "t1562.012": "t1685.004",
    "t1562.013": "t1686.002",
    "t1574.002": "t1574.001",
}
"""Techniques in lower case -> the technique that replaced them."""

SPLIT_TACTICS: Final[Mapping[str, tuple[str, ...]]] = {
    "defense-evasion": ("stealth", "defense-impairment"),
}
"""Tactics that were divided."""
