"""Requests, responses and refusals."""

from collections.abc import Mapping
from dataclasses import field
from http import HTTPStatus
from typing import Final, TypeAlias

import orjson

from sidelight.values import dataclass

MEDIA_TYPE: Final = "application/taxii+json;version=2.1"
Json: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Args:
        path: percent-decoded, beginning with a slash.
        query: names and values in the order they came, percent-decoded.
        headers: by their names in lower case; a header that came twice is joined by a comma.
        client: the address it came from.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A response; its content type is always that of TAXII (section 3.1)."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """A response that goes on: a collection is followed from *after*."""

    collection: str
    after: int


class Refused(Exception):  # noqa: N818 - a refusal is no error of ours
    """A request gets an error message (section 3.6.1); caught where requests are answered."""

    def __init__(
        self, status: HTTPStatus, why: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(status, why)
        self.status = status
        self.why = why
        self.headers = headers


def answered(resource: Json, status: int = 200, *headers: tuple[str, str]) -> Response:
    """Make a response out of a resource."""
    return Response(status, orjson.dumps(resource), headers)


def refusal(refused: Refused) -> Response:
    """Make a response out of a refusal: ``http_status`` is a string, and is the status."""
    status = refused.status
    body = {
        "title": status.phrase,
        "description": refused.why,
        "http_status": str(int(status)),
    }
    return Response(int(status), orjson.dumps(body), refused.headers)
