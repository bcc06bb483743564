"""A MISP server, over its REST interface by pymisp; only when it is named."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from sidelight.errors import ExchangeError

Json: TypeAlias = Mapping[str, object]
_Made = TypeVar("_Made")
_TIMEOUT_S = 60


def fetch(url: str, key: str, event: str, authority: Path | None) -> Json:
    """Get an event by its UUID or number.

    Raises:
        ExchangeError: the server cannot be reached, or refuses.
    """
    return _asked(url, key, authority, "get_event", event)


def add(url: str, key: str, event: Json, authority: Path | None) -> Json:
    """Add an event; it stays unpublished until a person publishes it.

    Raises:
        ExchangeError: the server cannot be reached, or refuses.
    """
    from pymisp import MISPEvent  # noqa: PLC0415 - takes a second

    made = MISPEvent()
    _guarded(lambda: made.load(dict(event)), url)
    return _asked(url, key, authority, "add_event", made)


def _asked(url: str, key: str, authority: Path | None, verb: str, what: object) -> Json:
    from pymisp import PyMISP  # noqa: PLC0415 - takes a second

    verify = str(authority) if authority else True
    server = _guarded(lambda: PyMISP(url, key, ssl=verify, timeout=_TIMEOUT_S), url)
    reply = _guarded(lambda: getattr(server, verb)(what), url)
    if not isinstance(reply, dict):
        raise ExchangeError("sent no event", where=url)
    if "errors" in reply:
        raise ExchangeError(f"refused: {str(reply['errors'])[:300]}", where=url)
    return reply


def _guarded(work: Callable[[], _Made], url: str) -> _Made:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - pymisp and what is below it raise what they like
        hint = "give --ca if its certificate is of an authority of your own"
        why = _root(error)
        raise ExchangeError(why, where=url, hint=hint if "CERTIFICATE" in why else "") from None


def _root(error: BaseException) -> str:
    """Say in one sentence what went wrong below pymisp, which quotes all that it went through."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return f"cannot be reached: {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    text = " ".join(str(error).split())
    refused = "Authentication failed" in text or "403" in text
    return f"refused: {text[:200]}" if refused else text[:200] or type(error).__name__
