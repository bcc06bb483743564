"""Schemathesis makes requests out of the description; each reply has to be as described.

The number of requests is bounded and they are the same in every run; ``SCHEMATHESIS_EXAMPLES``
takes a larger number.
"""

import json
import os
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from allies import TAXII, indicator
from patience import PATIENCE_S
from sidelight.exchange.taxii.description import describe

from .test_hostile import hosted, post, raw
from .test_share import Served, allied

schemathesis = pytest.importorskip("schemathesis")
__all__ = ("allied", "hosted")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))
OPERATIONS = [
    (path, method.upper())
    for path, some in describe()["paths"].items()  # type: ignore[attr-defined]
    for method in some
]


@schemathesis.serializer(TAXII)
def written(context: object, value: object) -> bytes:
    del context
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.deserializer(TAXII, "application/taxii+json")
def read(context: object, response: Any) -> object:
    del context
    return json.loads(response.content)


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_reply_is_as_described(hosted: Served, path: str, method: str, mode: str) -> None:
    """The stream has no end, so it is asked for by somebody to whom it is not there."""
    who = "X" if path.endswith("stream/") else "A"
    raw(hosted, post(hosted, json.dumps({"objects": [indicator(1)]}).encode()))
    schema = schemathesis.openapi.from_dict(describe())
    operation = schema[path][method]
    checks = [
        schemathesis.checks.not_a_server_error,
        schemathesis.checks.CHECKS.get_one("status_code_conformance"),
        schemathesis.checks.CHECKS.get_one("content_type_conformance"),
        schemathesis.checks.CHECKS.get_one("response_headers_conformance"),
        schemathesis.checks.CHECKS.get_one("response_schema_conformance"),
    ]
    ident = str(indicator(1)["id"])
    known = {"collection": "finds", "object": ident, "recall": ident}
    fixed = {name: value for name, value in known.items() if f"{{{name}}}" in path}

    @seed(1)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(schemathesis.GenerationMode(mode)))
    def ask(case: Any) -> None:
        if fixed and case.path_parameters:
            case.path_parameters.update(fixed)
        head = {"Authorization": f"Bearer {hosted.token(who)}"}
        reply = case.call(base_url=hosted.url, headers=head, timeout=PATIENCE_S)
        if reply.status_code != 405:  # a path of a generated id may be that of another place
            case.validate_response(reply, checks=checks)
        assert reply.status_code < 500

    ask()
