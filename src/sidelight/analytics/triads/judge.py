"""What speaks for a pair being a sideload, and what against."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from sidelight.analytics.hijacks import Hijack
from sidelight.analytics.known import known_pairs, phantom_names, system_names
from sidelight.analytics.ownership import is_renamed, vendor_of
from sidelight.analytics.paths import HOME, WRITABLE, Zone
from sidelight.analytics.triads.pairs import BLOBS, Pair, is_redistributed
from sidelight.analytics.triads.traces import NO_TRAIL, Trail
from sidelight.analytics.triads.tree import File
from sidelight.analytics.triads.weights import SIGNS, TRAITS
from sidelight.pe.authenticode import Signature
from sidelight.pe.examined import Examined
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

_FEW: Final = 6
_HABIT: Final = 3
_DAY: Final = 86_400
_SHIM: Final = 0.8


@dataclass(frozen=True, slots=True)
class Said:
    """A trait that a pair has, as a sentence about it."""

    trait: str
    text: str
    about: tuple[File, ...]

    @property
    def points(self) -> int:
        """What it weighs; nothing where it is only a remark."""
        return TRAITS[self.trait].points if self.trait else 0


@dataclass(frozen=True, slots=True)
class Case:
    """A pair with all that is known of its files.

    Args:
        unsigned: how many other libraries beside the program, which it imports itself, are not
            signed either and show no sign of their own.
        hijacks: libraries that are known to be hijacked, by folded name.
        trail: what the host noted of the program.
    """

    pair: Pair
    program: Examined
    library: Examined
    unsigned: int
    hijacks: Mapping[str, Hijack]
    trail: Trail = NO_TRAIL


def is_in_order(case: Case) -> bool:
    """Tell whether a library is what its program's vendor, or Microsoft, put there."""
    mine, theirs = case.program.signature, case.library.signature
    if not theirs.holds:
        return False
    if _is_microsoft(theirs) and (
        is_redistributed(case.pair.library) or not is_renamed(*_names(case.pair.library))
    ):
        return True
    return mine.holds and _is_same(mine, theirs)


def said_of(case: Case) -> Iterator[Said]:
    """Say everything that is to be said of a pair."""
    found = list(said_of_pair(case))
    yield from found
    yield from _company(case, is_marked(found))
    yield from _times(case)
    yield from _runs(case)


def said_of_pair(case: Case) -> Iterator[Said]:
    """Say what the two files are, whatever else lies beside them."""
    yield from _signatures(case)
    yield from _expectations(case)
    yield from _names_of(case)
    yield from _functions(case)
    yield from _places(case)


def is_marked(said: Iterable[Said]) -> bool:
    """Tell whether a pair shows a sign of sideloading of its own; see `SIGNS`."""
    return any(each.trait in SIGNS for each in said)


def _signatures(case: Case) -> Iterator[Said]:
    program, library = case.pair.program, case.pair.library
    mine, theirs = case.program.signature, case.library.signature
    if mine.holds:
        text = f"{program.file} is trusted: signed by {mine.signer}{_by_catalog(mine)}."
        yield Said("program-trusted", text, (program,))
    elif mine.status == "unknown":
        text = f"{program.file} says it is of Windows, which signs by catalogs; none lists it."
        yield Said("program-unknown", text, (program,))
    else:
        yield Said("program-untrusted", f"{program.file} {_flaw(mine)}.", (program,))
    about = (library,)
    match theirs.status:
        case "unsigned":
            yield Said("library-unsigned", f"{library.file} is not signed.", about)
        case "unknown":
            text = f"{library.file} says it is of Windows, which signs by catalogs; none lists it."
            yield Said("library-unknown", text, about)
        case "ok" | "catalog":
            text = f"{library.file} is signed by {theirs.signer}, {program.file} is not."
            if mine.holds:
                text = f"{library.file} is signed by {theirs.signer}, not by {mine.signer}."
            yield Said("library-other", text, about)
        case _:
            yield Said("library-bad", f"{library.file} {_flaw(theirs)}.", about)
    for file, signature in ((program, mine), (library, theirs)):
        yield from _remarks(file, signature)


