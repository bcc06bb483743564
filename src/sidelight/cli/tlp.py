"""TLP labels as people write them in options and settings."""

from typing import TYPE_CHECKING

from sidelight.errors import UsageError

if TYPE_CHECKING:
    from sidelight.intel.markings import Marking


def tlp_named(text: str, where: str = "--tlp", *, red: bool = True) -> "Marking":
    """Read a label as FIRST, MISP, TLP 1 or people spell it: ``TLP:AMBER+STRICT``, ``white``.

    Raises:
        UsageError: it is none, or is red where what is marked goes to more than named people.
    """
    from sidelight.exchange.marking import ORDER, spelled  # noqa: PLC0415 - not for --help

    found = spelled(text)
    if found is None:
        known = ", ".join(each for each in ORDER if red or each != "red")
        raise UsageError(f"no TLP label: {text!r}", where=where, hint=known)
    if found == "red" and not red:
        hint = "clear, green, amber or amber+strict"
        raise UsageError("TLP:RED is for named people, and never goes here", where=where, hint=hint)
    return found
