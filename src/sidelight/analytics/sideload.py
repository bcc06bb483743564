"""Libraries that a trusted program was made to load.

Log source: image loads with signatures (Sysmon 7, Elastic Defend, Defender for Endpoint); starts
of processes and file creations add to it. Technique: T1574.001, formerly also T1574.002.
What it catches: a library that does not belong where it lies, or to the program that loads it,
whoever wrote it and whatever it is called. Defeated by: a library that carries the very signature
of its program's vendor, one inside the program's own protected folder that is unsigned there by
habit, and loads that no log tells of.
"""

from collections.abc import Iterator
from typing import Final

from sidelight.analytics import ownership, placement
from sidelight.analytics.estate import Estate, Load
from sidelight.analytics.paths import PROTECTED, WRITABLE
from sidelight.analytics.sieve import CODE, UNSPOKEN
from sidelight.analytics.sightings import sighting
from sidelight.analytics.suspicion import Reason, Suspicion

LEAST: Final = 20
"""Below so many points nothing is said."""


def suspect_loads(estate: Estate) -> Iterator[Suspicion]:
    """Judge every load that is not plainly in order."""
    for load in estate.loads:
        if _in_order(load):
            continue
        reasons = tuple(
            sorted(_reasons(load, estate), key=lambda reason: (-abs(reason.points), reason.text))
        )
        if sum(reason.points for reason in reasons) >= LEAST:
            origins = estate.origins_of(load.host, load.library.path)
            yield _suspicion(load, reasons, origins)


def _in_order(load: Load) -> bool:
    zone = load.library.zone
    if zone in UNSPOKEN or load.library.name.endswith(CODE):
        return True
    return zone in PROTECTED and load.signed is not False and not load.broken


def _reasons(load: Load, estate: Estate) -> Iterator[Reason]:
    yield from placement.reasons(load, estate)
    yield from ownership.reasons(load, estate)


def _suspicion(load: Load, reasons: tuple[Reason, ...], origins: tuple[str, ...]) -> Suspicion:
    library, image = load.library, load.image
    what = (
        "an unsigned"
        if load.signed is False
        else "a badly signed"
        if load.broken
        else "an unexpected"
    )
    return Suspicion(
        analytic="sideload.load",
        cls="sideload",
        title=f"{image.file or 'A program'} loads {what} {library.file}",
        host=load.spelled,
        actors=load.processes,
        things=(library.path,),
        reasons=reasons,
        refute=_refute(load),
        image=image.path,
        origins=origins,
        files=(sighting(load),),
    )


def _refute(load: Load) -> tuple[str, ...]:
    said = [f"Compare the hash of {load.library.written} with the vendor's installer."]
    if load.library.zone in WRITABLE:
        said.append(f"Ask who put it into {load.library.where}, and whether others have it too.")
    return tuple(said)
