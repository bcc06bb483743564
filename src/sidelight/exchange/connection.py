"""A connection to a server: asks until there is an answer, and says in words what was refused."""

import itertools
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
import orjson

from sidelight import __version__
from sidelight.errors import ExchangeError
from sidelight.exchange.taxii.message import MEDIA_TYPE
from sidelight.values import dataclass

_TIMEOUT_S: Final = 60
_QUIET_S: Final = 45
"""A server says every 15 seconds that it is still there."""
_TRIES: Final = 5
_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
LARGEST: Final = 64 << 20
"""Octets that an answer may have, unpacked."""
_LONGEST_S: Final = 900
"""An answer that comes drop by drop would keep whoever waits for it from everybody else."""
_NO_ADDRESS: Final = (httpx.InvalidURL, UnicodeError)
_END: Final = re.compile(rb"\r\n|\n|\r(?!\Z)")
_NUMBER: Final = re.compile(r"\[Errno -?\d+\] ")
"""What says to a program what the words beside it say to people."""
_VERSIONLESS: Final = "application/taxii+json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole."""

    status: int
    phrase: str
    headers: httpx.Headers
    content: bytes


class RefusalError(ExchangeError):
    """A server gave an error message, and would give it again; status 0: it is not trusted."""

    def __init__(self, status: int, why: str, where: str, hint: str = "") -> None:
        super().__init__(why, where=where, hint=hint)
        self.status = status


@dataclass(slots=True)
class Connection:
    """Asks one server with one token, one certificate or both.

    Args:
        token: what lets in.
        authority: file with the certificates to trust instead of the system's.
        user: whose password the token is, for servers that know HTTP Basic only.
        largest: octets that an answer may have.
        certificate: PEM files of a certificate that is shown, and of its key; the second may be
            None where the first has both.
        tries: how often something is asked before the server counts as down.

    Raises:
        OSError: a file cannot be read, or is no certificate or key.
        ValueError: the key has a passphrase.
    """

    token: str = field(repr=False)
    authority: Path | None = None
    user: str = ""
    certificate: tuple[Path, Path | None] | None = None
    largest: int = LARGEST
    tries: int = _TRIES
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        verify = _trusting(self.authority, self.certificate)
        headers = {"Accept": MEDIA_TYPE, "User-Agent": f"sidelight/{__version__}"}
        login: httpx.BasicAuth | None = None
        if self.user:
            login = httpx.BasicAuth(self.user, self.token)
        elif self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self._http = httpx.Client(headers=headers, timeout=_TIMEOUT_S, verify=verify, auth=login)

    def close(self) -> None:
        """End all connections."""
        self._http.close()

    def get(self, url: str, parameters: Mapping[str, str] | None = None) -> Mapping[str, object]:
        """Get a resource.

        Raises:
            ExchangeError: the server cannot be reached, refused, or sent no JSON object.
        """
        return as_object(self.ask("GET", url, parameters or {}).content, url)

    def ask(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str],
        body: bytes | None = None,
        *,
        once: bool = False,
    ) -> Reply:
        """Ask until there is an answer; what is asked has to do no harm when asked twice.

        *once* is for what does harm, such as a page that a server gives only once.

        Raises:
            RefusalError: the server refused, and would again.
            ExchangeError: it cannot be reached, or its answer is too large.
        """
        why = ""
        for pause in _pauses(1 if once else self.tries):
            try:
                reply = self._once(method, url, parameters, body)
            except (httpx.HTTPError, OSError) as error:
                why = f"cannot be reached: {_NUMBER.sub('', str(error)) or type(error).__name__}"
                if "CERTIFICATE_VERIFY_FAILED" in why:
                    hint = "give --ca if its certificate is of an authority of your own"
                    raise RefusalError(0, why, url, hint) from None
                if "WRONG_VERSION_NUMBER" in why:
                    hint = "it may speak http, or TLS at another port"
                    raise RefusalError(0, "does not speak TLS there", url, hint) from None
                wait = pause
            except _NO_ADDRESS as error:
                raise RefusalError(0, f"is no address: {error}", url) from None
            else:
                if reply.status < HTTPStatus.MULTIPLE_CHOICES:
                    return reply
                why = _refusal(reply)
                if reply.status == HTTPStatus.NOT_ACCEPTABLE and self._less():
                    return self.ask(method, url, parameters, body, once=once)
                if reply.status not in _PASSING:
                    raise RefusalError(reply.status, why, url)
                wait = _retry_after(reply) or pause
            time.sleep(min(wait, _LONGEST_PAUSE_S) if pause else 0)
        raise ExchangeError(why, where=url)

    def _once(
        self, method: str, url: str, parameters: Mapping[str, str], body: bytes | None
    ) -> Reply:
        """Ask once, and read no more of the answer than may be."""
        headers = {"Content-Type": MEDIA_TYPE} if body is not None else {}
        content, late = bytearray(), time.monotonic() + _LONGEST_S
        # A server of an ally may be broken into: an answer without an end would fill the memory.
        with self._http.stream(
            method, url, params=parameters, content=body, headers=headers
        ) as reply:
            for part in reply.iter_bytes():
                content += part
                if len(content) > self.largest:
                    why = f"its answer has more than {self.largest:,} octets"
                    raise ExchangeError(why, where=url, hint="ask for fewer objects at a time")
                if time.monotonic() > late:
                    why = f"its answer takes more than {_LONGEST_S // 60} minutes"
                    raise ExchangeError(why, where=url)
        return Reply(reply.status_code, reply.reason_phrase, reply.headers, bytes(content))

    def _less(self) -> bool:
        """Ask without a version from here on, as some servers want it; tell if that is new."""
        before, self._http.headers["Accept"] = self._http.headers["Accept"], _VERSIONLESS
        return before != _VERSIONLESS

    def lines(self, url: str, headers: Mapping[str, str]) -> Iterator[str]:
        """Give the lines of an answer that goes on.

        Raises:
            ExchangeError: the server refused, cannot be reached, or was cut off.
        """
        quiet = httpx.Timeout(_TIMEOUT_S, read=_QUIET_S)
        try:
            with self._http.stream("GET", url, headers=dict(headers), timeout=quiet) as reply:
                if reply.status_code >= HTTPStatus.MULTIPLE_CHOICES:
                    said = b"".join(itertools.islice(reply.iter_bytes(4096), 16))
                    refused = Reply(reply.status_code, reply.reason_phrase, reply.headers, said)
                    raise RefusalError(reply.status_code, _refusal(refused), url)
                yield from cut(reply.iter_bytes(), self.largest, url)
        except (httpx.HTTPError, OSError) as error:
            why = f"the stream was cut: {error or type(error).__name__}"
            raise ExchangeError(why, where=url) from None
        except _NO_ADDRESS as error:
            raise RefusalError(0, f"is no address: {error}", url) from None


