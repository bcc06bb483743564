"""What is to be taken of events: found out once for all that are of a kind and built alike."""

from dataclasses import field
from typing import Final

from sidelight.evidence.json.cells import shown_text
from sidelight.evidence.json.forms import Forms
from sidelight.evidence.json.layouts import Fields, Layout
from sidelight.evidence.json.record import channel_name
from sidelight.schema import Kind, Wanted, Wish
from sidelight.values import dataclass

MAX_KINDS: Final = 10_000
MAX_CHOSEN: Final = 64
MAX_NAME: Final = 512
"""So many kinds are remembered, so many of each layout, and none with a longer name; evidence
must not fill the memory with them."""


@dataclass(slots=True)
class Plan:
    """Which fields of which events are wanted.

    Args:
        wanted: says which; of a `Wish`, fewer of the lines that hold no word.
        forms: the forms of objects that were met.
        words: of all kinds that were met.
        fickle: paths of times that often were none although the first was one.
    """

    wanted: Wanted
    forms: Forms = field(default_factory=Forms)
    words: frozenset[str] = frozenset()
    fickle: set[str] = field(default_factory=set)
    _kinds: dict[tuple[str, str], Kind] = field(default_factory=dict)

    @property
    def looks(self) -> bool:
        """Whether words are looked for."""
        return isinstance(self.wanted, Wish)

    def kind(self, channel: str, event_id: str) -> Kind:
        """Give the kind of a Windows event by what stands in it."""
        known = self._kinds.get((channel, event_id))
        if known is None:
            if len(self._kinds) >= MAX_KINDS:
                self._kinds.clear()
            known = Kind("windows", channel_name(shown_text(channel)), shown_text(event_id))
            if len(channel) + len(event_id) < MAX_NAME:
                self._kinds[channel, event_id] = known
            if isinstance(self.wanted, Wish):
                words = self.wanted.words(known)
                self.words = self.words if words <= self.words else self.words | words
        return known

    def fields(self, layout: Layout, kind: Kind, *, loud: bool) -> Fields:
        """Give the fields to take of events; *loud* ones may hold a word."""
        known = layout.chosen.get((kind, loud))
        if known is None:
            if len(layout.chosen) >= MAX_CHOSEN:
                layout.chosen.clear()
            known = layout.chosen[kind, loud] = self._chosen(layout, kind, loud)
        return known

    def _chosen(self, layout: Layout, kind: Kind, loud: bool) -> Fields:
        wanted = self.wanted
        names = wanted.quiet(kind) if isinstance(wanted, Wish) and not loud else wanted(kind)
        if names is None:
            return layout.fields
        folded = {name.lower() for name in names}
        return tuple(each for each in layout.fields if each[0].lower() in folded)
