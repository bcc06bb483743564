"""Content negotiation (TAXII 2.1, sections 1.6.8 and 3.1; RFC 9110, section 12.5.1)."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from sidelight.exchange.taxii.message import MEDIA_TYPE, Refused

_VERSION: Final = "2.1"
_RANGES: Final = frozenset({"*/*", "application/*", "application/taxii+json"})


def check_accept(header: str | None) -> None:
    """Refuse a request that takes nothing of what is served.

    The version may be left out (the latest is meant then), several types may be listed, and a
    missing header takes anything, as HTTP has it.

    Raises:
        Refused: 406.
    """
    if header is None or not header.strip():
        return
    for kind, parameters in _ranges(header):
        weight = _weight(parameters.get("q", "1"))
        version = parameters.get("version", _VERSION)
        if kind in _RANGES and version == _VERSION and weight > 0:
            return
    raise Refused(HTTPStatus.NOT_ACCEPTABLE, f"what is served is {MEDIA_TYPE}")


def check_content_type(header: str | None) -> None:
    """Refuse a body that is not said to be TAXII 2.1.

    Raises:
        Refused: 415.
    """
    for kind, parameters in _ranges(header or ""):
        if kind == "application/taxii+json" and parameters.get("version", _VERSION) == _VERSION:
            return
    raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send the Content-Type {MEDIA_TYPE}")


def _ranges(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in header.split(","):
        kind, *parameters = part.split(";")
        pairs = (text.partition("=") for text in parameters)
        named = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
        yield kind.strip().lower(), named


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
