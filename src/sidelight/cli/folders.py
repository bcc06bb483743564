"""Where installed rules and caches live, as the platform has it (XDG Base Directory 0.8)."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sidelight.errors import UsageError


def data_folder() -> Path:
    """Name the folder for what the user installed, such as rules."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "sidelight"
    return _xdg("XDG_DATA_HOME", ".local/share")


def cache_folder() -> Path:
    """Name the folder for what can be made again, such as compiled rules."""
    if sys.platform == "win32":
        return data_folder() / "cache"
    return _xdg("XDG_CACHE_HOME", ".cache")


def configuration_file() -> Path:
    """Name the file that the user may write settings into."""
    if sys.platform == "win32":
        return data_folder() / "config.toml"
    return _xdg("XDG_CONFIG_HOME", ".config") / "config.toml"


def allow_file() -> Path:
    """Name the allow-list of the user."""
    return configuration_file().parent / "allow.toml"


def hijack_file() -> Path:
    """Name the table of HijackLibs that ``rules update --hijacklibs`` wrote."""
    return data_folder() / "hijacklibs.json"


def folders_of(paths: Sequence[Path], option: str) -> tuple[str, ...]:
    """Give folders that the user named.

    Raises:
        UsageError: one is none.
    """
    for path in paths:
        if not path.is_dir():
            raise UsageError("there is no such folder", where=f"{option} {path}")
    return tuple(map(str, paths))


def intel_file() -> Path:
    """Name the store of intelligence that ``intel import`` fills."""
    return data_folder() / "intel.db"


def exchange_database() -> Path:
    """Name the database of ``serve`` and ``share``."""
    return data_folder() / "exchange.db"


def outbox_file() -> Path:
    """Name the file with what ``share push`` took and could not send yet."""
    return data_folder() / "outbox.db"


def hook_key_file() -> Path:
    """Name the file with what the secrets of webhooks are derived from."""
    return data_folder() / "hooks.key"


def _xdg(variable: str, fallback: str) -> Path:
    value = os.environ.get(variable, "")
    return (Path(value) if os.path.isabs(value) else Path.home() / fallback) / "sidelight"