def _remarks(file: File, signature: Signature) -> Iterator[Said]:
    """Say what was claimed of a signature and does not count."""
    if signature.status in {"unsigned", "unknown"} and signature.note:
        yield Said("", f"{file.file} {signature.note}.", (file,))
    if signature.unstamped:
        text = f"A timestamp of {file.file}'s signature does not count: {signature.unstamped}."
        yield Said("", text, (file,))


def _by_catalog(signature: Signature) -> str:
    return f" ({signature.note})" if signature.status == "catalog" else ""


def _flaw(signature: Signature) -> str:
    by = f" in the name of {signature.signer}" if signature.signer else ""
    note = f": {signature.note}" if signature.note else ""
    if signature.status == "unsigned":
        return "is not signed"
    return f"has a signature{by} that is no good ({signature.status}{note})"


def _expectations(case: Case) -> Iterator[Said]:
    library, signature = case.pair.library, case.library.signature
    name = signature.signer.lower() if signature.holds else ""
    known = known_pairs().get(library.name)
    if known is not None and known.signers:
        hosts = {case.pair.program.name, case.pair.program.original.lower()}
        expected = " or ".join(known.signers)
        if any(word in name for word in known.signers):
            text = f"{library.file} carries the signature that is expected of it."
            yield Said("pair-expected", text, (library,))
        elif hosts & set(known.hosts):
            text = f"{library.file} should be signed by {expected} ({known.source})."
            yield Said("pair-unexpected", text, (library,))
        return
    hijack = case.hijacks.get(library.name)
    if hijack is None or case.pair.program.name not in hijack.hosts:
        return
    wanted = hijack.signers or (hijack.vendor,)
    if not any(vendor_of(name) & vendor_of(each) for each in wanted):
        text = f"HijackLibs lists {case.pair.program.file} as made to load {library.file}."
        yield Said("pair-imported", text, (library,))


def _names_of(case: Case) -> Iterator[Said]:
    program, library = case.pair.program, case.pair.library
    if library.place.zone not in HOME and not is_redistributed(library):
        if library.name in system_names():
            text = f"{library.file} has the name of a library that belongs in System32."
            yield Said("system-name", text, (library,))
        elif library.name in phantom_names():
            text = f"{library.file} has the name of a library that Windows asks for and lacks."
            yield Said("system-name", text, (library,))
    if program.original and is_renamed(*_names(program)):
        text = f"{program.file} is {program.original} by its version information."
        yield Said("renamed-program", text, (program,))
    if library.original and "." in library.original and is_renamed(*_names(library)):
        text = f"{library.file} is {library.original} by its version information."
        yield Said("renamed-library", text, (library,))
    if not library.original and not library.company:
        yield Said("bare-library", f"{library.file} has no version information.", (library,))
    if case.pair.how == "imports" and not case.pair.side:
        who = (case.pair.via or program).file
        text = f"{who} imports {library.file}, so it is loaded at once."
        yield Said("hard-import", text, (program, library))
    else:
        who = (case.pair.via or program).file
        yield Said("", f"{who} {case.pair.how} {library.file}.", (program, library))


def _names(file: File) -> tuple[str, str]:
    return file.name, file.original


def _functions(case: Case) -> Iterator[Said]:
    library, exports = case.pair.library, case.library.exports
    about = (library,)
    if exports.own >= 2 and exports.places * 2 < exports.own:
        places = "one place" if exports.places == 1 else f"{exports.places} places"
        text = f"{exports.own} functions of {library.file} lead to {places}."
        yield Said("one-place", text, about)
    if exports.count >= 2 and len(exports.forwarders) > _SHIM * exports.count:
        to = exports.forwarders[0].rpartition(".")[0]
        text = f"{library.file} passes {len(exports.forwarders)} functions on to {to}."
        yield Said("passes-calls-on", text, about)
    asked = case.program.functions.get(library.name, frozenset())
    if not asked or case.pair.via is not None:
        return
    if asked == exports.names:
        text = f"{library.file} offers exactly what {case.pair.program.file} asks for."
        yield Said("made-to-fit", text, (case.pair.program, library))
        return
    missing = asked - exports.names
    if not all(name.startswith("#") for name in missing):
        text = f"{library.file} lacks {len(missing)} of {len(asked)} functions asked for."
        yield Said("missing-functions", text, (case.pair.program, library))


