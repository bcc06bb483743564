"""The settings of a user, read once."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError, reason_of
from sidelight.intel.markings import MARKINGS

SIGMAHQ: Final = "https://github.com/SigmaHQ/sigma/releases/latest/download/sigma_all_rules.zip"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What ``config.toml`` may say.

    Args:
        rules_url: ``[rules] url``: where ``rules update`` fetches its package.
        tlp: ``[share] tlp``: marking of STIX output.
        hooks: ``[share] hooks``: hosts and networks that webhooks may go to.
    """

    rules_url: str = SIGMAHQ
    tlp: str = "amber+strict"
    hooks: str = ""


def read_configuration(path: Path) -> Configuration:
    """Read *path*; a file that is not there leaves every setting as it is.

    Raises:
        UsageError: the file cannot be read, is no TOML, has an unknown setting or no TLP label.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Configuration()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read: {reason_of(error)}", where=str(path)) from error
    known = {("rules", "url"): "rules_url", ("share", "tlp"): "tlp", ("share", "hooks"): "hooks"}
    values: dict[str, str] = {}
    for table, settings in document.items():
        for name, value in settings.items() if isinstance(settings, dict) else [("", None)]:
            target = known.get((table, name))
            if target is None or not isinstance(value, str):
                raise UsageError(
                    f"unknown setting [{table}] {name}".rstrip(),
                    where=str(path),
                    hint="known: " + ", ".join(f"[{a}] {b}" for a, b in known),
                )
            values[target] = value
    tlp = values.get("tlp", "amber+strict")
    if tlp not in MARKINGS:
        where, hint = f"{path}: [share] tlp", ", ".join(MARKINGS)
        raise UsageError(f"no TLP label: {tlp!r}", where=where, hint=hint)
    return Configuration(**values)
