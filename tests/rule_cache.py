"""Compiled rules, kept from one command to the next for as long as the tests run."""

import functools
import tempfile


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="rules-")


def cache_home() -> str:
    """Give XDG_CACHE_HOME for a command; rules are found there by their content alone."""
    return _folder().name
