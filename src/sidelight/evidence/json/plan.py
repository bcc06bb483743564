"""What is to be taken of events: found out once for all that are of a kind and built alike."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from sidelight.evidence.json.cells import shown_text
from sidelight.evidence.json.forms import Forms
from sidelight.evidence.json.layouts import Layout, Leaf
from sidelight.evidence.json.record import channel_name
from sidelight.schema import Kind, Wanted, Wish

MAX_REMEMBERED: Final = 10_000
"""So many kinds are remembered; evidence must not fill the memory with them."""

Fields: TypeAlias = tuple[tuple[str, Leaf], ...]


@dataclass(slots=True)
class Plan:
    """Which fields of which events are wanted.

    Args:
        wanted: says which; of a `Wish`, fewer of the lines that hold no word.
        forms: the forms of objects that were met.
        words: of all kinds that were met.
    """

    wanted: Wanted
    forms: Forms = field(default_factory=Forms)
    words: frozenset[str] = frozenset()
    _kinds: dict[tuple[str, str], Kind] = field(default_factory=dict)
    _fields: dict[tuple[Layout, Kind, bool], Fields] = field(default_factory=dict)

    def kind(self, channel: str, event_id: str) -> Kind:
        """Give the kind of a Windows event by what stands in it."""
        known = self._kinds.get((channel, event_id))
        if known is None:
            if len(self._kinds) >= MAX_REMEMBERED:
                self._kinds.clear()
            known = Kind("windows", channel_name(shown_text(channel)), shown_text(event_id))
            self._kinds[channel, event_id] = known
            if isinstance(self.wanted, Wish):
                words = self.wanted.words(known)
                self.words = self.words if words <= self.words else self.words | words
        return known

    def fields(self, layout: Layout, kind: Kind, *, loud: bool) -> Fields:
        """Give the fields to take of events; *loud* ones may hold a word."""
        key = (layout, kind, loud)
        if key not in self._fields:
            if len(self._fields) >= MAX_REMEMBERED:
                self._fields.clear()
            self._fields[key] = self._chosen(*key)
        return self._fields[key]

    def _chosen(self, layout: Layout, kind: Kind, loud: bool) -> Fields:
        wanted = self.wanted
        names = wanted.quiet(kind) if isinstance(wanted, Wish) and not loud else wanted(kind)
        if names is None:
            return layout.fields
        folded = {name.lower() for name in names}
        return tuple(each for each in layout.fields if each[0].lower() in folded)
