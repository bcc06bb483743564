"""Options that several commands share, and what they choose."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sidelight.errors import UsageError

if TYPE_CHECKING:
    from sidelight.rules.selection import Selection


class LevelChoice(StrEnum):
    """Sigma's levels, mildest first."""

    informational = "informational"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"


class FailLevel(StrEnum):
    """From which level on findings make the exit code 1."""

    informational = "informational"
    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"
    never = "never"


RulePaths = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        "-r",
        metavar="PATH",
        help="Rule file, folder or .zip package to run beside Sidelight's own, instead of what "
        "'sidelight rules update' installed. Repeatable.",
    ),
]
OwnRules = Annotated[
    bool, typer.Option("--own/--no-own", help="Run the rules that come with Sidelight.")
]
Own = Annotated[
    bool,
    typer.Option("--own/--no-own", help="Run the rules and analytics that come with Sidelight."),
]
MinLevel = Annotated[LevelChoice, typer.Option("--min-level", help="Run rules from this level on.")]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", help="Run rules of this status only. Repeatable.")
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Run rules with this tag only: attack.t1574. Repeatable."),
]
Products = Annotated[
    list[str] | None, typer.Option("--product", help="Run rules for this product. Repeatable.")
]
Include = Annotated[
    list[str] | None,
    typer.Option("--include", help="Run only this rule: an id, or a file of ids. Repeatable."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Leave out this rule: an id, or a file of ids. Repeatable."),
]
Placeholders = Annotated[
    Path | None,
    typer.Option("--placeholders", help="File with values for %placeholders% in rules."),
]
EmptyIsNull = Annotated[
    bool,
    typer.Option("--empty-is-null", help="Where a rule says null, take an empty field for it."),
]


def chosen(  # noqa: PLR0913
    level: LevelChoice,
    statuses: list[str] | None,
    tags: list[str] | None,
    products: list[str] | None,
    include: list[str] | None,
    exclude: list[str] | None,
) -> "Selection":
    """Put options together as a selection of rules."""
    from sidelight.rules.selection import Selection  # noqa: PLC0415 - not for --help

    return Selection(
        level=level.value,
        statuses=frozenset(statuses or ()),
        tags=frozenset(tags or ()),
        products=frozenset(products or ()),
        include=_identities(include),
        exclude=_identities(exclude),
    )


def _identities(options: list[str] | None) -> frozenset[str]:
    """Read ids from options; an option that names a file stands for its lines."""
    found: set[str] = set()
    for option in options or ():
        path = Path(option)
        if not path.is_file():
            found.add(option)
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot be read: {error}", where=option) from error
        bare = (line.partition("#")[0].strip() for line in lines)
        found.update(line for line in bare if line)
    return frozenset(found)
