"""What tokens and bindings of certificates have in common: whose they are, and that they end."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from sidelight.cli.exits import FOUND
from sidelight.cli.libraries import now
from sidelight.cli.moments import seconds
from sidelight.cli.names import names_of
from sidelight.cli.saying import say

if TYPE_CHECKING:
    from sidelight.exchange.store.library import Library

DAY: int = 86_400 * 1_000_000


class Scope(Enum):
    """What something is good for."""

    READ = "read"
    WRITE = "write"


Scopes = Annotated[list[Scope] | None, typer.Option(help="What it is good for; all. Repeatable.")]


class Grant(Protocol):
    """Lets a person of an organisation in, until it ends or is revoked."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def organisation(self) -> str: ...  # noqa: D102
    @property
    def person(self) -> str: ...  # noqa: D102
    @property
    def scopes(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def expires(self) -> int: ...  # noqa: D102
    @property
    def revoked(self) -> int | None: ...  # noqa: D102


_Grant = TypeVar("_Grant", bound=Grant)


def scopes_of(chosen: list[Scope] | None) -> frozenset[str]:
    """Give the scopes that were chosen; all where none was."""
    return frozenset(each.value for each in chosen or Scope)


def tell_grants(
    library: "Library",
    found: Iterable[_Grant],
    none: str,
    more: Callable[[_Grant], str] = lambda _: "",
) -> None:
    """Print a line for each: whether it holds, whose it is, what for, until when; or *none*."""
    names, at, grants = names_of(library), now(), list(found)
    for each in grants:
        state = "revoked" if each.revoked else "expired" if at >= each.expires else "holds"
        who = f"{names.get(each.organisation, each.organisation)}  {each.person}"
        until = seconds(each.expires)[:10]
        what = f"{' '.join(sorted(each.scopes))}  {until}  {more(each)}"
        say(f"{each.id}  {state}  {who}  {what}".rstrip())
    if not grants:
        say(none, err=True)


def tell_ended(done: bool, ident: str, what: str) -> int:
    """Say whether *ident* was revoked; give 1 if it is no *what* that holds."""
    if done:
        say(f"{ident} is revoked")
        return 0
    say(f"{ident} is no {what} that holds", err=True)
    return FOUND
