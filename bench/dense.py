"""Make a large, dense event log whose values do not repeat more than in life.

Full chunks of real logs (of ../shared/evidence, or of the range where that is absent) are written
again and again. In each replica the values of every column in which more than 15 % of the values
are distinct are altered in place, at the same length, so that no dictionary profits from the
repetition; records are renumbered and checksums are made anew.

    python bench/dense.py OUT.evtx --size-mb 200 [--only sysmon|security] [--seed N]
"""

import argparse
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

CHUNK: Final = 65536
DENSE: Final = 56_000
"""A chunk is full when its free space begins beyond this."""

VARIED: Final = 0.15
"""Share of distinct values from which on a column is altered."""

MARKERS: Final = {
    "sysmon": "Microsoft-Windows-Sysmon/Operational".encode("utf-16-le"),
    "security": "Microsoft-Windows-Security-Auditing".encode("utf-16-le"),
}
TEXT, UINT32, UINT64, GUID, FILETIME, HEX32, HEX64, NESTED = 1, 8, 10, 15, 17, 20, 21, 33

Place: TypeAlias = tuple[tuple[bytes, int], int, int, int]
"""A value: (column, type, offset in the chunk, size)."""


class NotPlainError(Exception):
    """A chunk holds something that is not altered in place."""


@dataclass
class Model:
    """A chunk to replicate, and where in it what is altered.

    Args:
        digits: offsets of decimal digits in varied texts.
        letters: offsets of letters in varied texts that have hardly a digit.
        low: offsets of bytes of varied numbers and GUIDs that take any value.
        numbers: offsets of the 64-bit record numbers.
        times: offsets of the 64-bit times.
    """

    data: bytes
    free: int
    records: int
    places: list[Place] = field(default_factory=list)
    digits: list[int] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)


def chunks(folder: Path, marker: bytes) -> Iterator[bytes]:
    """Yield each distinct full chunk of the logs below *folder*."""
    seen: set[int] = set()
    for path in sorted(folder.rglob("*.evtx")):
        data = path.read_bytes()
        for start in range(4096, len(data) - CHUNK + 1, CHUNK):
            chunk = data[start : start + CHUNK]
            if chunk[:8] != b"ElfChnk\0" or not _is_full(chunk) or marker not in chunk:
                continue
            identity = hash(chunk[512:])
            if identity not in seen:
                seen.add(identity)
                yield chunk


def _is_full(chunk: bytes) -> bool:
    free, crc = struct.unpack_from("<II", chunk, 48)
    return DENSE < free <= CHUNK and zlib.crc32(chunk[512:free]) == crc


def model(chunk: bytes) -> Model:
    """Find every value in *chunk*.

    Raises:
        NotPlainError: a record is not an instance of a template.
    """
    free = struct.unpack_from("<I", chunk, 48)[0]
    made = Model(chunk, free, 0)
    at = 512
    while at + 28 <= free and chunk[at : at + 4] == b"**\0\0":
        size, number = struct.unpack_from("<IQ", chunk, at + 4)
        if size < 28 or at + size > CHUNK:
            raise NotPlainError
        made.records += 1
        made.numbers.append(at + 8)
        made.times.append(at + 16)
        _instance(made, at + 24, b"", number)
        at += size
    if not made.records:
        raise NotPlainError
    return made


def _instance(made: Model, at: int, path: bytes, number: int) -> None:
    data = made.data
    if data[at : at + 1] == b"\x0f":
        at += 4
    if data[at : at + 1] != b"\x0c":
        raise NotPlainError
    definition = struct.unpack_from("<I", data, at + 6)[0]
    if definition + 24 > CHUNK:
        raise NotPlainError
    column = path + data[definition + 4 : definition + 20]
    body = at + 10
    if definition == body:
        body += 24 + struct.unpack_from("<I", data, definition + 20)[0]
    count = struct.unpack_from("<I", data, body)[0]
    value = body + 4 + 4 * count
    for slot in range(count):
        size, kind = struct.unpack_from("<HB", data, body + 4 + 4 * slot)
        _value(made, (column, slot), kind, value, size, number)
        value += size


def _value(  # noqa: PLR0913
    made: Model, column: tuple[bytes, int], kind: int, at: int, size: int, number: int
) -> None:
    if kind == NESTED and size:
        try:
            _instance(made, at, column[0] + bytes([column[1]]), number)
        except NotPlainError:
            return  # elements without a template: left as they are
    elif kind == UINT64 and made.data[at : at + 8] == number.to_bytes(8, "little"):
        made.numbers.append(at)
    elif size:
        made.places.append((column, kind, at, size))


def mark(models: list[Model]) -> int:
    """Decide what is altered in each of *models*; give the number of columns."""
    values: dict[tuple[bytes, int], set[bytes]] = {}
    counts: dict[tuple[bytes, int], int] = {}
    for made in models:
        for column, _, at, size in made.places:
            values.setdefault(column, set()).add(made.data[at : at + size])
            counts[column] = counts.get(column, 0) + 1
    varied = {column for column, found in values.items() if len(found) > VARIED * counts[column]}
    for made in models:
        for column, kind, at, size in made.places:
            if kind == FILETIME:
                made.times.append(at)
            elif column in varied:
                _mark(made, kind, at, size)
    return len(varied)


