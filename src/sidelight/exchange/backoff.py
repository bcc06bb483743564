"""How long to wait before something that failed is tried again."""

from typing import Final

LONGEST_S: Final = 3600.0
_DOUBLINGS: Final = 12


def pause(failures: int, chance: float, *, first: float, longest: float = LONGEST_S) -> float:
    """Give the seconds to wait after so many failures in a row.

    They double from *first* up to *longest*. *chance*, from 0 to 1, takes off up to half: clients
    that lost one server at once do not come back at once.
    """
    whole = min(first * 2.0 ** min(failures - 1, _DOUBLINGS), longest)
    return whole * (1 - chance / 2)
