"""How what is not installed with the rest is installed."""

from typing import Final

INSTALL: Final = "pip install '.[{}]' in the clone of Sidelight"
"""It is on no package index: an extra is installed from where Sidelight itself was."""


def install(extra: str) -> str:
    """Say how an extra is installed."""
    return INSTALL.format(extra)
