"""Libraries that were put where a trusted program will find them, loaded yet or not.

Log source: file creations (Sysmon 11, endpoint products) and network shares (Security 5145).
Technique: T1574.001. What it catches: the preparation, also where loads are not logged.
Defeated by: writers that no log tells of, names that Windows does not have beside programs of
others, and moving a file into place where only its creation elsewhere was seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sidelight.analytics.estate import Estate, Write
from sidelight.analytics.known import is_shipped, known_pairs, phantom_names, programs
from sidelight.analytics.paths import WRITABLE, Zone
from sidelight.analytics.placement import is_servicing, is_system_name
from sidelight.analytics.sieve import LIBRARY
from sidelight.analytics.suspicion import Cited, Reason, Suspicion

LEAST: Final = 20

_CITED: Final = 20


def suspect_writes(estate: Estate) -> Iterator[Suspicion]:
    """Judge every library that was written."""
    for write in _united(estate.writes):
        if not write.target.name.endswith(LIBRARY) or is_servicing(write):
            continue
        reasons = tuple(_reasons(write, estate))
        if sum(reason.points for reason in reasons) >= LEAST:
            yield _suspicion(write, reasons)


def _united(writes: Iterable[Write]) -> Iterator[Write]:
    """Make one of what one program wrote to one path, however often it is told."""
    groups: defaultdict[tuple[str, str, str, str], list[Cited]] = defaultdict(list)
    leads: dict[tuple[str, str, str, str], Write] = {}
    for write in writes:
        key = write.host, write.target.path, write.image.path, write.via
        leads.setdefault(key, write)
        groups[key] += write.rows
    for key, rows in groups.items():
        rows.sort(key=lambda row: (row.time, row.source, row.record))
        yield replace(leads[key], rows=tuple(rows[:_CITED]))


def _reasons(write: Write, estate: Estate) -> Iterator[Reason]:
    target, cited = write.target, write.rows
    by_hand = (
        write.image.name in programs("hands")
        or write.image.zone in WRITABLE
        or write.via == "share"
    )
    match target.zone:
        case Zone.MOCK:
            text = f"{target.where} only looks like a protected folder: its name has a blank."
            yield Reason(80, text, cited)
        case Zone.REDIRECT:
            yield Reason(60, f"{target.where} redirects what the program beside it loads.", cited)
        case Zone.SYSTEM | Zone.WINDOWS:
            yield from _into_windows(write, estate, by_hand=by_hand)
        case Zone.DATA | Zone.TRANSIT | Zone.LOOSE | Zone.SHARE:
            yield from _into_the_open(write, estate, by_hand=by_hand)
        case Zone.PROGRAMS if write.via == "share":
            yield Reason(
                40, f"{target.file} was written into {target.where} over the network.", cited
            )
        case _:
            pass


def _into_windows(write: Write, estate: Estate, *, by_hand: bool) -> Iterator[Reason]:
    target, cited = write.target, write.rows
    over = "over the network" if write.via == "share" or write.image.name == "system" else ""
    how = over or f"by {write.image.file or 'someone'}"
    if target.zone is Zone.SYSTEM and target.name in phantom_names():
        text = f"{target.file}, which Windows asks for and lacks, was written into System32 {how}."
        yield Reason(65, text, cited)
    elif target.zone is Zone.SYSTEM:
        if not by_hand:
            return
        known = is_system_name(target.name, estate)
        what = "is Windows' own" if known else "Windows does not have"
        text = f"{target.file}, which {what}, was written into System32 {how}."
        installer = not (known or over or write.image.name in programs("hands"))
        yield Reason(30 if installer else 45, text, cited)  # drivers come by such programs
    elif is_system_name(target.name, estate) and by_hand:
        yield Reason(
            55,
            f"{target.file} belongs in System32 and was written into {target.where} {how}.",
            cited,
        )
    elif over and target.name.endswith(".dll"):
        yield Reason(35, f"{target.file} was written into {target.where} over the network.", cited)


def _into_the_open(write: Write, estate: Estate, *, by_hand: bool) -> Iterator[Reason]:
    target, cited = write.target, write.rows
    if is_shipped(target.name):
        return
    if is_system_name(target.name, estate):
        text = f"{target.file} belongs in System32 and was written into {target.where}."
        yield Reason(40 if by_hand else 25, text, cited)
    elif target.name in known_pairs():
        pair = known_pairs()[target.name]
        text = f"{target.file} is a library that {' or '.join(pair.hosts)} loads ({pair.source})."
        yield Reason(20 if by_hand else 10, text, cited)
    else:
        return
    program = estate.batch_of(write).program
    if program:
        text = f"The same process wrote {program.target.file} beside it."
        yield Reason(15, text, (*cited, program.cited))


def _suspicion(write: Write, reasons: tuple[Reason, ...]) -> Suspicion:
    target = write.target
    by = write.image.file or "Someone"
    processes = dict.fromkeys(row.process for row in write.rows if row.process)
    return Suspicion(
        analytic="sideload.planted",
        cls="sideload",
        title=f"{by} writes {target.file} where a trusted program may load it",
        host=write.spelled,
        actors=tuple(processes),
        things=(target.path,),
        reasons=reasons,
        refute=(f"Ask who wrote {target.written}, and compare its hash with the vendor's file.",),
        image=write.image.path,
        origins=(write.origin.lower(),) if write.origin else (),
    )
