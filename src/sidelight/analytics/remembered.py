"""What a pure function gave, kept while it is likely to be asked again.

One payload is logged with many events: a loader's command line stands in each entry of the
pipeline that it starts. So what is in it is looked at once.
"""

from collections.abc import Callable, Hashable
from dataclasses import field
from typing import Final, Generic, TypeVar

from sidelight.values import dataclass

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST_HELD: Final = 16 << 20


@dataclass(slots=True)
class Remembered(Generic[Key, Value]):
    """Results by their arguments; all are dropped when they weigh more than `MOST_HELD`.

    Args:
        make: gives the result; pure.
        weigh: about how many bytes an argument and its result take.
    """

    make: Callable[[Key], Value]
    weigh: Callable[[Key, Value], int]
    _held: dict[Key, Value] = field(default_factory=dict)
    _weight: int = 0

    def __call__(self, key: Key) -> Value:
        """Give what `make` gives."""
        try:
            return self._held[key]
        except KeyError:
            pass
        value = self.make(key)
        self._weight += self.weigh(key, value) + 256
        if self._weight > MOST_HELD:
            self._held.clear()
            self._weight = 0
        else:
            self._held[key] = value
        return value
