"""Who publishes what lies at an address."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

_ARCHIVED: Final = re.compile(r"https?://web\.archive\.org/web/[^/]+/(?=https?:)")


@lru_cache(maxsize=16384)
def publisher_of(url: str) -> str:
    """Name the publisher of *url*: the house its host belongs to, else the bare host.

    An address in the Wayback Machine is taken for what it archives.
    """
    try:
        host = urlsplit(_ARCHIVED.sub("", url, count=1)).hostname or ""
    except ValueError:
        return ""
    labels = host.removeprefix("www.").split(".")
    endings = (".".join(labels[begin:]) for begin in range(len(labels)))
    return next((_houses()[each] for each in endings if each in _houses()), ".".join(labels))


@cache
def _houses() -> Mapping[str, str]:
    text = (files("sidelight") / "content" / "publishers.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["publishers"])
