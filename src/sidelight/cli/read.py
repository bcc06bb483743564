"""``sidelight read``: read reports, and write a brief of them that ends in hunts."""

import re
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sidelight.cli import exits
from sidelight.cli.configuration import tlp_or_own
from sidelight.cli.outputs import Outputs, refuse_evidence, refuse_homeless
from sidelight.cli.reports import Taken, files_of, shelf_folder, take
from sidelight.errors import EvidenceError, UsageError
from sidelight.plural import many
from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.intel.markings import Marking
    from sidelight.reading.brief import Brief
    from sidelight.reading.document import Document
    from sidelight.reading.read import Reading


_EARLIER: Final = 30
_SHORT: Final = 100_000
"""So many reports that were kept, and texts no longer than this, are held against a new one."""


class BriefFormat(StrEnum):
    """How a brief is written."""

    md = "md"
    html = "html"
    json = "json"
    stix = "stix"


Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE|URL|-|FOLDER…",
        help="Text, Markdown, HTML, PDF, DOCX, e-mail, STIX, MISP, RSS or Atom; - is standard "
        "input. Only a URL that is named here is fetched.",
    ),
]
Format = Annotated[BriefFormat, typer.Option("--format", "-f", help="Of the brief.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, not standard output."),
]
AssetFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Says what your hosts are (TOML or CSV).")
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store", metavar="FILE", help="Hold it against this store of intelligence, not your own."
    ),
]
WarningLists = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Lists of MISP to warn of well-known names, too."),
]
Tlp = Annotated[str, typer.Option(help="TLP 2.0 marking of the brief. [default: amber+strict]")]
Keep = Annotated[bool, typer.Option("--keep/--no-keep", help="Keep the report, to be hunted for.")]
Again = Annotated[
    bool, typer.Option("--again", help="Of a folder or feed, tell what was told before, too.")
]
Show = Annotated[
    str | None, typer.Option("--show", metavar="ID", help="Read a kept report once more.")
]
Listing = Annotated[bool, typer.Option("--list", help="List the reports that are kept.")]
Endpoint = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Let a model behind this OpenAI-compatible address propose claims, too. The text is "
        "sent there.",
    ),
]
Model = Annotated[str, typer.Option(help="Name of that model.")]


_ESCAPED: Final = re.compile(r"\\([\\`*_{}\[\]<>()#+\-.!|~])")
"""What Markdown would take for its own, and is not."""


def read_command(  # noqa: PLR0913
    sources: Sources = None,
    format_: Format = BriefFormat.md,
    output: Output = None,
    assets: AssetFile = None,
    store: Store = None,
    warninglists: WarningLists = None,
    tlp: Tlp = "",
    keep: Keep = True,
    again: Again = False,
    show: Show = None,
    list_: Listing = False,
    endpoint: Endpoint = "",
    model: Model = "",
) -> int:
    """Read reports, and write a brief in which every sentence cites what it rests on.

    Of a folder or a feed, what is new since the last time is told. Nothing is sent anywhere and
    no model is needed. Exit codes: 0 read, 2 usage, 3 something could not be read.

    Example: sidelight read advisory.pdf --format html --output brief.html
    """
    if list_:
        return _list()
    if bool(sources) == bool(show):
        raise UsageError("name what to read, or --show ID, or --list")
    request = _Request(
        format_.value, output, assets, store, warninglists, tlp, keep and not show, again,
        endpoint, model, show,
    )  # fmt: skip
    if output is not None and str(output) != "-":
        refuse_homeless([output])
    if output is not None and output.is_file():
        lists = [each for each in (assets, store) if each is not None]
        refuse_evidence([output], [*files_of(sources or ()), *lists])
    problems: list[EvidenceError] = []
    taken = _from_shelf(show, problems) if show else list(take(sources or [], problems))
    for error in problems:
        print(f"sidelight: {error}", file=sys.stderr)  # noqa: T201
    if taken:
        _brief(request, taken)
    elif not problems:
        print("sidelight: there is nothing to read", file=sys.stderr)  # noqa: T201
    return exits.UNREADABLE if problems else 0


@dataclass(frozen=True, slots=True)
class _Request:
    format: str
    output: Path | None
    assets: Path | None
    store: Path | None
    warninglists: Path | None
    tlp: str
    keep: bool
    again: bool
    endpoint: str
    model: str
    show: str | None


def _list() -> int:
    from sidelight.reading.shelf import all_kept  # noqa: PLC0415 - not for --help
    from sidelight.reading.shown import shown  # noqa: PLC0415

    for each in all_kept(shelf_folder()):
        techniques = " ".join(each.techniques)
        rules = many(each.rule_count, "rule")
        typer.echo(f"{each.id}  {rules:>9}  {shown(each.title)}  {techniques}".rstrip())
    return 0


