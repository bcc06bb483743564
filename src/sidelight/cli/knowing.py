"""What is known to a command: the bundled knowledge, and what the user imported."""

from pathlib import Path
from typing import TYPE_CHECKING

from sidelight.cli.folders import intel_file

if TYPE_CHECKING:
    from sidelight.intel.knowledge import Knowledge


def known(store: Path | None) -> "Knowledge":
    """Give the bundled knowledge, joined with the store where there is one.

    Args:
        store: the user's own where None; one that was named must be there.

    Raises:
        IntelError: the store cannot be used.
    """
    from sidelight.errors import IntelError  # noqa: PLC0415 - not for --help
    from sidelight.intel.sqlite import SqliteStore  # noqa: PLC0415
    from sidelight.intel.statements import load_bundled  # noqa: PLC0415
    from sidelight.intel.view import knowledge_of  # noqa: PLC0415

    path = store or intel_file()
    if not path.exists():
        if store is not None:
            raise IntelError("there is no such store", where=str(store))
        return load_bundled()
    with SqliteStore(path) as base:
        return knowledge_of(base)
