"""Whether a library belongs to the program that loads it."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from sidelight.analytics.baseline import pair_of
from sidelight.analytics.estate import Estate, Load
from sidelight.analytics.hijacks import Hijack
from sidelight.analytics.known import Pair, is_shipped, known_pairs
from sidelight.analytics.paths import PROTECTED, WRITABLE, is_beside
from sidelight.analytics.sieve import ALONE
from sidelight.analytics.suspicion import Reason

_VENDOR: Final = re.compile(r"[a-z0-9]{3,}")
_LEGAL: Final = frozenset(
    {
        "inc", "corp", "corporation", "ltd", "limited", "llc", "gmbh", "the", "software", "company",
        "technologies", "technology", "co", "systems", "foundation", "ab", "sa", "bv", "oy", "pty",
        "group", "international", "development", "ag", "srl",
    }
)  # fmt: skip
_MODULES: Final = (".node", ".pyd")
"""Modules that interpreters are told to load, by their full path."""

_MANY_HOSTS: Final = 5
_HABIT: Final = 3


def reasons(load: Load, estate: Estate) -> Iterator[Reason]:
    """Say what signatures, names and habits speak for or against."""
    yield from _pair(load, estate)
    yield from _renamed(load, estate)
    if is_beside(load.library, load.image) and load.library.zone not in ALONE:
        yield from _beside(load, estate)
    yield from _prevalence(load, estate)
    yield from _custom(load, estate)
    if load.library.name not in known_pairs():
        yield from _imported(load, estate)


def _pair(load: Load, estate: Estate) -> Iterator[Reason]:
    pair = known_pairs().get(load.library.name)
    if pair is None or not pair.signers or load.signed is None:
        return
    fits = _fits(pair, load, estate.self_of(load))
    if fits is False or (load.trusted and not load.signer):
        return
    signer = load.signer.lower()
    expected = " or ".join(pair.signers)
    if load.trusted and any(word in signer for word in pair.signers):
        text = f"{load.library.file} carries the signature that is expected of it: {load.signer}."
        yield Reason(-60, text, load.rows)
        return
    shown = f"is signed by {load.signer}" if load.trusted else "has no valid signature"
    text = f"{load.library.file} should be signed by {expected} and {shown} ({pair.source})."
    yield Reason(35 if fits else 15, text, load.rows)


def _fits(pair: Pair, load: Load, host: Load | None) -> bool | None:
    """Tell whether the program is one of the pair's, under whatever name; None if unknown."""
    if load.image.name in pair.hosts or (host and host.original.lower() in pair.hosts):
        return True
    if host and host.trusted and any(word in host.signer.lower() for word in pair.signers):
        return True
    return False if host and (host.original or host.trusted) else None


def _renamed(load: Load, estate: Estate) -> Iterator[Reason]:
    host = estate.self_of(load)
    if host is None or not host.original:
        return
    if not is_renamed(load.image.name, host.original):
        return
    text = f"{load.image.file} is {host.original} by its version information, and not by its name."
    yield Reason(20, text, load.rows, (host.cited,))


def is_renamed(name: str, original: str) -> bool:
    """Tell whether a file has another name than its version information gives it.

    Endings, case and what stands behind either name do not matter.
    """
    stem, named = _stem(name), _stem(original)
    return bool(named) and not stem.startswith(named) and not named.startswith(stem)


def _stem(name: str) -> str:
    bare = name.lower()
    for end in (".mui", ".exe", ".dll"):
        bare = bare.removesuffix(end)
    return re.sub(r"[^a-z0-9]", "", bare)


def _beside(load: Load, estate: Estate) -> Iterator[Reason]:
    host = estate.self_of(load)
    if load.broken:
        yield from _unsigned_beside(load, host, estate)
    elif load.trusted and load.library.zone in WRITABLE:
        yield from _foreign_beside(load, host, estate)


def _unsigned_beside(load: Load, host: Load | None, estate: Estate) -> Iterator[Reason]:
    library, image, cited = load.library, load.image, load.rows
    loose = library.zone in WRITABLE
    if host is not None and host.signed is False:
        yield Reason(
            -10, f"{image.file} is not signed either, so an unsigned library is its habit.", cited
        )
        return
    signer = _signer(load, host, estate)
    if signer:
        who = image.file if host is not None and host.trusted else "others in this folder"
        carry = "carries" if host is not None and host.trusted else "carry"
        text = f"The library is {load.flaw}; {who} beside it {carry} {signer!r}."
        yield Reason(45 if loose else 20, text, load.rows, () if host is None else (host.cited,))
    elif host is not None and host.company and load.bare:
        text = (
            f"{image.file} is of {host.company}; the {load.flaw} library does not name its maker."
        )
        yield Reason(40 if loose else 15, text, load.rows, (host.cited,))
    elif loose:
        text = f"The library beside {image.file} is {load.flaw}, and users write there."
        yield Reason(20, text, cited)
    if loose and load.bare:
        yield Reason(12, "It has no version information.", cited)
    if library.name.endswith(_MODULES):
        text = f"{library.file} is a module of an interpreter, which scripts ask for by its path."
        yield Reason(-25, text, cited)
    yield from _habits(load, estate)


