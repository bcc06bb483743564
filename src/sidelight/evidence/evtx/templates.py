"""Template definitions, parsed once and recognised again by their bytes.

A definition holds pointers into its chunk (names), so the same one differs from chunk to chunk.
Every use of a known template is verified: all bytes outside the pointers, and the names that
the pointers lead to.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sidelight.evidence.evtx.binxml import Chunk, Part, Slot, definition
from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.naming import Path, leaves_of
from sidelight.evidence.evtx.shapes import Shapes
from sidelight.evidence.evtx.stretches import Data, Ints
from sidelight.evidence.evtx.values import DamageError
from sidelight.evidence.rows import clean

Bytes: TypeAlias = NDArray[np.uint8]

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


@dataclass(slots=True)
class Template:
    """A definition and how to know it again.

    Args:
        content: its bytes, 24 of head included.
        fixed: which of them are the same in every chunk.
        pointers: where in it names are pointed to, and where from the target the name lies.
        inline: which of these names stand in the definition itself.
        which: for each byte of all names the number of its pointer.
        step: for each byte of all names its distance from the pointer's target.
        names: the bytes of all names.
    """

    tree: list[Part]
    content: Bytes
    fixed: NDArray[np.bool_]
    pointers: Ints
    inline: NDArray[np.bool_]
    which: Ints
    step: Ints
    names: Bytes
    programs: dict[Path, Program | None] = field(default_factory=dict)

    def program(self, path: Path) -> Program | None:
        """Give its meaning below *path*; None where only the plain decoder can tell."""
        if path not in self.programs:
            self.programs[path] = _program(self.tree, path)
        return self.programs[path]

    def same(self, data: Bytes, u32: NDArray[np.uint32], at: Ints) -> NDArray[np.bool_]:
        """Tell which definitions at the offsets *at* are this one."""
        length = len(self.content)
        rows = np.ndarray((len(data) - length, length), np.uint8, data, strides=(1, 1))[at]
        good: NDArray[np.bool_] = ((rows == self.content) | ~self.fixed).all(axis=1)
        if not self.pointers.size:
            return good
        base = at & -SIZE
        target = u32[at[:, None] + self.pointers].astype(np.int64)
        own = (at - base)[:, None] + self.pointers + 4
        good &= ((target == own) == self.inline).all(axis=1)
        source = target[:, self.which] + self.step
        good &= (source < SIZE).all(axis=1)
        found = data[base[:, None] + np.minimum(source, SIZE - 1)]
        good &= (found == self.names).all(axis=1)
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
    content = np.frombuffer(chunk.data[start:stop], np.uint8)
    fixed = np.ones(len(content), bool)
    fixed[:4] = False
    inside: list[int] = []
    targets: list[int] = []
    for pointer, target in chunk.pointers or []:
        if start <= pointer < stop:
            inside.append(pointer - start)
            targets.append(target)
            fixed[pointer - start : pointer - start + 4] = False
            if target == pointer + 4:
                fixed[pointer - start + 4 : pointer - start + 8] = False
    spans = [2 + 2 * chunk.u16(target + 6) for target in targets]
    names = b"".join(
        chunk.data[target + 6 : target + 6 + span]
        for target, span in zip(targets, spans, strict=True)
    )
    return Template(
        tree=tree,
        content=content,
        fixed=fixed,
        pointers=np.array(inside, np.int64),
        inline=np.array([t - start == p + 4 for p, t in zip(inside, targets, strict=True)], bool),
        which=np.repeat(np.arange(len(spans)), spans),
        step=np.concatenate([np.arange(span) + 6 for span in spans])
        if spans
        else np.zeros(0, np.int64),
        names=np.frombuffer(names, np.uint8),
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
        u8 = np.frombuffer(data, np.uint8)
        u32 = np.ndarray((len(data) - 3,), "<u4", data, strides=(1,))
        u64 = np.ndarray((len(data) - 7,), "<u8", data, strides=(1,))
        size = u32[at + 20].astype(np.int64)
        found = np.full(len(at), -1, np.int64)
        fits = np.flatnonzero((at & (SIZE - 1)) + 24 + size <= SIZE)
        keys = u64[at + 4] ^ (u64[at + 12] * np.uint64(0x9E3779B97F4A7C15)) ^ u32[at + 20]
        keys = keys[fits]
        order = np.argsort(keys, kind="stable")
        cuts = np.flatnonzero(np.diff(keys[order])) + 1
        for rows in np.split(fits[order], cuts) if fits.size else []:
            key = int(u64[at[rows[0]] + 4]) ^ int(u64[at[rows[0]] + 12]) << 64
            self._group(data, u8, u32, at, size, rows, key, found)
        return found

    def _group(  # noqa: PLR0913
        self,
        data: Data,
        u8: Bytes,
        u32: NDArray[np.uint32],
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
                self.size += len(template.content)
                numbers.append(len(self.templates) - 1)
            number = numbers[tried]
            template = self.templates[number]
            tried += 1
            fit = size[rows] + 24 == len(template.content)
            same = np.zeros(len(rows), bool)
            if fit.any():
                same[fit] = template.same(u8, u32, at[rows[fit]])
            found[rows[same]] = number
            rows = rows[~same]
