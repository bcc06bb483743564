"""Template definitions, parsed once and recognised again by their bytes.

A definition holds pointers into its chunk (names), so the same one differs from chunk to chunk.
Every use of a known template is verified: all bytes outside the pointers, and the names that
the pointers lead to.
"""

from dataclasses import field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import Chunk, Part, Slot, definition
from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.naming import Path, leaves_of
from sidelight.evidence.evtx.shapes import Shapes
from sidelight.evidence.evtx.stretches import Data, Ints, rows_at, view
from sidelight.evidence.evtx.values import DamageError
from sidelight.evidence.rows import clean
from sidelight.values import dataclass

_KEPT: Final = 20_000
_KEPT_BYTES: Final = 1 << 26
_VARIANTS: Final = 64


@dataclass(frozen=True, slots=True)
class Use:
    """A value of a template: the *index*-th fills the field *name* (empty: none)."""

    index: int
    name: str
    system: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Constant:
    """A field that a template fills with the same text always."""

    text: str
    name: str
    system: bool


@dataclass(frozen=True, slots=True)
class Program:
    """What the values of a template mean below some element; in document order."""

    items: tuple[Use | Constant, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """Bytes, eight in a word.

    Args:
        mask: has a bit for each one that counts.
    """

    words: NDArray[np.uint64]
    mask: NDArray[np.uint64]

    def same(self, rows: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which rows of words are these."""
        found: NDArray[np.bool_] = ((rows & self.mask) == self.words).all(axis=1)
        return found


def _words(texts: list[bytes], masks: list[bytes]) -> _Words:
    """Put texts into words, each from the begin of a word on."""
    words, mask = (
        np.frombuffer(b"".join(each + bytes(-len(each) % 8) for each in some), "<u8")
        for some in (texts, masks)
    )
    return _Words(words & mask, mask)


@dataclass(slots=True)
class Template:
    """A definition and how to know it again.

    Args:
        size: how many bytes it has, 24 of head included.
        content: its bytes, in words of 8.
        pointers: where in it names are pointed to.
        inline: which of these names stand in the definition itself.
        reach: for each pointer how far behind its target the name ends.
        which: for each word of all names the number of its pointer.
        step: for each word of all names its distance from the pointer's target.
        names: the words of all names.
    """

    tree: list[Part]
    size: int
    content: "_Words"
    pointers: Ints
    inline: NDArray[np.bool_]
    reach: Ints
    which: Ints
    step: Ints
    names: "_Words"
    programs: dict[Path, Program | None] = field(default_factory=dict)

    def program(self, path: Path) -> Program | None:
        """Give its meaning below *path*; None where only the plain decoder can tell."""
        if path not in self.programs:
            self.programs[path] = _program(self.tree, path)
        return self.programs[path]

    def same(self, data: Data, at: Ints) -> NDArray[np.bool_]:
        """Tell which definitions at the offsets *at* are this one."""
        good = self.content.same(rows_at(data, at, 8 * len(self.content.words)).view("<u8"))
        if not self.pointers.size:
            return good
        base = (at & -SIZE)[:, None]
        place = at[:, None] + self.pointers
        target = view(data, "<u4")[place].astype(np.int64)
        good &= ((target == place - base + 4) == self.inline).all(axis=1)
        inside = target + self.reach <= SIZE
        good &= inside.all(axis=1)
        source = (base + np.where(inside, target, 0))[:, self.which] + self.step
        good &= self.names.same(view(data, "<u8")[source])
        return good


def _program(tree: list[Part], path: Path) -> Program | None:
    items: list[Use | Constant] = []
    for leaf in leaves_of(tree, path):
        if leaf.dynamic:
            return None
        match leaf.parts:
            case ():  # an attribute that holds nothing is absent
                pass
            case (Slot(index),):
                items.append(Use(index, clean(leaf.name), leaf.system, leaf.path))
            case parts if all(isinstance(part, str) for part in parts):
                text = "".join(str(part) for part in parts)
                if leaf.name:
                    items.append(Constant(clean(text), clean(leaf.name), leaf.system))
            case _:
                return None
    return Program(tuple(items))


def parse_template(data: Data, at: int) -> Template | None:
    """Parse the definition at the offset *at* of a batch; None where it is damaged."""
    base = at & -SIZE
    chunk = Chunk(bytes(data[base : base + SIZE]), pointers=[])
    start = at - base
    try:
        tree = definition(chunk, start)
    except DamageError:
        return None
    stop = start + 24 + chunk.u32(start + 20)
    content = chunk.data[start:stop]
    fixed = bytearray(b"\xff" * len(content))
    fixed[:4] = bytes(4)
    inside: list[int] = []
    targets: list[int] = []
    for pointer, target in chunk.pointers or []:
        if start <= pointer < stop:
            inside.append(pointer - start)
            targets.append(target)
            size = 8 if target == pointer + 4 else 4
            fixed[pointer - start : pointer - start + size] = bytes(size)
    spans = [2 + 2 * chunk.u16(target + 6) for target in targets]
    names = [
        chunk.data[target + 6 : target + 6 + span]
        for target, span in zip(targets, spans, strict=True)
    ]
    words = [-(-span // 8) for span in spans]
    return Template(
        tree=tree,
        size=len(content),
        content=_words([content], [bytes(fixed)]),
        pointers=np.array(inside, np.int64),
        inline=np.array([t - start == p + 4 for p, t in zip(inside, targets, strict=True)], bool),
        reach=np.array(spans, np.int64) + 6,
        which=np.repeat(np.arange(len(words)), words),
        step=np.array([6 + 8 * word for count in words for word in range(count)], np.int64),
        names=_words(names, [b"\xff" * span for span in spans]),
    )


@dataclass(slots=True)
class Registry:
    """The templates that this process has met."""

    templates: list[Template] = field(default_factory=list)
    known: dict[int, list[int]] = field(default_factory=dict)
    shapes: Shapes = field(default_factory=Shapes)
    size: int = 0

    def identify(self, data: Data, at: Ints) -> Ints:
        """Give the number of the template defined at each of the offsets; -1 where damaged.

        An offset must leave 24 bytes in its chunk.
        """
        if len(self.templates) > _KEPT or self.size > _KEPT_BYTES:
            self.size = 0
            self.templates.clear()
            self.known.clear()
        u32, u64 = view(data, "<u4"), view(data, "<u8")
        size = u32[at + 20].astype(np.int64)
        found = np.full(len(at), -1, np.int64)
        fits = np.flatnonzero((at & (SIZE - 1)) + 24 + size <= SIZE)
        keys = u64[at + 4] ^ (u64[at + 12] * np.uint64(0x9E3779B97F4A7C15)) ^ u32[at + 20]
        keys = keys[fits]
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for rows in np.split(fits[order], cuts) if fits.size else []:
            key = int(u64[at[rows[0]] + 4]) ^ int(u64[at[rows[0]] + 12]) << 64
            self._group(data, at, size, rows, key, found)
        return found

    def _group(  # noqa: PLR0913
        self,
        data: Data,
        at: Ints,
        size: Ints,
        rows: Ints,
        key: int,
        found: Ints,
    ) -> None:
        numbers = self.known.setdefault(key, [])
        tried = 0
        while rows.size:
            if tried == _VARIANTS:  # an attack: the plain decoder takes its time, but ends
                return
            if tried == len(numbers):
                template = parse_template(data, int(at[rows[0]]))
                if template is None:
                    rows = rows[1:]
                    continue
                self.templates.append(template)
                self.size += template.size
                numbers.append(len(self.templates) - 1)
            number = numbers[tried]
            template = self.templates[number]
            tried += 1
            fit = size[rows] + 24 == template.size
            same = np.zeros(len(rows), bool)
            if fit.any():
                same[fit] = template.same(data, at[rows[fit]])
            found[rows[same]] = number
            rows = rows[~same]
