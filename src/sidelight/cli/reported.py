"""``sidelight hunt --from-report``: what a hunt for a report runs, and what it says of it."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.cli.reports import shelf_folder
from sidelight.cli.rulesets import installed
from sidelight.errors import UsageError

if TYPE_CHECKING:
    from sidelight.reading.shelf import Kept
    from sidelight.rules.selection import Selection


@dataclass(frozen=True, slots=True)
class Reported:
    """A report to hunt for."""

    kept: "Kept"

    @property
    def shown(self) -> str:
        """Say in the manifest what the hunt was for."""
        return f"{self.kept.id} {self.kept.title}"

    def narrowed(
        self, named: list[Path] | None, selection: "Selection"
    ) -> "tuple[list[Path] | None, Selection]":
        """Add the rules of the report, and take of all others those for its techniques."""
        from sidelight.reading.hunts import TAG  # noqa: PLC0415 - not for --help

        tags = {f"attack.{name.lower()}" for name in self.kept.techniques}
        paths = list(named or ([installed()] if installed().is_dir() else []))
        paths += [self.kept.rules] if self.kept.rule_count else []
        wanted = frozenset({*selection.tags, *tags, TAG})
        return paths or None, replace(selection, tags=wanted)


def for_report(identity: str) -> Reported | None:
    """Give the report to hunt for, and say on standard error what is run; None for no report.

    Raises:
        UsageError: there is no such report, or nothing in it can be hunted.
    """
    if not identity:
        return None
    from sidelight.reading.shelf import kept  # noqa: PLC0415 - not for --help
    from sidelight.reading.todo import means  # noqa: PLC0415

    report = kept(shelf_folder(), identity)
    armed = [name for name in report.techniques if means(name)]
    if not armed and not report.rule_count:
        raise UsageError(
            "names nothing that can be hunted", where=f"report {report.id}", hint="read its brief"
        )
    analytics = sorted({name for technique in armed for name in means(technique).analytics})
    lines = [
        f"sidelight: hunting for report {report.id}: {report.title}",
        f"sidelight: {report.rule_count} rules made of it; rules for "
        f"{', '.join(report.techniques) or 'no technique'}",
        f"sidelight: all analytics run; for it: {', '.join(analytics) or 'none'}",
    ]
    blind = [name for name in report.techniques if name not in armed]
    if blind:
        lines.append(f"sidelight: nothing of ours looks for {', '.join(blind)}")
    print("\n".join(lines), file=sys.stderr)  # noqa: T201
    return Reported(report)
