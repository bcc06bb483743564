"""How often what happens, on a host of which role."""

from typing import Final

from sidelight.training.range import clock, people, upkeep
from sidelight.training.range.desk import Activity

_IDLE: Final[tuple[tuple[Activity, float], ...]] = (
    (upkeep.serve, 9), (upkeep.run_task, 8), (upkeep.inspect, 12), (upkeep.update_defender, 1),
    (upkeep.back_up, 2), (upkeep.clean_hive, 2),
)  # fmt: skip
_OFFICE: Final[tuple[tuple[Activity, float], ...]] = (
    *_IDLE, (people.browse, 22), (people.edit_document, 8), (people.read_mail, 5),
    (people.chat, 5), (people.mistype, 1), (people.use_portable_tool, 0.1),
)  # fmt: skip

ACTIVITIES: Final[dict[str, tuple[tuple[Activity, float], ...]]] = {
    "billing": (*_OFFICE, (people.rate_calls, 9)),
    "noc": (*_OFFICE, (people.watch_network, 9), (people.report_in_python, 3)),
    "admin": (*_OFFICE, (people.administer, 5), (people.ask_around, 0.15)),
    "dc": (*_IDLE, (upkeep.authenticate, 60), (people.administer, 1)),
    "jump": (*_IDLE, (people.hop, 5), (people.administer, 2)),
}
"""What happens on a host of each role, and how often."""


def busy(role: str, at: int) -> float:
    """Say how much happens on a host of *role* in the hour of *at*, against a desk at noon."""
    work = clock.workload(at)
    return 0.35 + 0.9 * work if role == "dc" else 0.08 + work * (0.3 if role == "jump" else 1.0)
