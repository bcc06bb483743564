"""The one place of the command line that fetches files over a network."""

import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO, Final
from urllib.parse import urlsplit

from sidelight.errors import UsageError

LIMIT: Final = 256 << 20
TIMEOUT_S: Final = 60

_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""Nobody stands between this machine and itself, so plain http does for it."""

_HINT: Final = "without a network: sidelight rules update --from FILE"


@contextmanager
def fetched(
    url: str, *, what: str = "rules", hint: str = _HINT, timeout_s: float = TIMEOUT_S
) -> Iterator[Path]:
    """Give the file at *url* for as long as the context is held.

    It is an https address, or an http address of this very machine; so is where it leads to.
    *what* is fetched and *hint* stand in messages.

    Raises:
        UsageError: it cannot be had whole, or is larger than `LIMIT`.
    """
    if not is_safe(url):
        raise UsageError(f"{what} are fetched over https only", where=url)
    opener = urllib.request.build_opener(_Redirects(url, what))
    with tempfile.TemporaryDirectory(prefix="sidelight-") as folder:
        path = Path(folder) / "fetched"
        try:
            with opener.open(url, timeout=timeout_s) as answer, path.open("wb") as file:
                _save(answer, answer.headers.get("Content-Length"), file, url, hint)
        except (OSError, HTTPException, ValueError) as error:
            reason = f"cannot be fetched: {error or type(error).__name__}"
            raise UsageError(reason, where=url, hint=hint) from error
        yield path


def is_safe(url: str, *, here: bool = True) -> bool:
    """Tell whether nobody can change what *url* gives; *here* allows http to this machine."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" and bool(parts.hostname)
        return secure or (here and parts.scheme == "http" and parts.hostname in _HERE)
    except ValueError:
        return False


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows only to where the first address could have pointed as safely."""

    def __init__(self, url: str, what: str) -> None:
        self._url = url
        self._what = what

    def redirect_request(  # noqa: PLR0913 - as the base class has it
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not is_safe(newurl, here=urlsplit(self._url).scheme == "http"):
            raise UsageError(
                f"leads to {newurl}: {self._what} are fetched over https only", where=self._url
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _save(answer: IO[bytes], promised: str | None, file: BinaryIO, url: str, hint: str) -> None:
    got = 0
    while block := answer.read(1 << 20):
        got += len(block)
        if got > LIMIT:
            raise UsageError(f"is larger than {LIMIT >> 20} MiB", where=url)
        file.write(block)
    # Reading in blocks ends quietly where the connection does.
    if promised is not None and promised.isdecimal() and got < int(promised):
        reason = f"the connection ended after {got:,} of {int(promised):,} bytes"
        raise UsageError(reason, where=url, hint="try again, or: " + hint)
