"""Hunt published Windows software, in which no sideload is known.

``python bench/windows_software.py FOLDER`` downloads packages into FOLDER from the registries of
Python and, where npm is there, Node.js, through their own clients, unpacks them and hunts them.
It needs a network, some gigabytes, and time; nothing of it is run by the tests.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from sidelight.analytics.files import file_rows
from sidelight.analytics.triads.pairs import pairs
from sidelight.analytics.triads.suspect import weigh_pairs
from sidelight.analytics.triads.tree import plant
from sidelight.analytics.triads.weights import TOLD
from sidelight.evidence.disk.rows import FILES
from sidelight.evidence.inventory import survey
from sidelight.evidence.reading import Digest, read_task
from sidelight.findings.facts import FILES as FACTS
from sidelight.findings.hits import union
from sidelight.hunt.examination import Trusted, look_again
from sidelight.pe.authenticode import Signature
from sidelight.pe.examined import Examined
from sidelight.pe.image import read_image
from sidelight.pe.layout import PeError, begins
from sidelight.schema import Frame, Gap, want_all

PACKAGES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
"""Names of packages, by registry."""

MEGABYTE = 1 << 20


def main() -> None:
    """Download, unpack, hunt, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-download", action="store_true", help="hunt what is there")
    parser.add_argument("--trust-all", action="store_true", help="as if all programs were trusted")
    parser.add_argument("--rate", action="store_true", help="say how fast PE files are read")
    options = parser.parse_args()
    if not options.no_download:
        download(options.folder)
    if options.rate:
        rate(options.folder, MEGABYTE)
        rate(options.folder, sys.maxsize)
        return
    report(options.folder / "tree", trust_all=options.trust_all)


def download(folder: Path) -> None:
    """Get what is not there yet; a package that cannot be had is said and left out."""
    (folder / "packed").mkdir(parents=True, exist_ok=True)
    for name in PACKAGES["pypi"].split():
        target = folder / "tree" / f"wheel-{name}"
        if not target.exists():
            pip = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--only-binary=:all:",
            ]
            _fetch(
                [*pip, "--platform", "win_amd64", "-d", str(folder / "packed"), name],
                folder / "packed", target,
            )  # fmt: skip
    for name in PACKAGES["npm"].split() if shutil.which("npm") else ():
        target = folder / "tree" / f"npm-{name.replace('/', '-')}"
        if not target.exists():
            pack = ["npm", "pack", "--silent", "--pack-destination", str(folder / "packed"), name]
            _fetch(pack, folder / "packed", target)


def _fetch(command: Sequence[str], packed: Path, target: Path) -> None:
    before = set(packed.iterdir())
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    fresh = sorted(set(packed.iterdir()) - before)
    if done.returncode or not fresh:
        print("left out:", command[-1], flush=True)
        return
    target.mkdir(parents=True)
    for file in fresh:
        if file.suffix == ".whl":
            with zipfile.ZipFile(file) as wheel:
                wheel.extractall(target)
        else:
            with tarfile.open(file) as package:
                package.extractall(target, filter="data")
        file.unlink()


def report(tree: Path, *, trust_all: bool) -> None:
    """Say how fast the files are read, and what the pairs among them weigh."""
    images, size, seconds = _parse(tree)
    rate = images / seconds if seconds else 0
    print(f"{images} PE files of {size / 1e9:.2f} GB, {rate:.0f} a second to parse")
    start = time.process_time()
    inventory = survey([str(tree)])
    tables, digests, gaps = [FACTS.empty_table()], list[Digest](), list[Gap]()
    for task in inventory.tasks:
        spans = tuple(span for span in task.spans if span.format in {"pe", "blob", "catalog"})
        for item in read_task(replace(task, spans=spans), want_all):
            match item:
                case Frame() if item.kind == FILES:
                    tables.append(file_rows(item))
                case Digest():
                    digests.append(item)
                case Gap():
                    gaps.append(item)
    taken = time.process_time() - start
    print(f"{taken:.1f} s to survey {len(inventory.inputs)} files and read {len(digests)}")
    files = union(*tables)
    if trust_all:
        column = pa.array(["true"] * files.num_rows).dictionary_encode()
        files = files.set_column(files.schema.get_field_index("certified"), "certified", column)
    start = time.process_time()
    second = look_again(files, inventory.inputs, digests, Trusted().read)
    looked = time.process_time() - start
    print(f"{looked:.1f} s for a second look at {len(second.examined)} of them")
    _weigh(files, second.examined, trust_all=trust_all)
    for gap in (*gaps, *second.gaps):
        if gap.reason in {"damaged", "refused"} and gap.source.lower().endswith((".exe", ".dll")):
            print("gap:", gap.source, gap.text)


def rate(folder: Path, most: int) -> None:
    """Say how many PE files of *most* bytes a hunt reads a second, signatures left out.

    They are linked into a tree of their own. Listing, telling formats, hashing and facts count;
    beside it stands what it takes to read and hash the same bytes and do nothing else.
    """
    tree = folder / ("pe" if most > MEGABYTE else "pe-small")
    for path in sorted((folder / "tree").rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > most:
            continue
        with path.open("rb") as file:
            if not begins(file.read(1 << 16)):
                continue
        link = tree / path.relative_to(folder / "tree")
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.hardlink_to(path)
    start, count = time.process_time(), 0
    for task in survey([str(tree)]).tasks:
        for item in read_task(task, want_all):
            if isinstance(item, Frame) and item.kind == FILES:
                count += file_rows(item).num_rows
    taken = time.process_time() - start
    start, size = time.process_time(), 0
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            hashlib.sha256(data).digest()
            size += len(data)
    alone = time.process_time() - start
    print(f"{count} PE files of {size / 1e6:.0f} MB: {count / taken:.0f} a second, {taken:.1f} s;")
    print(f"  {alone:.1f} s to read and hash them alone")


def _parse(tree: Path) -> tuple[int, int, float]:
    count = size = 0
    seconds = 0.0
    for path in sorted(tree.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        with path.open("rb") as file:
            if not begins(file.read(1 << 16)):
                continue
        data = path.read_bytes()
        start = time.process_time()
        try:
            read_image(data)
        except PeError:
            continue
        seconds += time.process_time() - start
        count, size = count + 1, size + len(data)
    return count, size, seconds


def _weigh(files: pa.Table, examined: Mapping[str, Examined], *, trust_all: bool) -> None:
    if trust_all:
        nobody = Signature("ok", "Whoever", "Whoever")
        programs = {
            file.source
            for some in plant(files).folders.values()
            for file in some
            if file.sort == "program"
        }
        examined = {
            source: replace(each, signature=nobody)
            if source in programs and not each.signature.holds
            else each
            for source, each in examined.items()
        }
    print("signatures:", Counter(each.signature.status for each in examined.values()))
    weighed = sorted(weigh_pairs(files, examined, {}), key=lambda each: -each.points)
    print(f"{sum(1 for _ in pairs(plant(files)))} pairs, {len(weighed)} of them not in order")
    print("points:", sorted(Counter(each.points for each in weighed).items(), reverse=True))
    print(f"{sum(each.points >= TOLD for each in weighed)} at {TOLD} points or more")
    for each in weighed[:20]:
        pair = each.case.pair
        print(each.points, pair.program.source, pair.library.name)
        print("   ", "; ".join(f"{said.text} {said.points:+d}" for said in each.said))


if __name__ == "__main__":
    main()
