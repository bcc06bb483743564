"""What has to be logged so that analytics can see, as ``content/telemetry.toml`` has it."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from sidelight.values import dataclass

_SCHEMA: Final = "4.50"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """One role of events, and how it comes to be logged.

    Args:
        role: as `sidelight.analytics.columns.role_of` gives it.
        name: for a person, before the word "events".
        products: of Sigma, on whose hosts such events occur.
        events: the logs and ids that hold them.
        sysmon: the part of a Sysmon configuration; "" where Sysmon has none.
        policy: commands for an administrator; "" where there are none.
        note: what to bear in mind.
    """

    role: str
    name: str
    products: frozenset[str]
    events: str = ""
    sysmon: str = ""
    policy: str = ""
    note: str = ""


@cache
def telemetry() -> Mapping[str, Telemetry]:
    """Give what is known of each role, in the order of the file."""
    text = (files("sidelight") / "content" / "telemetry.toml").read_text(encoding="utf-8")
    return {role: _entry(role, row) for role, row in tomllib.loads(text).items()}


def _entry(role: str, row: Mapping[str, str | list[str]]) -> Telemetry:
    texts = {name: str(text).strip("\n") for name, text in row.items() if name != "products"}
    return Telemetry(role=role, products=frozenset(row["products"]), **texts)


def telemetry_of(role: str) -> Telemetry:
    """Give what is known of *role*; one that is not in the file is named by itself."""
    return telemetry().get(role) or Telemetry(role, role, frozenset({"windows"}))


def sysmon_configuration(roles: Iterable[str]) -> str:
    """Give a Sysmon configuration that logs *roles*; "" where Sysmon logs none of them.

    It is a beginning and no tuned configuration. Source: Microsoft, "Sysmon", configuration
    files; event types that stand in no group keep their default.
    """
    wanted = set(roles)
    parts = [each.sysmon for role, each in telemetry().items() if role in wanted and each.sysmon]
    if not parts:
        return ""
    head = f'<Sysmon schemaversion="{_SCHEMA}">\n  <HashAlgorithms>SHA256,IMPHASH</HashAlgorithms>'
    body = "\n".join(parts)
    return f"{head}\n  <EventFiltering>\n{body}\n  </EventFiltering>\n</Sysmon>"


def commands(roles: Iterable[str]) -> str:
    """Give the commands that let Windows log *roles*, one a line; "" for none."""
    wanted = set(roles)
    return "\n".join(
        each.policy for role, each in telemetry().items() if role in wanted and each.policy
    )
