"""Where rules come from, and how they are loaded for a command."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.cli.folders import cache_folder, data_folder
from sidelight.errors import UsageError

if TYPE_CHECKING:
    from sidelight.rules.cache import Compiled
    from sidelight.rules.reading import Placeholders, Reading
    from sidelight.rules.selection import Selection


def installed() -> Path:
    """Name the folder of the rules that ``rules update`` installed."""
    return data_folder() / "rules"


def installed_rules() -> list[Path]:
    """Give the folder of the installed rules, if there are any in it."""
    from sidelight.rules.files import is_barren  # noqa: PLC0415 - not for --help

    path = installed()
    return [path] if path.is_dir() and not is_barren(path) else []


def own() -> Path:
    """Name the folder of the rules that come with Sidelight."""
    with as_file(files("sidelight") / "content" / "rules") as path:
        return path


def rule_paths(named: list[Path] | None, *, with_own: bool) -> list[Path]:
    """Give the rule files and folders to load.

    Raises:
        UsageError: a path does not exist, a named folder has no rules, or there is nothing to load.
    """
    for path in named or ():
        _require_rules(path)
    paths = [own()] if with_own else []
    paths += named or installed_rules()
    if not paths:
        raise UsageError(
            "no rules to run", hint="name some with --rules, or run 'sidelight rules update'"
        )
    return paths


def whole_paths(named: list[Path] | None, *, with_own: bool) -> list[Path]:
    """Give what `rule_paths` does to whom reads it all, and not what a cache has of it.

    Raises:
        UsageError: as `rule_paths` does, or a package cannot be read.
    """
    from sidelight.rules.files import require_whole  # noqa: PLC0415 - not for --help

    paths = rule_paths(named, with_own=with_own)
    require_whole(paths)
    return paths


def _require_rules(path: Path) -> None:
    from sidelight.rules.files import is_barren  # noqa: PLC0415 - not for --help

    if not path.exists():
        raise UsageError("there is no such rule file or folder", where=str(path))
    if is_barren(path):
        # Else a mistyped folder replaces the installed rules with none, and the hunt looks clean.
        raise UsageError(
            "no rule can be found in this folder",
            where=str(path),
            hint="rules are files that end in .yml or .yaml",
        )


def reading_of(placeholders: Path | None, *, empty_is_null: bool = False) -> "Reading":
    """Say how values of rules are to be read; placeholders are in a file, if there is one."""
    from sidelight.rules.reading import Reading  # noqa: PLC0415 - not for --help

    return Reading(_placeholders(placeholders), empty_is_null)


def _placeholders(path: Path | None) -> "Placeholders":
    if path is None:
        return {}
    from sidelight.rules.placeholders import read  # noqa: PLC0415 - brings a reader of YAML

    return read(path)


def load(paths: list[Path], selection: "Selection", reading: "Reading") -> "Compiled":
    """Load rules ready to run, out of the cache where they are in it."""
    from sidelight.rules.cache import load_compiled  # noqa: PLC0415 - not for --help

    return load_compiled(paths, cache_folder(), selection=selection, reading=reading)
