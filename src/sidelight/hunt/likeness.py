"""Whom the findings of a hunt resemble, drawn from them as they pass."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight import __version__
from sidelight.attribution.observation import Observer
from sidelight.findings.resemblance import Resemblance
from sidelight.kept import digest_of, kept

if TYPE_CHECKING:
    from sidelight.attribution.lore import Lore


def resemblance_of(observer: Observer, cache: Path | None = None) -> Resemblance | None:
    """Weigh what was seen; None without findings, and then no knowledge is read.

    Args:
        observer: that saw the findings.
        cache: folder that keeps what was drawn from the bundled knowledge; None is no cache.
    """
    if not observer.findings:
        return None
    from sidelight.attribution.weigh import weigh  # noqa: PLC0415 - only with findings

    return weigh(observer.observed(), _lore(cache))


def _lore(cache: Path | None) -> "Lore":
    from sidelight.attribution.lore import Lore  # noqa: PLC0415 - only with findings

    return _drawn() if cache is None else kept(cache / f"lore-{_key()}.bin", Lore, _drawn)


def _drawn() -> "Lore":
    from sidelight.attribution.hearsay import bundled_lore  # noqa: PLC0415 - not if it is kept

    return bundled_lore()


_MADE_OF: Final = ("content/actors", "content/attribution", "attribution", "intel")


def _key() -> str:
    """Tell what lore is made of apart: the knowledge, and the code that draws it."""
    here = Path(__file__).parent.parent
    found = (path for name in _MADE_OF for path in sorted((here / name).glob("*")))
    return f"{__version__}-{digest_of(path for path in found if path.is_file())[:32]}"
