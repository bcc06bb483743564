"""``sidelight hunt --from-report``: what a hunt for a report runs, and what it says of it."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.cli.reports import shelf_folder
from sidelight.cli.rulesets import installed_rules
from sidelight.errors import UsageError

if TYPE_CHECKING:
    from sidelight.reading.shelf import Kept
    from sidelight.rules.selection import Selection


def for_report(
    identity: str, named: list[Path] | None, selection: "Selection", *, own: bool
) -> "tuple[list[Path] | None, Selection, str]":
    """Give the rules to run for a report, which of them to take, and what the manifest says.

    The rules of the report are added, and of all others those for its techniques are taken; what
    is run is said on standard error. Without a report, what was given stays as it is.

    Args:
        identity: of the report, or the beginning of it; "" for none.
        named: rules that the user named.
        selection: that the user made.
        own: whether rules and analytics of ours run.

    Raises:
        UsageError: there is no such report, or nothing in it can be hunted.
    """
    if not identity:
        return named, selection, ""
    from sidelight.reading.hunts import TAG  # noqa: PLC0415 - not for --help
    from sidelight.reading.shelf import kept  # noqa: PLC0415
    from sidelight.reading.shown import shown  # noqa: PLC0415

    report = kept(shelf_folder(), identity)
    _announce(report, own=own)
    tags = {f"attack.{name.lower()}" for name in report.techniques}
    paths = list(named or installed_rules())
    paths += [report.rules] if report.rule_count else []
    wanted = replace(selection, also=frozenset({*tags, TAG}))
    return paths or None, wanted, f"{report.id} {shown(report.title)}"


def _announce(report: "Kept", *, own: bool) -> None:
    from sidelight.reading.shown import shown  # noqa: PLC0415 - not for --help
    from sidelight.reading.todo import means  # noqa: PLC0415

    armed = [name for name in report.techniques if means(name)]
    if not armed and not report.rule_count:
        raise UsageError(
            "names nothing that can be hunted", where=f"report {report.id}", hint="read its brief"
        )
    analytics = sorted({name for technique in armed for name in means(technique).analytics})
    lines = [
        f"sidelight: hunting for report {report.id}: {shown(report.title)}",
        f"sidelight: {report.rule_count} rules made of it; rules for "
        f"{', '.join(report.techniques) or 'no technique'}",
        f"sidelight: all analytics run; for it: {', '.join(analytics) or 'none'}"
        if own
        else "sidelight: no rule and no analytic of ours runs (--no-own)",
    ]
    blind = [name for name in report.techniques if name not in armed]
    if blind:
        lines.append(f"sidelight: nothing of ours looks for {', '.join(blind)}")
    print("\n".join(lines), file=sys.stderr)  # noqa: T201