def _mark(made: Model, kind: int, at: int, size: int) -> None:
    if kind == TEXT:
        _mark_text(made, at, size)
    elif kind in {UINT32, HEX32}:
        made.low += [at, at + 1]
    elif kind in {UINT64, HEX64} and size == 8:
        made.low += [at, at + 1, at + 2]
    elif kind == GUID:
        made.low += range(at + 8, at + 16)


def _mark_text(made: Model, at: int, size: int) -> None:
    text = made.data[at : at + size].decode("utf-16-le", "replace")
    digits = [at + 2 * i for i, unit in enumerate(text) if "0" <= unit <= "9"]
    if len(text) == 23 and text[4:5] == "-" and text[10:11] == " ":
        digits = digits[-4:]  # a date stays a date
    made.digits += digits
    if len(digits) < 3:
        middle = range(len(text) // 4, len(text) * 3 // 5)
        made.letters += [at + 2 * i for i in middle if "a" <= text[i] <= "z"]


@dataclass
class Stamp:
    """A model ready to be written: its bytes, and index arrays of what is altered."""

    made: Model
    data: NDArray[np.uint8]
    digits: NDArray[np.intp]
    letters: NDArray[np.intp]
    low: NDArray[np.intp]


def stamp(made: Model) -> Stamp:
    """Prepare *made* for writing."""
    arrays = (np.array(found, np.intp) for found in (made.digits, made.letters, made.low))
    return Stamp(made, np.frombuffer(made.data, np.uint8), *arrays)


def replica(one: Stamp, number: int, later: int, rng: np.random.Generator) -> bytes:
    """Give an altered copy whose records are numbered from *number* on.

    *later* is added to every time, in units of 100 ns.
    """
    out = one.data.copy()
    for places, first, modulus in ((one.digits, 48, 10), (one.letters, 97, 26)):
        turned = rng.integers(0, modulus, len(places), np.uint8)
        out[places] = first + (out[places] - first + turned) % modulus
    out[one.low] = rng.integers(0, 256, len(one.low), np.uint8)
    made, buffer = one.made, bytearray(out.tobytes())
    first_number = struct.unpack_from("<Q", made.data, made.numbers[0])[0]
    for at in made.numbers:
        old = struct.unpack_from("<Q", made.data, at)[0]
        struct.pack_into("<Q", buffer, at, number + old - first_number)
    for at in made.times:
        struct.pack_into("<Q", buffer, at, struct.unpack_from("<Q", made.data, at)[0] + later)
    last = number + made.records - 1
    struct.pack_into("<QQQQ", buffer, 8, number, last, number, last)
    struct.pack_into("<I", buffer, 52, zlib.crc32(memoryview(buffer)[512 : made.free]))
    checked = zlib.crc32(memoryview(buffer)[128:512], zlib.crc32(buffer[:120]))
    struct.pack_into("<I", buffer, 124, checked)
    return bytes(buffer)


def header(count: int, following: int) -> bytes:
    """Give the file header of a log of *count* chunks."""
    block = bytearray(4096)
    struct.pack_into(
        "<8sQQQIHHHH", block, 0, b"ElfFile\0", 0, count - 1, following, 128, 1, 3, 4096,
        count & 0xFFFF,
    )  # fmt: skip
    struct.pack_into("<I", block, 124, zlib.crc32(block[:120]))
    return bytes(block)


def collect(folder: Path, only: str) -> list[Model]:
    """Model every chunk below *folder* that can be replicated."""
    found = []
    for chunk in chunks(folder, MARKERS.get(only, b"")):
        try:
            made = model(chunk)
        except (NotPlainError, struct.error):
            continue
        numbers = [struct.unpack_from("<Q", chunk, at)[0] for at in made.numbers]
        # A forwarded log numbers its records anew, and keeps the old numbers inside them.
        if len(numbers) == 2 * made.records and max(numbers) - numbers[0] < made.records:
            found.append(made)
    return found


def source(only: str) -> list[Model]:
    """Model the chunks of the evidence beside the checkout, else of the range."""
    shared = Path(__file__).resolve().parents[2] / "shared" / "evidence"
    found = collect(shared, only) if shared.is_dir() else []
    if len(found) >= 20:
        return found
    from sidelight.training.range import RangeOptions, write_range  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        write_range(RangeOptions(events=120_000), Path(folder))
        return collect(Path(folder), only)


def write(out: Path, models: list[Model], size: int, seed: int) -> int:
    """Write a log of about *size* bytes; give the number of its records."""
    rng = np.random.default_rng(seed)
    mark(models)
    stamps = [stamp(made) for made in models]
    count = max(1, (size - 4096) // CHUNK)
    number = 1
    with out.open("wb") as raw:
        raw.write(bytes(4096))
        for at in range(count):
            one = stamps[at % len(stamps)]
            raw.write(replica(one, number, at // len(stamps) * 36_000_000_007, rng))
            number += one.made.records
        raw.seek(0)
        raw.write(header(count, number))
    return number - 1


def main() -> None:
    """Write the log that the arguments ask for."""
    parser = argparse.ArgumentParser(description="Make a dense event log for benchmarks.")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--size-mb", type=int, default=200)
    parser.add_argument("--only", choices=sorted(MARKERS), default="")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    models = source(given.only)
    records = write(given.out, models, given.size_mb << 20, given.seed)
    print(f"{given.out}: {records:,} records, {len(models)} models", file=sys.stderr)


if __name__ == "__main__":
    main()