def cut(parts: Iterable[bytes], largest: int, where: str) -> Iterator[str]:
    """Cut into lines what comes in parts, at the ends that server-sent events have, and no others.

    Text of JSON may hold what Unicode calls an end of line (U+0085, U+2028); that is none here. A
    line without its end is not given.

    Raises:
        ExchangeError: a line has more than *largest* octets.
    """
    rest = bytearray()
    for part in parts:
        rest += part
        if b"\n" in part or b"\r" in rest:
            *whole, last = _END.split(rest)
            rest = bytearray(last)
            yield from (line.decode("utf-8", "replace") for line in whole)
        if len(rest) > largest:
            raise ExchangeError(
                f"a line of its stream has more than {largest:,} octets", where=where
            )


def _trusting(
    authority: Path | None, certificate: tuple[Path, Path | None] | None
) -> ssl.SSLContext | bool:
    if not authority and not certificate:
        return True
    context = (
        ssl.create_default_context(cafile=str(authority))
        if authority
        else httpx.create_ssl_context()
    )
    if certificate:
        file, key = certificate
        context.load_cert_chain(file, key, password=_no_passphrase)
    return context


def _no_passphrase() -> str:
    # Where nobody is asked, a program that nobody looks at would wait for ever.
    raise ValueError("the key has a passphrase; keep it without one, readable by you alone")


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


def _pauses(tries: int) -> Iterator[float]:
    """Give how long to wait after each try; 0 after the last."""
    yield from (_PAUSE_S * 2**each for each in range(tries - 1))
    yield 0


def _refusal(reply: Reply) -> str:
    try:
        said = orjson.loads(reply.content)
    except ValueError:
        said = {}
    words = said if isinstance(said, dict) else {}
    text = words.get("description") or words.get("title") or reply.phrase
    return f"refused with {reply.status}: {text}"


def _retry_after(reply: Reply) -> float:
    text = reply.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
