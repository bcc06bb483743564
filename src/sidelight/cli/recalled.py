"""Says what is recalled of what one holds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sidelight.cli.saying import say

if TYPE_CHECKING:
    from sidelight.exchange.notices import Told


def warn(found: "Sequence[Told]", where: str) -> None:
    """Say on standard error what is recalled of what one holds."""
    for each in found:
        if each.state in {"open", "overdue"}:
            until = f"acknowledge by {each.acknowledge_by}"
            text = f"recalled: {each.object_id} in {where}: {each.reason} ({each.state}, {until})"
            say(text, err=True)
