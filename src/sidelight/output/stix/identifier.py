"""Identifiers of STIX objects, the same in every run.

Source: STIX 2.1 section 2.9: cyber-observables have a UUIDv5 in a namespace of the standard over
the canonical JSON (RFC 8785) of the properties that contribute; that namespace is for nothing
else. Other ids here are UUIDv5 in a namespace of this tool over the whole content, so objects
of one id are always equal.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

import orjson

from sidelight.output.lines import Json, line

_OBSERVABLES: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
_OWN: Final = UUID("6f7b5f5e-3d6a-5c1e-9a53-0d5d3d1b6c11")


def observable_id(kind: str, contributing: Mapping[str, Json]) -> str:
    """Name a cyber-observable by the properties that contribute to its id."""
    return f"{kind}--{uuid5(_OBSERVABLES, _canonical(contributing))}"


def own_id(kind: str, content: Mapping[str, Json]) -> str:
    """Name an object by all that it says."""
    return f"{kind}--{uuid5(_OWN, _canonical({'type': kind, **content}))}"


def process_id(content: Mapping[str, Json]) -> str:
    """Name a process, of which no property contributes, so the standard asks for a UUIDv4.

    Its bits come from the content instead of from chance (section 6.13).
    """
    digest = sha256(_canonical(content).encode()).digest()
    return f"process--{UUID(bytes=digest[:16], version=4)}"


def _canonical(content: Mapping[str, Json]) -> str:
    # Keys are ASCII and there are no fractions, so sorted keys are all that RFC 8785 adds.
    return orjson.dumps(orjson.loads(line(content)), option=orjson.OPT_SORT_KEYS).decode()
