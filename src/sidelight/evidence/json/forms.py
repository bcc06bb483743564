"""Objects sorted by how they are built: which names they have, of which types their values are.

It gives what `sidelight.evidence.json.values.flatten` gives of one object after the other. What
is rare (an object that names itself, a path that occurs twice) has no layout.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from operator import itemgetter
from typing import Any, Final, TypeAlias, cast

from sidelight.evidence.json.layouts import Layout, Leaf, layout_of
from sidelight.evidence.json.values import NAMELESS, Json
from sidelight.values import dataclass

Object: TypeAlias = dict[str, Json]

MAX_LEAVES: Final = 4096
MAX_PARTS: Final = 256
"""Objects that hold more values, or more objects, are read one by one."""

MAX_REMEMBERED: Final = 1 << 18
"""So many names and types are remembered; evidence must not fill the memory with them."""

_NAMING: Final = frozenset({"@Name"}), frozenset({"Name", "#text"})

_Signature: TypeAlias = tuple[object, ...]
"""The names in an object and then the types of its values."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Objects that are built alike.

    Args:
        layout: how they are read; None where each has to be looked at by itself.
        numbers: of the objects, ascending.
        parts: the objects, and after them those inside, each part in the same order.
    """

    layout: Layout | None
    numbers: list[int]
    parts: list[list[Object]]


@dataclass(frozen=True, slots=True)
class _Part:
    """Objects inside: under *name* in the part of the number *outer*."""

    prefix: str
    outer: int
    name: str


@dataclass(slots=True)
class _Form:
    """What is known of objects some of whose parts were looked at, as many as *seen*.

    Args:
        further: the forms after the next part, by the signature of that.
    """

    seen: int
    parts: tuple[_Part, ...]
    leaves: tuple[Leaf, ...] = ()
    layout: Layout | None = None
    further: "dict[_Signature, _Form]" = field(default_factory=dict)


_Work: TypeAlias = tuple[_Form, list[int], list[list[Object]]]


@dataclass(slots=True)
class Forms:
    """The forms that were met so far.

    Args:
        remembered: names and types in them, at most `MAX_REMEMBERED` and those just met.
    """

    remembered: int = 0
    _root: _Form = field(default_factory=lambda: _Form(0, (_Part("", 0, ""),)))

    def sort(self, objects: list[Object]) -> Iterator[Alike]:
        """Sort *objects*: each is in one of what this yields."""
        if self.remembered > MAX_REMEMBERED:
            self._root.further.clear()
            self.remembered = 0
        work: list[_Work] = [(self._root, [*range(len(objects))], [])]
        while work:
            form, numbers, parts = work.pop()
            if form.seen == len(form.parts):
                yield Alike(form.layout, numbers, parts)
                continue
            part = form.parts[form.seen]
            inner = objects if not parts else _inner(parts[part.outer], part.name)
            work += self._opened(form, numbers, [*parts, inner])

    def _opened(
        self, form: _Form, numbers: list[int], parts: list[list[Object]]
    ) -> Iterator[_Work]:
        signatures = [(*each, *map(type, each.values())) for each in parts[-1]]
        if signatures.count(signatures[0]) == len(signatures):
            yield self._next(form, signatures[0]), numbers, parts
            return
        groups: dict[_Signature, list[int]] = {}
        for place, signature in enumerate(signatures):
            groups.setdefault(signature, []).append(place)
        for signature, places in groups.items():
            some = [[part[place] for place in places] for part in parts]
            yield self._next(form, signature), [numbers[place] for place in places], some

    def _next(self, form: _Form, signature: _Signature) -> _Form:
        known = form.further.get(signature)
        if known is None:
            known = form.further[signature] = _grown(form, signature)
            self.remembered += len(signature) + len(known.leaves)
        return known


def _inner(objects: Sequence[Object], name: str) -> list[Object]:
    return cast("list[Object]", list(map(itemgetter(name), objects)))


def _grown(form: _Form, signature: _Signature) -> _Form:
    """Give the form after its next part was seen to have this signature."""
    prefix, half = form.parts[form.seen].prefix, len(signature) // 2
    names = cast("tuple[str, ...]", signature[:half])
    if prefix and any(naming.issubset(names) for naming in _NAMING):
        return _Form(0, ())
    parts, leaves = [*form.parts], [*form.leaves]
    for name, kind in zip(names, cast("tuple[type[Any], ...]", signature[half:]), strict=True):
        path = prefix[:-1] if name in NAMELESS else prefix + name
        if kind is dict:
            parts.append(_Part(path + ".", form.seen, name))
        elif kind is not type(None):
            leaves.append(Leaf(path, form.seen, name, kind))
    if len(leaves) > MAX_LEAVES or len(parts) > MAX_PARTS:
        return _Form(0, ())
    grown = _Form(form.seen + 1, tuple(parts), tuple(leaves))
    if grown.seen == len(parts):
        grown.layout = layout_of(leaves)
    return grown
