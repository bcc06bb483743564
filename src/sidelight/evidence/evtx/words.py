"""Words looked for in a batch as it lies in memory, so that fewer columns need decoding.

Rule 1. A value that the data spells (`instances.Spans`) is one stretch of its chunk, in UTF-16 or
ANSI, or is spelled by the reader and holds no word (`schema.SPELLED`): its chunk's bytes tell.
Rule 2. A value that the reader put together (texts of templates, the annex, records decoded
plainly) may hold a word that no stretch does: it is searched itself.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Protocol, TypeAlias, cast

import numpy as np
import re2
from numpy.typing import NDArray

from sidelight.evidence.evtx.chunks import SIZE
from sidelight.evidence.evtx.events import Fields
from sidelight.evidence.evtx.halves import FOLDED, suspects
from sidelight.evidence.evtx.instances import Texts
from sidelight.evidence.evtx.sorting import Sorting
from sidelight.evidence.evtx.stretches import Data
from sidelight.evidence.evtx.table import Table
from sidelight.evidence.rows import cell
from sidelight.schema import SEPARATOR, Kind, Wanted, Wish, unique

_MEMORY: Final = 64 << 20


class _Found(Protocol):
    def start(self) -> int: ...


class _Pattern(Protocol):
    def search(self, data: Data, at: int = 0) -> _Found | None: ...


Asked: TypeAlias = list[frozenset[str] | None]
"""Names of columns, or None for all, beside each kind."""


def ask(
    table: Table, sorting: Sorting, wanted: Wanted
) -> tuple[Asked, Mapping[Kind, NDArray[np.intp]]]:
    """Ask which columns are wanted of each kind; for fewer if no word is in any of its values.

    Returns:
        Beside the answers what `Frame.loud` is, of each kind in which words were looked for.
    """
    if not isinstance(wanted, Wish):
        return [wanted(kind) for kind in sorting.kinds], {}
    words = frozenset[str]().union(*map(wanted.words, sorting.kinds))
    loud = _loud(table, sorting, words) if words else frozenset()
    sizes = np.diff(sorting.edges).tolist()
    return (
        [(wanted.loud if kind in loud else wanted.quiet)(kind) for kind in sorting.kinds],
        {
            kind: np.arange(size if kind in loud else 0)
            for kind, size in zip(sorting.kinds, sizes, strict=False)
        },
    )


def _loud(table: Table, sorting: Sorting, words: frozenset[str]) -> frozenset[Kind]:
    """Give the kinds that may hold one of *words* in a value."""
    pattern = pattern_of(words)
    if pattern.search(table.layout.annex):
        return frozenset(sorting.kinds)
    rows = _chunks(words, table.batch.data)[table.records.start // SIZE]
    for pieces in table.layout.fields.values():
        for piece in pieces:
            if isinstance(piece, Texts) and pattern.search(_wide(piece.text)):
                rows[piece.rows] = True
    for row, fields in table.plain.items():
        rows[row] = rows[row] or pattern.search(_wide(_text(fields))) is not None
    numbers = unique(sorting.kind[rows]).tolist()
    return frozenset(sorting.kinds[each] for each in numbers if each < len(sorting.kinds))


def _chunks(words: frozenset[str], data: Data) -> NDArray[np.bool_]:
    """Mark the chunks that hold a word."""
    pattern = pattern_of(words)
    marks = np.zeros(len(data) // SIZE, bool)
    for begin, end in suspects(words, data):
        some, at = memoryview(data)[:end], begin
        while found := pattern.search(some, at):
            chunk = found.start() // SIZE
            marks[chunk] = True
            at = (chunk + 1) * SIZE
    return marks


def _text(fields: Fields) -> str:
    values = (*fields.system.values(), *fields.data.values())
    return SEPARATOR.join(str(cell(value)) for value in values)


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


@lru_cache(maxsize=16)
def pattern_of(words: frozenset[str]) -> _Pattern:
    """Make the pattern that finds *words* in bytes, as UTF-16 and as ANSI, whatever their case."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = _MEMORY
    forms = [form for word in sorted(words) for form in (_literal(word.encode()), _spread(word))]
    return cast("_Pattern", re2.compile("|".join(forms).encode(), options))


def _spread(word: str) -> str:
    """Write the pattern for *word* in UTF-16."""
    return "".join(
        "(?:" + "|".join(_literal(_wide(each)) for each in letter + FOLDED.get(letter, "")) + ")"
        for letter in word
    )


def _literal(text: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text)