def _signer(load: Load, host: Load | None, estate: Estate) -> str:
    if host is not None and host.trusted:
        return host.signer
    if host is not None and host.signed is not None:
        return ""
    signers = Counter(
        other.signer
        for other in estate.siblings(load)
        if other.trusted and other.signer and not is_shipped(other.library.name)
    )
    common = signers.most_common(1)
    return common[0][0] if common and common[0][1] >= 2 else ""


def _habits(load: Load, estate: Estate) -> Iterator[Reason]:
    others = estate.siblings(load)
    unsigned = [other for other in others if other.broken]
    signers = Counter(other.signer for other in others if other.trusted and other.signer)
    if len(unsigned) >= _HABIT and len(unsigned) * 2 >= len(others):
        text = f"{len(unsigned)} other libraries in this folder are not signed either."
        yield Reason(-30, text, (), tuple(other.cited for other in unsigned[:5]))
    elif len(below := [other for other in estate.below(load) if other.broken]) >= _HABIT:
        text = f"{len(below)} other libraries below {load.image.where} are not signed either."
        yield Reason(-20, text, (), tuple(other.cited for other in below[:5]))
    elif not unsigned and signers and signers.most_common(1)[0][1] >= _HABIT:
        name, number = signers.most_common(1)[0]
        text = f"It is {load.flaw} while the {number} others in this folder carry {name!r}."
        yield Reason(10, text, load.rows, tuple(other.cited for other in others[:5]))


def _foreign_beside(load: Load, host: Load | None, estate: Estate) -> Iterator[Reason]:
    """Judge a validly signed library whose signer has nothing to do with its program's."""
    if host is None or not host.trusted or is_shipped(load.library.name):
        return
    mine, theirs = vendor_of(host.signer), vendor_of(load.signer)
    if mine & theirs or "microsoft" in theirs or not theirs:
        return
    rows, context = load.rows, (host.cited,)
    signed = f"{load.library.file} is signed by {load.signer!r}"
    text = f"{signed}, which is not {host.signer!r} of {load.image.file}."
    yield Reason(15, text, rows, context)
    alike = [other for other in estate.siblings(load) if vendor_of(other.signer) & theirs]
    if alike:
        yield Reason(
            -10, f"{len(alike)} others in this folder have that signature too.", rows, context
        )


def vendor_of(signer: str) -> frozenset[str]:
    """Give the words of a signer's name that tell it from others."""
    return frozenset(_VENDOR.findall(signer.lower())) - _LEGAL


def _prevalence(load: Load, estate: Estate) -> Iterator[Reason]:
    hosts = estate.hosts_of(load)
    if hosts >= _MANY_HOSTS:
        text = f"This pair was loaded on {hosts - 1} other hosts."
        yield Reason(-25 if load.library.zone in PROTECTED else -15, text, load.rows)


def _custom(load: Load, estate: Estate) -> Iterator[Reason]:
    """Hold a load against what was usual on quiet days; never enough by itself."""
    baseline, program = estate.known.baseline, load.image.name
    if baseline is None:
        return
    signer = load.signer if load.trusted else ""
    pair = pair_of(program, load.library.name, signer, load.library.zone.name)
    habit, others = baseline.pairs.get(pair), baseline.programs.get(program, 0)
    if habit is not None:
        hosts = f"{len(habit.hosts):,} host{'' if len(habit.hosts) == 1 else 's'}"
        since = f" since {habit.first}" if habit.first else ""
        yield Reason(-25, f"This pair was loaded on {hosts} in the baseline{since}.", load.rows)
    elif others:
        many = f"{others:,} other librar{'y' if others == 1 else 'ies'}"
        text = f"New: the baseline knows {program} with {many}, not with this."
        yield Reason(8, text, load.rows)


def _imported(load: Load, estate: Estate) -> Iterator[Reason]:
    """Hold a load against the imported table: who signs the library, and where it should lie."""
    hijack, library = estate.known.hijacks.get(load.library.name), load.library.name
    if hijack is None or load.signed is None:
        return
    if load.trusted and _is_expected(load.signer, hijack):
        text = f"{library} is signed by {load.signer}, as HijackLibs expects."
        yield Reason(-40, text, load.rows)
        return
    if hijack.locations and not hijack.expects(load.library):
        shown = f"is signed by {load.signer}" if load.trusted else "has no valid signature"
        wanted = " or ".join(hijack.signers[:2]) or hijack.vendor
        text = f"HijackLibs expects {library} elsewhere, signed by {wanted}; it {shown}."
        if hijack.signers:
            yield Reason(25, text, load.rows)
        elif load.broken:
            text = f"HijackLibs expects {library} of {hijack.vendor} elsewhere; it {shown}."
            yield Reason(10, text, load.rows)
    if load.image.name in hijack.hosts:
        text = f"HijackLibs lists {load.image.name} as a program that can be made to load it."
        yield Reason(5, text, load.rows)


def _is_expected(signer: str, hijack: Hijack) -> bool:
    """Tell whether a signer is one of those expected: the words of one hold those of the other."""
    mine = vendor_of(signer)
    expected = [vendor_of(name) for name in hijack.signers or (hijack.vendor,)]
    return any(mine and theirs and (mine <= theirs or theirs <= mine) for theirs in expected)
