"""Asking a model that the user named to propose claims; what it says is judged, never believed."""

import json
import sys
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Final

from sidelight.errors import UsageError

if TYPE_CHECKING:
    from sidelight.intel.knowledge import Knowledge
    from sidelight.reading.read import Reading

_TIMEOUT_S: Final = 300
_LIMIT: Final = 4 << 20


def propose(reading: "Reading", endpoint: str, model: str, knowledge: "Knowledge") -> "Reading":
    """Give *reading* with the proposals that its text bears out, and say how many were refused.

    Raises:
        UsageError: the endpoint cannot be asked, or gives no answer.
    """
    from sidelight.reading.proposal import judge, question  # noqa: PLC0415 - not for --help

    if not endpoint.startswith(("http://", "https://")):
        raise UsageError("is no http address", where=f"--endpoint {endpoint}")
    name = reading.document.name
    print(f"sidelight: sending the text of {name} to {endpoint}", file=sys.stderr)  # noqa: T201
    answer = _answer(endpoint, question(reading.document, model))
    judged = judge(reading, answer, knowledge)
    why = "; ".join(dict.fromkeys(judged.refused))
    print(  # noqa: T201
        f"sidelight: {judged.taken} proposals taken, {len(judged.refused)} refused"
        + (f": {why}" if why else ""),
        file=sys.stderr,
    )
    return judged.reading


def _answer(endpoint: str, body: dict[str, object]) -> str:
    url = endpoint.rstrip("/")
    url = url if url.endswith("/chat/completions") else f"{url}/chat/completions"
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310
            document = json.loads(reply.read(_LIMIT))
        return str(document["choices"][0]["message"]["content"])
    except (OSError, HTTPException, ValueError, KeyError, IndexError, TypeError) as error:
        reason = f"gives no answer that can be read: {error or type(error).__name__}"
        raise UsageError(reason, where=url) from None
