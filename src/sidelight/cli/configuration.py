"""The settings of a user, read once."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.cli.folders import configuration_file
from sidelight.cli.tlp import tlp_named
from sidelight.errors import UsageError, reason_of
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.intel.markings import Marking

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
    tlp: "Marking" = "amber+strict"
    hooks: str = ""


def tlp_or_own(named: str) -> "Marking":
    """Read the label of an option; where it is "", give that of the user's settings.

    Raises:
        UsageError: it is none, or the settings cannot be read.
    """
    return tlp_named(named) if named else read_configuration(configuration_file()).tlp


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
    marking = tlp_named(values.pop("tlp", "amber+strict"), f"{path}: [share] tlp")
    return Configuration(**values, tlp=marking)
