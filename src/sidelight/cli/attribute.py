"""``sidelight attribute``: whom findings resemble, and what analysts add to that."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sidelight.cli.knowing import known
from sidelight.cli.tlp import tlp_named
from sidelight.errors import UsageError
from sidelight.output.plain import plain

if TYPE_CHECKING:
    from sidelight.attribution.notes import Note
    from sidelight.findings.finding import Finding
    from sidelight.findings.resemblance import Hypothesis, Resemblance
    from sidelight.intel.knowledge import Knowledge
    from sidelight.output.stix.likeness import Remark

attribute = typer.Typer(
    help="Say whom findings resemble, how sure that is, and add what you know.",
    no_args_is_help=True,
)

_NONE = "\u00d71"

Findings = Annotated[Path, typer.Argument(metavar="FINDINGS", help="JSON lines of a hunt.")]
Only = Annotated[str, typer.Option("--finding", metavar="ID", help="This finding alone.")]
Notes = Annotated[
    Path | None, typer.Option("--notes", metavar="FILE", help="Notes of analysts that count.")
]
Store = Annotated[
    Path | None, typer.Option("--store", metavar="FILE", help="The store; without it, your own.")
]
Whole = Annotated[bool, typer.Option("--all", help="Show every hypothesis and every line.")]
NoteFile = Annotated[Path, typer.Argument(metavar="NOTES", help="A file of notes.")]
NoteId = Annotated[str, typer.Argument(metavar="ID", help="The note, as the log names it.")]
About = Annotated[
    str, typer.Option("--about", metavar="NAME", help="A set, by any of its names; or unknown.")
]
Factor = Annotated[
    float, typer.Option("--factor", help="What it multiplies the odds by; 2 doubles them.")
]
OnLine = Annotated[
    str,
    typer.Option(
        "--line",
        metavar="KEY",
        help="Weigh this line instead: 0 disregards it, 1 leaves it, 3 at most.",
    ),
]
OpinionOption = Annotated[
    str, typer.Option("--opinion", help="strongly-disagree … strongly-agree; weighs nothing.")
]
_LINES: Final = ("tool", "delivery", "technique", "role")
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="Who says so.")]


@attribute.command("show", short_help="Show the rival hypotheses, and what each rests on.")
def show(
    findings: Findings,
    finding: Only = "",
    notes: Notes = None,
    store: Store = None,
    whole: Whole = False,
) -> int:
    """Hold findings against what intrusion sets are said to use; every line shows its weight.

    Example: sidelight attribute show findings.jsonl --all
    """
    _, came = _weighed(findings, finding, notes, store)
    for line in _shown(came, whole=whole):
        typer.echo(plain(line))
    return 0


@attribute.command("export", short_help="Write the hypotheses and notes as STIX.")
def export(  # noqa: PLR0913
    findings: Findings,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The bundle.")],
    finding: Only = "",
    notes: Notes = None,
    store: Store = None,
    campaign: Annotated[
        str, typer.Option("--campaign", metavar="NAME", help="Attribute a campaign of this name.")
    ] = "",
    tlp: Annotated[str, typer.Option("--tlp", help="TLP 2.0 label.")] = "amber+strict",
) -> int:
    """Write a STIX bundle: intrusion sets, how they relate, with confidence, notes, opinions.

    Example: sidelight attribute export findings.jsonl -o attribution.stix.json
    """
    from sidelight import __version__  # noqa: PLC0415 - not for --help
    from sidelight.output.stix import open_stix  # noqa: PLC0415

    marking = tlp_named(tlp)
    added, came = _weighed(findings, finding, notes, store)
    with output.open("wb") as file:
        bundle = open_stix(file, __version__, marking)
        bundle.resemble(came, _remarks(came, added), campaign)
        bundle.end()
    typer.echo(f"{len(came.told)} hypotheses, {len(added)} notes: {plain(str(output))}")
    return 0


@attribute.command("add", short_help="Add a note: evidence, another weight, an opinion.")
def add(  # noqa: PLR0913
    notes: NoteFile,
    about: About,
    reason: Reason,
    by: By,
    factor: Factor = 1.0,
    line: OnLine = "",
    opinion: OpinionOption = "",
    store: Store = None,
) -> int:
    """Append a note to a file of notes, which is made where it is missing.

    Example: sidelight attribute add notes.jsonl --about Fireant --factor 3 --by anna --reason "…"
    """
    from sidelight.attribution.notes import Note, next_id, opinion_of  # noqa: PLC0415 - not for --help

    if line and line.partition(":")[0] not in _LINES:
        names = ", ".join(f"{name}:…" for name in _LINES)
        raise UsageError(f"no line has the key {line!r}", where="--line", hint=f"keys are {names}")
    before = _read(notes)
    name = _set(about, known(store)) if about != "unknown" else about
    new = Note(next_id(before), 1, _now(), by, name, reason, line, factor, opinion_of(opinion))
    return _append(notes, new)


@attribute.command("revise", short_help="Replace what a note says; the old text stays.")
def revise_command(  # noqa: PLR0913
    notes: NoteFile,
    note: NoteId,
    reason: Reason,
    by: By,
    factor: Annotated[
        float | None, typer.Option("--factor", help="Another one; without it, it stays.")
    ] = None,
    opinion: OpinionOption = "",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Let it count no more.")] = False,
) -> int:
    """Append a revision: a note counts as its last revision says.

    Example: sidelight attribute revise notes.jsonl n1 --withdraw --by anna --reason "…"
    """
    from dataclasses import replace  # noqa: PLC0415

    from sidelight.attribution.notes import opinion_of, revise  # noqa: PLC0415 - not for --help

    before = _read(notes)
    last = next((each for each in reversed(before) if each.id == note), None)
    if last is None:
        raise UsageError(f"holds no note {note!r}", where=str(notes))
    state = "withdrawn" if withdraw else "stands"
    new = replace(
        last,
        date=_now(),
        by=by,
        reason=reason,
        factor=last.factor if factor is None else factor,
        opinion=opinion_of(opinion) if opinion else last.opinion,
        state=state,
    )
    return _append(notes, revise(before, new))


@attribute.command("log", short_help="Show every revision of every note.")
def log(notes: NoteFile) -> int:
    """List who said what, when and why, in the order in which it was written.

    Example: sidelight attribute log notes.jsonl
    """
    for each in _read(notes):
        on = f" on {each.line}" if each.line else ""
        said = f", {each.opinion}" if each.opinion else ""
        typer.echo(
            plain(
                f"{each.id}.{each.revision}  {each.date}  {each.by}: {each.about}{on} "
                f"\u00d7{each.factor:g}{said}, {each.state}. {each.reason}"
            )
        )
    return 0


def _weighed(
    path: Path, only: str, notes: Path | None, store: Path | None
) -> "tuple[tuple[Note, ...], Resemblance]":
    from sidelight.attribution.hearsay import lore_of  # noqa: PLC0415 - not for --help
    from sidelight.attribution.notes import standing  # noqa: PLC0415
    from sidelight.attribution.observation import observe  # noqa: PLC0415
    from sidelight.attribution.weigh import weigh  # noqa: PLC0415

    if notes and not notes.exists():
        raise UsageError("there is no such file", where=str(notes))
    added = standing(_read(notes)) if notes else ()
    return added, weigh(observe(_findings(path, only)), lore_of(known(store)), added)


def _findings(path: Path, only: str) -> "list[Finding]":
    from sidelight.attribution.recorded import recorded  # noqa: PLC0415 - not for --help

    try:
        with path.open("rb") as file:
            some = [each for each in recorded(file, str(path)) if not only or each.id == only]
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    if only and not some:
        raise UsageError(f"holds no finding {only!r}", where=str(path))
    return some


def _shown(came: "Resemblance", *, whole: bool) -> "list[str]":
    from sidelight.output.likeness import chance, likeness  # noqa: PLC0415 - not for --help

    lines = list(likeness(came))
    for each in came.hypotheses if whole else came.told:
        numbers = f" ({', '.join(each.numbers)})" if each.numbers else ""
        lines += ["", f"{each.name}{numbers}: {chance(each.probability)}"]
        lines += _evidence(each, whole=whole)
    if came.told or whole:
        lines += [
            "",
            "\u00d7n moves the odds of a set against an unknown one; below 1 is against it.",
        ]
    return lines


def _evidence(each: "Hypothesis", *, whole: bool) -> "list[str]":
    from sidelight.output.likeness import times  # noqa: PLC0415 - not for --help

    rows = each.lines if whole else [row for row in each.lines if times(row) != _NONE][:12]
    lines = []
    for row in rows:
        rest = f" [{', '.join(row.sources)}]" if row.sources else ""
        lines.append(f"  {times(row):>7}  {row.key}: {row.text}{rest}")
    if len(rows) < len(each.lines):
        lines.append(f"  … {len(each.lines) - len(rows)} more lines: --all")
    return lines


def _remarks(came: "Resemblance", notes: "tuple[Note, ...]") -> "list[Remark]":
    from sidelight.output.stix.likeness import Remark  # noqa: PLC0415 - not for --help

    found = []
    for each in came.told:
        for note in notes:
            if note.about not in {each.id, each.name, *each.numbers}:
                continue
            date, authors = note.date.replace("Z", ".000Z"), [note.by]
            if note.opinion:
                content = {
                    "opinion": note.opinion,
                    "explanation": note.reason,
                    "authors": authors,
                }
                found.append(Remark("opinion", each.id, date, content))
            else:
                on = f" on {note.line}" if note.line else ""
                text = f"{note.reason} (\u00d7{note.factor:g}{on})"
                content = {"content": text, "authors": authors}
                found.append(Remark("note", each.id, date, content))
    return found


def _set(name: str, knowledge: "Knowledge") -> str:
    """Find the one set that *name* means."""
    from sidelight.intel.entity import ACTORS  # noqa: PLC0415 - not for --help
    from sidelight.intel.names import NameIndex  # noqa: PLC0415

    index = NameIndex(knowledge)
    found = [each for each in index.look_up(name) if each.entity.type in ACTORS]
    exact = {
        knowledge.counted_as.get(each.entity.id, each.entity.id)
        for each in found
        if each.match != "folded"
    }
    if len(exact) == 1:
        (one,) = exact
        called = knowledge.name_of(one)
        alone = sum(each.entity.name == called for each in found) == 1
        return called if alone else one
    meant = sorted(exact or {each.entity.id for each in found})
    near = "; ".join(f"{knowledge.name_of(each)} {each}" for each in meant)
    near = near or ", ".join(sorted({each.name for each in index.propose(name)}))
    reason = f"no set is known as {name!r}"
    if meant:
        reason = f"{name!r} may mean {len(meant)} sets" if exact else f"{name!r} is no exact name"
    raise UsageError(reason, where="--about", hint=near or "sidelight intel search")


def _read(path: Path) -> "tuple[Note, ...]":
    from sidelight.attribution.notes import read_notes  # noqa: PLC0415 - not for --help

    if not path.exists():
        return ()
    try:
        return read_notes(path.read_text(encoding="utf-8"), str(path))
    except ValueError:
        raise UsageError("is no UTF-8", where=str(path)) from None


def _append(path: Path, note: "Note") -> int:
    from sidelight.attribution.notes import check, note_line  # noqa: PLC0415 - not for --help

    check(note, str(path))
    with path.open("ab") as file:
        file.write(note_line(note))
    did = "withdrawn" if note.state == "withdrawn" else "added" if note.revision == 1 else "revised"
    on = f", on {note.line}" if note.line else ""
    typer.echo(plain(f"note {note.id} {did}, about {note.about}{on}: \u00d7{note.factor:g}"))
    return 0


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
