"""Whom the findings of a hunt resemble, drawn from them as they pass."""

from collections.abc import Iterable, Iterator

from sidelight.attribution.observation import Observer
from sidelight.findings.finding import Finding
from sidelight.findings.resemblance import Resemblance


def watched(findings: Iterable[Finding], observer: Observer) -> Iterator[Finding]:
    """Yield *findings* as they are, and let *observer* see each."""
    for finding in findings:
        observer.add(finding)
        yield finding


def resemblance_of(observer: Observer) -> Resemblance | None:
    """Weigh what was seen; None without findings, and then no knowledge is read."""
    if not observer.findings:
        return None
    from sidelight.attribution.lore import bundled_lore  # noqa: PLC0415 - only with findings
    from sidelight.attribution.weigh import weigh  # noqa: PLC0415

    return weigh(observer.observed(), bundled_lore())
