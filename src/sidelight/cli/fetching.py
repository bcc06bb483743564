"""The one place of the command line that opens a network connection."""

import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sidelight.errors import UsageError

LIMIT: Final = 256 << 20
TIMEOUT_S: Final = 60


@contextmanager
def fetched(url: str) -> Iterator[Path]:
    """Give the file at *url*, an https address, for as long as the context is held.

    Raises:
        UsageError: it cannot be had, or is larger than `LIMIT`.
    """
    if not url.lower().startswith("https://"):
        raise UsageError("rules are fetched over https only", where=url)
    with tempfile.TemporaryDirectory(prefix="sidelight-") as folder:
        path = Path(folder) / "rules.zip"
        try:
            with (
                urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer,  # noqa: S310
                path.open("wb") as file,
            ):
                left = LIMIT
                while block := answer.read(1 << 20):
                    left -= len(block)
                    if left < 0:
                        raise UsageError(f"is larger than {LIMIT >> 20} MiB", where=url)
                    file.write(block)
        except (OSError, urllib.error.URLError, ValueError) as error:
            hint = "without a network: sidelight rules update --from FILE"
            raise UsageError(f"cannot be fetched: {error}", where=url, hint=hint) from error
        yield path
