"""A baseline out of evidence: read and scanned as in a hunt, without rules and conclusions."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from sidelight.analytics.baseline import Baseline, learn, parsed, spelled
from sidelight.errors import UsageError
from sidelight.evidence.inventory import Inventory
from sidelight.findings.hits import union
from sidelight.findings.spool import Spool
from sidelight.hunt.conclusion import find_copies
from sidelight.hunt.gather import Report, Work, gather
from sidelight.hunt.worker import Gathered
from sidelight.replacement import replace_file
from sidelight.rules.cache import compiled
from sidelight.rules.load import compile_documents
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt, and out of what."""

    baseline: Baseline
    gathered: Gathered


def learn_baseline(inventory: Inventory, jobs: int, report: Report) -> Learnt:
    """Remember which programs load which libraries in the evidence of *inventory*."""
    rules = compiled(compile_documents((), digest=""))
    with (
        tempfile.TemporaryDirectory(prefix="sidelight-", ignore_cleanup_errors=True) as name,
        Spool(Path(name)) as spool,
    ):
        gathered = gather(inventory, rules, spool, Work(jobs, Path(name), report))
        _, gaps = find_copies(gathered.digests)  # the same loads twice are the same loads
        gathered.gaps += gaps
        return Learnt(learn(union(*spool.tables("loads"))), gathered)


def read_baseline(path: Path) -> Baseline:
    """Read the baseline at *path*.

    Raises:
        UsageError: it cannot be read, or is no baseline of this version.
    """
    return read_and_hash(path)[0]


def read_and_hash(path: Path) -> tuple[Baseline, str]:
    """Read the baseline at *path* once; give the SHA-256 of what was read with it.

    Raises:
        UsageError: as `read_baseline` does.
    """
    digest = hashlib.sha256()

    def hashed(lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            digest.update(line)
            yield line

    try:
        with path.open("rb") as lines:
            baseline = parsed(hashed(lines))
        return baseline, digest.hexdigest()
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except ValueError as error:
        hint = "sidelight baseline learn writes one"
        raise UsageError(str(error), where=str(path), hint=hint) from None


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline in one step: the file is the old one or the new one, never half of it.

    Raises:
        UsageError: it cannot be written.
    """
    replace_file(path, spelled(baseline), 0o644)
