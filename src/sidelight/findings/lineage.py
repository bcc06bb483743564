"""The ancestors of processes: as a text to group by, and in full to show."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from sidelight.findings.cells import Ints, Stretch, coded, fold, listed, plain
from sidelight.findings.finding import Process
from sidelight.findings.order import numbered
from sidelight.findings.starts import Found, parents, resolve
from sidelight.schema import NO_TIME

GENERATIONS: Final = 12
"""How many ancestors are looked for."""


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
    rows = found.rows
    starts = list(
        zip(
            *(listed(plain(rows.column(name))) for name in ("image", "command_line", "user")),
            rows.column("pid").to_numpy().tolist(),
            listed(plain(rows.column("key"))),
            rows.column("time").to_numpy().tolist(),
            strict=True,
        )
    )
    asked = zip(
        listed(plain(wanted.column("key"))),
        wanted.column("pid").to_numpy().tolist(),
        listed(plain(wanted.column("image"))),
        found.at.tolist(),
        command_lines,
        strict=True,
    )
    shown: list[Process | None] = []
    for guid, pid, image, at, command_line in asked:
        if at >= 0:
            named, ran, user, number, key, time = starts[at]
            by: Literal["guid", "pid"] = "guid" if guid else "pid"
            shown.append(Process(named or image, ran, user, number, key, time, by))
        elif image or guid or pid >= 0:
            shown.append(Process(image, command_line, "", pid, guid, NO_TIME, "named"))
        else:
            shown.append(None)
    return shown
