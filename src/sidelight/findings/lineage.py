"""The ancestors of processes: as a text to group by, and in full to show."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Ints, Stretch, coded, fold, listed, plain
from sidelight.findings.finding import Process
from sidelight.findings.order import numbered
from sidelight.findings.starts import Found, parents, resolve
from sidelight.schema import NO_TIME

GENERATIONS: Final = 12
"""How many ancestors are looked for."""

_SHOWN: Final = ("image", "command_line", "user", "pid", "key", "time")
_ASKED: Final = ("key", "pid", "image")


def signatures(
    tables: Sequence[pa.Table], wanted: pa.Table, generations: int = 3
) -> tuple[Ints, list[str]]:
    """Describe processes by folded executable and those of their ancestors.

    Returns:
        For each of *wanted* the number of a text, and the distinct texts, sorted: executables
        from the process upwards, one a line; "" where nothing at all is known.
    """
    names: dict[str, int] = {"": 0}
    chain: list[Ints] = []
    follow = np.arange(wanted.num_rows, dtype=np.int64)  # original -> row of this generation
    for generation in range(generations + 1):
        found = resolve(tables, wanted)
        image = np.append(_image_codes(found, wanted, names), 0)
        chain.append(image[follow])  # -1 takes the last: nothing known
        if generation == generations or not found.rows.num_rows:
            break
        follow = np.append(found.at, -1)[follow]
        wanted = parents(found.rows)
    return _texts(chain, list(names))


def _image_codes(found: Found, wanted: pa.Table, names: dict[str, int]) -> Ints:
    def intern(column: Stretch) -> Ints:
        codes, texts = coded(column)
        numbers = [names.setdefault(text, len(names)) for text in listed(fold(texts))]
        return np.array([*numbers, 0], np.int64)[codes]

    seen = np.append(intern(found.rows.column("image")), 0)[found.at]
    return np.where(seen > 0, seen, intern(wanted.column("image")))


def _texts(chain: list[Ints], names: list[str]) -> tuple[Ints, list[str]]:
    number, rows = numbered(chain)
    texts = ["\n".join(names[codes[row]] for codes in chain).rstrip("\n") for row in rows.tolist()]
    distinct = sorted(set(texts))
    place = {text: index for index, text in enumerate(distinct)}
    return np.array([place[text] for text in texts], np.int64)[number], distinct


def lineages(
    tables: Sequence[pa.Table], wanted: pa.Table, generations: int = GENERATIONS
) -> list[tuple[Process, ...]]:
    """Give each of *wanted* with its ancestors, the process itself first.

    A process whose start was not seen is there as events name it, and ends the chain; one that
    nothing names is left out. Chains that run in a circle end before they repeat.
    """
    chains: list[list[Process]] = [[] for _ in range(wanted.num_rows)]
    follow = list(range(wanted.num_rows))
    command_lines = [""] * wanted.num_rows
    for _ in range(generations + 1):
        found = resolve(tables, wanted)
        shown = _processes(found, wanted, command_lines)
        rows = [_extend(chain, shown, row) for chain, row in zip(chains, follow, strict=True)]
        follow = [int(found.at[row]) if row >= 0 else -1 for row in rows]
        if max(follow, default=-1) < 0:
            break
        command_lines = listed(plain(found.rows.column("parent_command_line")))
        wanted = parents(found.rows)
    return [tuple(chain) for chain in chains]


def _extend(chain: list[Process], shown: list[Process | None], row: int) -> int:
    """Add a process to its chain; give the row back, or -1 where the chain ends."""
    process = shown[row] if row >= 0 else None
    if process is None or (process.joined != "named" and process in chain):
        return -1
    chain.append(process)
    return row


def _processes(found: Found, wanted: pa.Table, command_lines: list[str]) -> list[Process | None]:
    starts = list(zip(*(_listed(found.rows, name) for name in _SHOWN), strict=True))
    asked = zip(*(_listed(wanted, name) for name in _ASKED), strict=True)
    shown: list[Process | None] = []
    for number, ((guid, pid, image), at) in enumerate(zip(asked, found.at.tolist(), strict=True)):
        if at >= 0:
            named, *rest = starts[at]
            shown.append(Process(named or image, *rest, "guid" if guid else "pid"))
        elif image or guid or pid >= 0:
            shown.append(Process(image, command_lines[number], "", pid, guid, NO_TIME, "named"))
        else:
            shown.append(None)
    return shown


def _listed(table: pa.Table, name: str) -> "list[str | int]":
    """List the cells of a column, none of them null."""
    column = table.column(name)
    return column.to_numpy().tolist() if pa.types.is_integer(column.type) else listed(plain(column))