def _from_shelf(identity: str, problems: list[EvidenceError]) -> list[Taken]:
    from sidelight.reading.formats import read_documents  # noqa: PLC0415 - not for --help
    from sidelight.reading.shelf import kept  # noqa: PLC0415

    found = []
    report = kept(shelf_folder(), identity)
    for name, path in report.originals:
        data = path.read_bytes()
        try:
            documents = tuple(d for d in read_documents(data, name) if d.id in report.documents)
        except EvidenceError as error:
            problems.append(error)
            continue
        found.append(Taken(name, name, data, documents, repeats=False))
    return found


def _brief(request: _Request, taken: Sequence[Taken]) -> None:
    from sidelight.reading.shelf import keep, remember, seen  # noqa: PLC0415 - not for --help

    marking = tlp_or_own(request.tlp)
    shelf = shelf_folder()
    told = {
        each.source: frozenset() if request.again else seen(shelf, _key(each))
        for each in taken
        if each.repeats
    }
    new = [_without(each, told.get(each.source, frozenset())) for each in taken]
    new = [each for each in new if each.documents]
    old = sum(len(each.documents) for each in taken) - sum(len(each.documents) for each in new)
    if old:
        print(f"sidelight: {old} documents were told before (--again tells them)", file=sys.stderr)  # noqa: T201
    if not new:
        print("sidelight: nothing new", file=sys.stderr)  # noqa: T201
        return
    ids = frozenset(document.id for each in new for document in each.documents)
    brief = _composed(request, new, list(_kept_before(ids)))
    _write(brief, request, marking)
    if not request.keep and request.show is None:
        print(  # noqa: T201
            "sidelight: not kept: its --from-report commands work once it is read with --keep",
            file=sys.stderr,
        )
    if request.keep:
        try:
            folder = keep(shelf, brief, {each.name: each.data for each in new})
        except OSError as error:
            raise UsageError(
                f"the report cannot be kept: {error.strerror}",
                where=str(error.filename or shelf),
                hint="--no-keep reads it all the same",
            ) from None
        print(f"sidelight: kept as {brief.id} in {folder}", file=sys.stderr)  # noqa: T201
        for each in new:
            if each.repeats:
                remember(shelf, _key(each), frozenset(d.id for d in each.documents))


def _kept_before(ids: frozenset[str]) -> "Iterator[tuple[str, Document]]":
    """Yield documents of the reports that were kept last, those of *ids* left out."""
    from sidelight.reading.formats import read_documents  # noqa: PLC0415 - not for --help
    from sidelight.reading.shelf import latest  # noqa: PLC0415

    for report in latest(shelf_folder(), _EARLIER):
        for name, path in report.originals:
            try:
                documents = read_documents(path.read_bytes(), name)
            except (EvidenceError, OSError):
                continue  # it was told of when it was read
            for document in documents:
                if document.id in report.documents - ids and len(document.text) < _SHORT:
                    yield report.id, document


def _key(each: Taken) -> str:
    return each.source if "://" in each.source else str(Path(each.source).resolve())


def _without(each: Taken, told: frozenset[str]) -> Taken:
    left = tuple(document for document in each.documents if document.id not in told)
    return Taken(each.name, each.source, each.data, left, each.repeats)


def _composed(
    request: _Request, taken: Sequence[Taken], earlier: "Sequence[tuple[str, Document]]"
) -> "Brief":
    from sidelight.cli.knowing import known  # noqa: PLC0415 - not for --help
    from sidelight.findings.assets import Assets  # noqa: PLC0415
    from sidelight.hunt.asset_file import read_asset_file  # noqa: PLC0415
    from sidelight.intel.warning import read_warnings  # noqa: PLC0415
    from sidelight.reading.compose import compose  # noqa: PLC0415
    from sidelight.reading.lexicon import make_lexicon  # noqa: PLC0415
    from sidelight.reading.read import read  # noqa: PLC0415

    knowledge = known(request.store)
    lexicon, warnings = make_lexicon(knowledge), read_warnings(request.warninglists)
    for note in warnings.notes:
        print(f"sidelight: {note}", file=sys.stderr)  # noqa: T201
    readings: list[Reading] = []
    ids: set[str] = set()
    for each in taken:
        for document in each.documents:
            if document.id not in ids:  # the same bytes twice are one text
                ids.add(document.id)
                readings.append(read(document, lexicon, warnings))
    if request.endpoint:
        from sidelight.cli.proposing import propose  # noqa: PLC0415

        readings = [propose(each, request.endpoint, request.model, knowledge) for each in readings]
    assets = read_asset_file(request.assets).assets if request.assets else Assets()
    before = [(name, read(document, lexicon, warnings)) for name, document in earlier]
    return compose(readings, knowledge, assets, before)


def _write(brief: "Brief", request: _Request, marking: "Marking") -> None:
    from sidelight.reading.writers import WRITERS  # noqa: PLC0415 - not for --help

    text = WRITERS[request.format](brief, marking)
    if request.output is None or str(request.output) == "-":
        if request.format == "md" and sys.stdout.isatty():
            text = _ESCAPED.sub(r"\1", text)  # a person reads it, not a renderer
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.flush()
        return
    with Outputs() as outputs:
        outputs.open(request.output).write(text.encode("utf-8", "replace"))
        for error in outputs.finish():
            raise error
