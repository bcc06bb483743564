"""A connection to a server: asks until there is an answer, and says in words what was refused."""

import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
import orjson

from sidelight import __version__
from sidelight.errors import ExchangeError
from sidelight.exchange.taxii.message import MEDIA_TYPE

_TIMEOUT_S: Final = 60
_QUIET_S: Final = 45
"""A server says every 15 seconds that it is still there."""
_TRIES: Final = 5
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_PASSING: Final = frozenset({429, 500, 502, 503, 504})


class RefusalError(ExchangeError):
    """A server gave an error message, and would give it again."""

    def __init__(self, status: int, why: str, where: str) -> None:
        super().__init__(why, where=where)
        self.status = status


@dataclass(slots=True)
class Connection:
    """Asks one server with one token.

    Args:
        token: what lets in.
        authority: file with the certificates to trust instead of the system's.
    """

    token: str = field(repr=False)
    authority: Path | None = None
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        verify = ssl.create_default_context(cafile=str(self.authority)) if self.authority else True
        headers = {
            "Accept": MEDIA_TYPE,
            "Authorization": f"Bearer {self.token}",
            "User-Agent": f"sidelight/{__version__}",
        }
        self._http = httpx.Client(headers=headers, timeout=_TIMEOUT_S, verify=verify)

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def get(self, url: str) -> Mapping[str, object]:
        """Get a resource.

        Raises:
            ExchangeError: the server cannot be reached, refused, or sent no JSON object.
        """
        return as_object(self.ask("GET", url, {}).content, url)

    def ask(
        self, method: str, url: str, parameters: Mapping[str, str], body: bytes | None = None
    ) -> httpx.Response:
        """Ask until there is an answer; what is asked has to do no harm when asked twice.

        Raises:
            RefusalError: the server refused, and would again.
            ExchangeError: it cannot be reached.
        """
        headers = {"Content-Type": MEDIA_TYPE} if body is not None else {}
        why = ""
        for pause in _pauses():
            try:
                reply = self._http.request(
                    method, url, params=parameters, content=body, headers=headers
                )
            except (httpx.HTTPError, OSError) as error:
                why = f"cannot be reached: {error or type(error).__name__}"
                if "CERTIFICATE_VERIFY_FAILED" in why:
                    hint = "give --ca if its certificate is of an authority of your own"
                    raise ExchangeError(why, where=url, hint=hint) from None
                wait = pause
            else:
                if reply.status_code < HTTPStatus.MULTIPLE_CHOICES:
                    return reply
                why = _refusal(reply)
                if reply.status_code not in _PASSING:
                    raise RefusalError(reply.status_code, why, url)
                wait = _retry_after(reply) or pause
            time.sleep(min(wait, _LONGEST_PAUSE_S) if pause else 0)
        raise ExchangeError(why, where=url)

    def lines(self, url: str, headers: Mapping[str, str]) -> Iterator[str]:
        """Give the lines of an answer that goes on.

        Raises:
            ExchangeError: the server refused, cannot be reached, or was cut off.
        """
        quiet = httpx.Timeout(_TIMEOUT_S, read=_QUIET_S)
        try:
            with self._http.stream("GET", url, headers=dict(headers), timeout=quiet) as reply:
                if reply.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                    reply.read()
                    raise RefusalError(reply.status_code, _refusal(reply), url)
                yield from reply.iter_lines()
        except (httpx.HTTPError, OSError) as error:
            why = f"the stream was cut: {error or type(error).__name__}"
            raise ExchangeError(why, where=url) from None


def as_object(data: bytes, where: str) -> Mapping[str, object]:
    """Read a JSON object.

    Raises:
        ExchangeError: it is none.
    """
    try:
        found = orjson.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ExchangeError("sent no JSON object", where=where)
    return found


def _pauses() -> Iterator[float]:
    """Give how long to wait after each try; 0 after the last."""
    yield from (_PAUSE_S * 2**each for each in range(_TRIES - 1))
    yield 0


def _refusal(reply: httpx.Response) -> str:
    try:
        said = orjson.loads(reply.content)
    except ValueError:
        said = {}
    words = said if isinstance(said, dict) else {}
    text = words.get("description") or words.get("title") or reply.reason_phrase
    return f"refused with {reply.status_code}: {text}"


def _retry_after(reply: httpx.Response) -> float:
    text = reply.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
