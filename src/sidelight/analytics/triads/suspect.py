"""Triads become suspicions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from sidelight.analytics.hijacks import Hijack
from sidelight.analytics.suspicion import Cited, Reason, Sighting, Suspicion
from sidelight.analytics.triads.judge import (
    Case,
    Said,
    is_in_order,
    is_marked,
    said_of,
    said_of_pair,
)
from sidelight.analytics.triads.pairs import BLOBS, Pair, pairs
from sidelight.analytics.triads.traces import read_traces
from sidelight.analytics.triads.tree import File, Tree, plant
from sidelight.analytics.triads.weights import TOLD
from sidelight.pe.authenticode import Signature
from sidelight.pe.examined import Examined
from sidelight.schema import NO_TIME
from sidelight.values import dataclass

ANALYTIC: Final = "sideload.triad"
_CONTEXT: Final = 5
_UNASKED: Final = "Whether an issuer has revoked a certificate since was not asked: no network."


def suspect_triads(
    files: pa.Table, examined: Mapping[str, Examined], hijacks: Mapping[str, Hijack]
) -> Iterator[Suspicion]:
    """Suspect every pair of a program and a library that weighs enough; see `weigh_pairs`."""
    if not examined:
        return
    by_program: defaultdict[str, list[Weighed]] = defaultdict(list)
    for each in weigh_pairs(files, examined, hijacks):
        by_program[each.case.pair.program.source].append(each)
    for some in by_program.values():
        weak = [each.case.pair.library.file for each in some if each.points < TOLD]
        for each in some:
            if each.points >= TOLD:
                yield _suspicion(each, examined, weak)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A pair, and all that is said of it."""

    case: Case
    said: tuple[Said, ...]

    @property
    def points(self) -> int:
        """What it weighs in all."""
        return sum(each.points for each in self.said)


def weigh_pairs(
    files: pa.Table, examined: Mapping[str, Examined], hijacks: Mapping[str, Hijack]
) -> Iterator[Weighed]:
    """Weigh every pair of a program and a library that lie together and are not in order.

    Args:
        files: united `FILES`.
        examined: what a second look found, by source; a pair of which either was not looked at
            is not judged, and that is a gap of its own.
        hijacks: libraries that are known to be hijacked, by folded name.
    """
    tree = plant(files)
    claims = {file.source for some in tree.folders.values() for file in some if file.of_windows}
    known = {
        source: replace(each, signature=_settled(each, examined, tree, source in claims))
        for source, each in examined.items()
    }
    traces = read_traces(files)
    by_program: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs(tree):
        if pair.program.source in known and pair.library.source in known:
            by_program[pair.program.source].append(pair)
    for source, some in by_program.items():
        trail = traces.of(source)
        cases = [
            Case(pair, known[source], known[pair.library.source], 0, hijacks, trail)
            for pair in some
        ]
        ordinary = [case.pair for case in cases if _is_ordinary(case)]
        for case in cases:
            if not is_in_order(case):
                others = _like(case.pair, ordinary)
                yield Weighed(case, tuple(said_of(replace(case, unsigned=others))))


def _is_ordinary(case: Case) -> bool:
    """Tell whether a library is unsigned as others of its program may be, by its maker's habit.

    Whoever plants a library can put more beside it: only those count that look like nothing but a
    library.
    """
    pair = case.pair
    if pair.side or pair.via or pair.how == "names":
        return False
    return case.library.signature.status == "unsigned" and not is_marked(said_of_pair(case))


def _like(pair: Pair, ordinary: Sequence[Pair]) -> int:
    """Count those of *ordinary* that tell of a habit by which *pair* came to be.

    Those count that the program cannot start or go on without. Extensions lie about by the dozen
    and are as easily put there, so they excuse each other only where no blob lies beside them.
    """
    hosted = pair.how == "hosts"
    if hosted and 0 < len(pair.blobs) <= BLOBS:
        return 0
    alike = {each.library.source for each in ordinary if (each.how == "hosts") == hosted}
    return len(alike - {pair.library.source})


def _settled(
    looked: Examined, examined: Mapping[str, Examined], tree: Tree, claims: bool
) -> Signature:
    """Hold an unsigned file against the catalogs at hand.

    Args:
        looked: the file.
        examined: with the catalogs that list it.
        tree: that says which do.
        claims: it says that it is of Windows.
    """
    if looked.signature.status != "unsigned":
        return looked.signature
    note = ""
    for digest, source in tree.catalogs(looked.digests):
        catalog, name = (
            examined.get(source),
            source[max(source.rfind("/"), source.rfind("!")) + 1 :],
        )
        if catalog is not None and digest in catalog.digests:
            return replace(catalog.signature, status="catalog", note=f"listed in {name}")
        note = note or f"is listed in {name}, {_flaw(catalog)}"
    return replace(looked.signature, status="unknown" if claims else "unsigned", note=note)