def _places(case: Case) -> Iterator[Said]:
    pair = case.pair
    if pair.library.place.zone in WRITABLE:
        text = f"Users may write to {pair.library.place.where}."
        yield Said("writable", text, (pair.library,))
    if pair.program.of_windows and pair.program.place.zone not in HOME | {Zone.NOWHERE}:
        text = f"{pair.program.file} says it is of Windows and lies in {pair.program.place.where}."
        yield Said("away", text, (pair.program,))
    if pair.side.endswith(".local"):
        text = f"{pair.side} redirects what {pair.program.file} loads by name."
        yield Said("redirected", text, (pair.program, pair.library))
    for file, known in ((pair.program, case.program), (pair.library, case.library)):
        if known.zone:
            yield Said("downloaded", f"{file.file} was downloaded ({known.zone}).", (file,))
            break


def _company(case: Case, marked: bool) -> Iterator[Said]:
    """Say what lies beside a pair, which whoever planted it may have put there as well.

    So company excuses nothing where the pair is *marked*.
    """
    pair = case.pair
    if 0 < len(pair.blobs) <= BLOBS:
        names = ", ".join(blob.file for blob in pair.blobs)
        text = f"{names} beside them look{'s' if len(pair.blobs) == 1 else ''} encrypted."
        yield Said("blob", text, pair.blobs)
    elif pair.blobs:
        text = f"{len(pair.blobs)} files beside them look encrypted."
        yield Said("blob" if marked else "many-blobs", text, pair.blobs[:BLOBS])
    text = f"{pair.company} programs and libraries lie in the folder"
    if pair.company + len(pair.blobs) <= _FEW:
        yield Said("alone", f"{text}.", (pair.library,))
    elif marked:
        yield Said("unexcused", f"{text}, which excuses nothing here.", (pair.library,))
    if case.unsigned >= _HABIT and not marked:
        text = f"{case.unsigned} other libraries that {pair.program.file} gets are not signed."
        yield Said("habit", text, (pair.program,))


def _times(case: Case) -> Iterator[Said]:
    library, known = case.pair.library, case.library
    if known.linked and 0 < known.modified < known.linked - _DAY:
        text = (
            f"{library.file} was last written on {_day(known.modified)}, "
            f"before it was linked on {_day(known.linked)}."
        )
        yield Said("back-dated", text, (library,))
    signed = known.signature.signed
    if known.linked and signed and signed < known.linked - _DAY:
        text = f"{library.file} was signed on {_day(signed)} and linked on {_day(known.linked)}."
        yield Said("", text, (library,))


def _runs(case: Case) -> Iterator[Said]:
    """Say what Windows noted of the program; of one that it noted nothing of, nothing."""
    program, library, trail = case.pair.program, case.pair.library, case.trail
    if trail.run:
        last = f", last on {_day(trail.last // 10**9)}" if trail.last != NO_TIME else ""
        trait = "run-lately" if trail.is_late else "run"
        yield Said(trait, f"{program.file} was run{last} (prefetch).", (program,))
        if trail.has_read(library.source):
            text = f"{program.file} read {library.file} when it was started (prefetch)."
            yield Said("loaded", text, (program, library))
        elif case.pair.how == "imports" and not case.pair.side:
            text = f"{program.file} was run without reading {library.file} (prefetch)."
            yield Said("not-loaded", text, (program, library))
    elif trail.noticed:
        text = f"Windows looked at {program.file}, as before a start ({trail.noticed})."
        yield Said("noticed", text, (program,))
    elif trail.programs:
        text = f"Prefetch of {trail.programs} programs does not have {program.file}."
        yield Said("", text, (program,))


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _is_microsoft(signature: Signature) -> bool:
    return "microsoft" in f"{signature.signer} {signature.organisation}".lower()


def _is_same(one: Signature, other: Signature) -> bool:
    """Tell whether two signers are of one house, as far as their names tell."""
    mine, theirs = (each.organisation or each.signer for each in (one, other))
    return mine.lower() == theirs.lower() or bool(vendor_of(mine) & vendor_of(theirs))
