"""The ancestors of processes: as a text to group by, and in full to show."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Ints, Stretch, coded, fold, listed
from sidelight.findings.finding import Process
from sidelight.findings.kin import GENERATIONS, Generation, Kin
from sidelight.findings.order import numbered


def signatures(kin: Kin, generations: int = 3) -> tuple[Ints, list[str]]:
    """Describe processes by folded executable and those of their ancestors.

    Returns:
        For each of `Kin.wanted` the number of a text, and the distinct texts, sorted: executables
        from the process upwards, one a line; "" where nothing at all is known.
    """
    names: dict[str, int] = {"": 0}
    chain: list[Ints] = []
    follow = np.arange(kin.wanted.num_rows, dtype=np.int64)  # original -> row of this generation
    for each in kin.generations[: generations + 1]:
        image = np.append(_image_codes(each, names), 0)
        chain.append(image[follow])  # -1 takes the last: nothing known
        follow = np.append(each.at, -1)[follow]
    return _texts(chain, list(names))


def _image_codes(some: Generation, names: dict[str, int]) -> Ints:
    def intern(column: Stretch) -> Ints:
        codes, texts = coded(column)
        numbers = [names.setdefault(text, len(names)) for text in listed(fold(texts))]
        return np.array([*numbers, 0], np.int64)[codes]

    seen = np.append(intern(some.rows.column("image")), 0)[some.at]
    return np.where(seen > 0, seen, intern(some.asked.column("image")))


def _texts(chain: list[Ints], names: list[str]) -> tuple[Ints, list[str]]:
    number, rows = numbered(chain)
    cells = zip(*(codes[rows].tolist() for codes in chain), strict=True)
    texts = ["\n".join([names[code] for code in some]).rstrip("\n") for some in cells]
    distinct = sorted(set(texts))
    place = {text: index for index, text in enumerate(distinct)}
    return np.array([place[text] for text in texts], np.int64)[number], distinct


def lineages(
    tables: Sequence[pa.Table], wanted: pa.Table, generations: int = GENERATIONS
) -> list[tuple[Process, ...]]:
    """Look for *wanted* (`ACTORS`) in tables of `PROCESSES`, and do what `Kin.lines` does."""
    return Kin.of(tables, wanted, generations).lines(np.arange(wanted.num_rows))