def _flaw(catalog: Examined | None) -> str:
    """Say why a catalog vouches for nothing that it lists."""
    if catalog is None:
        return "which could not be read again to verify it"
    signature = catalog.signature
    if signature.holds:
        return "but not in the part of it that is signed"
    why = f"{signature.status}: {signature.note}" if signature.note else signature.status
    return f"whose own signature is no good ({why})"


def _suspicion(weighed: Weighed, examined: Mapping[str, Examined], weak: list[str]) -> Suspicion:
    case, pair = weighed.case, weighed.case.pair
    program, library = pair.program, pair.library
    looked = {**examined, program.source: case.program, library.source: case.library}
    named = (program, library, *((pair.via,) if pair.via else ()), *pair.blobs[:BLOBS])
    cited = {file.source: _cite(file, looked.get(file.source), program) for file in named}
    rows = tuple(cited.values())
    reasons = [
        Reason(each.points, each.text, tuple(cited[file.source] for file in each.about))
        for each in weighed.said
    ]
    if weak:
        names = ", ".join(weak[:_CONTEXT])
        more = f" and {len(weak) - _CONTEXT} more" if len(weak) > _CONTEXT else ""
        text = f"Beside it {program.file} gets others that weigh less: {names}{more}."
        reasons.append(Reason(0, text, rows[:1]))
    if case.program.signature.holds:
        reasons.append(Reason(0, _UNASKED, rows[:1]))
    ordered = sorted(reasons, key=lambda reason: (-abs(reason.points), reason.text))
    return Suspicion(
        analytic=ANALYTIC,
        cls="sideload",
        title=_title(case),
        host=program.host,
        actors=(),
        things=tuple(f"file:{file.source}" for file in named),
        reasons=tuple(ordered),
        refute=_refute(case),
        image=program.written,
        files=tuple(
            _sighting(file, looked[file.source], cited[file.source])
            for file in named
            if file.source in looked
        ),
    )


def _title(case: Case) -> str:
    pair, signature = case.pair, case.library.signature
    what = "a foreign" if signature.holds else "an unsigned"
    if signature.status not in {"unsigned", "unknown", "ok", "catalog"}:
        what = "a badly signed"
    beside = f", beside {pair.blobs[0].file}" if pair.blobs else ""
    return f"{pair.program.file} would load {what} {pair.library.file}{beside}"


def _sighting(file: File, known: Examined, row: Cited) -> Sighting:
    """Say of a file what other surfaces may confirm or contradict."""
    signature = known.signature
    signed = None if signature.status == "unknown" or file.sort == "blob" else signature.holds
    digests = (("sha256", known.sha256),)
    return Sighting("disk", file.written, row, digests, signed, signature.signer)


def _refute(case: Case) -> tuple[str, ...]:
    library, program = case.pair.library, case.pair.program
    said = [f"Compare {library.file} ({case.library.sha256}) with the vendor's installer."]
    if case.program.signature.status == "unknown" or case.library.signature.status == "unknown":
        said.append(
            r"Add Windows\System32\CatRoot of the same host: catalogs say what is Windows'."
        )
    ran = "" if case.trail.run or case.trail.noticed else ": nothing at hand says that it was run"
    said.append(f"Ask who put {program.file} there{ran}.")
    return tuple(said)


def _cite(file: File, known: Examined | None, program: File) -> Cited:
    fields = [("Path", file.written), ("FileType", file.sort)]
    if known is not None:
        signature = known.signature
        fields += [
            ("SHA256", known.sha256),
            ("Size", str(known.size)),
            ("SignatureStatus", signature.status if file.sort != "blob" else ""),
            ("Signature", signature.signer),
            ("Issuer", signature.issuer),
            ("SerialNumber", signature.serial),
            ("Signed", _instant(signature.signed)),
            ("Linked", _instant(known.linked)),
            ("Modified", _instant(known.modified)),
            ("Zone", known.zone),
        ]
    fields += [("OriginalFileName", file.original), ("Company", file.company)]
    shown = tuple((name, text) for name, text in fields if text)
    return Cited(file.source, 1, file.channel, "", NO_TIME, "", program.written, shown)


def _instant(seconds: int) -> str:
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
