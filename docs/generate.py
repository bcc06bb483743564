"""Write the reference pages that the program itself knows best.

``python docs/generate.py`` writes them, ``--check`` says which are out of date and exits 1.
"""

import ast
import inspect
import json
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, get_args, get_origin

from typer import Typer
from typer.models import ArgumentInfo, OptionInfo

from sidelight import errors
from sidelight.analytics.catalogue import ANALYTICS, Analytic
from sidelight.analytics.columns import ROLES
from sidelight.analytics.triads.weights import TOLD
from sidelight.analytics.triads.weights import TRAITS as WEIGHTS
from sidelight.cli import exits
from sidelight.cli.app import whole
from sidelight.coverage.telemetry import telemetry
from sidelight.evidence import archive, volumes
from sidelight.evidence.formats import READERS
from sidelight.evidence.json.shapes import SHAPES
from sidelight.exchange.intake import MOST_OBJECTS
from sidelight.exchange.limits import Allowance, Limits
from sidelight.exchange.line import Patience
from sidelight.exchange.login import ATTEMPTS
from sidelight.exchange.query import DEFAULT_LIMIT, PAGE_OCTETS
from sidelight.exchange.received.places import sought
from sidelight.exchange.seen.value import KINDS as ASKED
from sidelight.exchange.seen.value import Value, guessed
from sidelight.exchange.taxii.description import describe
from sidelight.exchange.taxii.query import LARGEST_LIMIT
from sidelight.findings.assets import POINTS, roles
from sidelight.findings.attack import classify, techniques
from sidelight.findings.finding import FindingClass
from sidelight.host.traits import TRAITS
from sidelight.intel.entity import ACTORS, Entity
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.statements import load_bundled
from sidelight.intel.warning import own_lists
from sidelight.pe.authenticode import HOLDS, Status
from sidelight.reading.claim import RELATIONS
from sidelight.reading.entity import STATUSES
from sidelight.reading.formats import FORMATS
from sidelight.reading.indicators.observable import KINDS, Observable
from sidelight.reading.techniques import phrased
from sidelight.rules.load import load_rules
from sidelight.rules.rule import Meta
from sidelight.schema import LEVELS, LOST, GapReason

REFERENCE: Final = Path(__file__).parent / "reference"
NOTE: Final = "<!-- Written by docs/generate.py: do not edit. -->"


def cli_page() -> str:
    """Describe every command, argument and option."""
    lines = [
        "# Command line",
        "",
        "Each command also prints this with `--help`.",
        "`sidelight --version` shows the version.",
    ]
    for name, command in _commands(whole(), "sidelight"):
        parameters = inspect.signature(command, eval_str=True).parameters
        arguments = [p for p in map(_argument, parameters.values()) if p]
        options = [p for p in map(_option, parameters.values()) if p]
        usage = " ".join([name, "[OPTIONS]", *(argument[0] for argument in arguments)])
        lines += ["", f"## {name}", "", *_help(command), "", f"    {usage}"]
        lines += _table(("argument", "what"), [(f"`{a}`", b) for a, b in arguments])
        lines += _table(("option", "takes", "default", "what"), options)
    return _page(lines)


def formats_page() -> str:
    """Describe what is read."""
    lines = [
        "# Formats",
        "",
        "Sidelight looks at the first bytes of a file, never at its name.",
        "The first format in this list that recognises them reads the file.",
    ]
    for name, format_ in READERS.items():
        lines += ["", f"## {format_.title}", "", f"`{name}` in the manifest.", ""]
        lines += _prose(_document(format_.read))
        if name == "json":
            lines += ["", "Windows events are known in these shapes, tried in order:", ""]
            lines += [f"- {shape.title}" for shape in SHAPES]
    lines += ["", "## Archives and compressed files", "", *_prose(_archives())]
    lines += ["", "Recognised: " + ", ".join(get_args(archive.Container)) + ".", ""]
    lines += ["## Disk images", "", *_prose(volumes.__doc__ or ""), ""]
    lines += [
        "## When evidence cannot be read",
        "",
        "What a reader cannot read becomes a gap, with one of these reasons.",
        "Evidence is lost for the reasons marked so; it is passed over knowingly for the others.",
    ]
    lost = {True: "lost", False: "passed over"}
    lines += _table(
        ("reason", "evidence is"),
        [(f"`{reason}`", lost[reason in LOST]) for reason in get_args(GapReason)],
    )
    return _page(lines)


def exits_page() -> str:
    """Describe exit codes."""
    rows = [("0", "None of the below. This is not an all-clear: read the coverage.")]
    tree = ast.parse(inspect.getsource(exits)).body
    for node, after in pairwise(tree):
        match node, after:
            case (
                ast.AnnAssign(value=ast.Constant(value=code)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                rows.append((str(code), " ".join(text.split())))
    lines = ["# Exit codes", *_table(("code", "meaning"), rows)]
    lines += [
        "",
        "Where several apply, the first of 130, 1, 2 and 3 is it, so a command that pulls, hunts "
        "and tells hides no finding behind a server that failed: "
        "look at the gaps and the errors of a run that found something, too.",
        "An output of a hunt that is broken is 2 whatever was found; the other outputs are whole.",
        "`--fail-level never` keeps findings from making the code 1.",
        "Where some of the evidence that was named is not there, the rest is hunted, and that is "
        "3; where all of it, rules, a list, a report or intelligence is not there, nothing is "
        "begun: 2.",
    ]
    return _page(lines)


def errors_page() -> str:
    """Describe errors."""
    head, _, rest = (errors.__doc__ or "").partition("\n\n")
    tree, _, last = rest.rstrip().rpartition("\n\n")
    lines = ["# Errors", "", *_prose(head), "", "```", tree, "```", "", *_prose(last), ""]
    lines += [
        "On the command line an error is one line on standard error: where, what is wrong, and "
        "in brackets what to do.",
        "An option that a command does not know is told in a few lines, the first of which is how "
        "the command is used.",
        "An evidence error makes the exit code 3, the others 2.",
    ]
    return _page(lines)


def rules_page() -> str:
    """List the rules that come with Sidelight, and what defeats each."""
    with as_file(files("sidelight") / "content" / "rules") as folder:
        found = load_rules([folder])
    metas = [each.meta for each in (*found.rules, *found.correlations) if not each.silent]
    lines = [
        "# Rules that come with Sidelight",
        "",
        "`sidelight rules show ID` shows a rule whole, with references and false positives.",
        "Rules that are only a part of another are left out.",
    ]
    for name in dict.fromkeys(get_args(FindingClass)):
        some = [meta for meta in metas if classify(meta.tags) == name]
        if some:
            lines += ["", f"## {name}"]
            lines += _table(
                ("level", "rule", "techniques", "defeated by"),
                [_rule(meta) for meta in sorted(some, key=_severity)],
            )
    return _page(lines)


def _severity(meta: Meta) -> tuple[int, str, str]:
    return -LEVELS.index(meta.level), meta.path, meta.title


def _rule(meta: Meta) -> tuple[str, str, str, str]:
    defeat = " ".join(meta.description.partition("Defeated by: ")[2].split())
    return meta.level, f"{meta.title}<br>`{meta.path}`", " ".join(techniques(meta.tags)), defeat


def analytics_page() -> str:
    """List the analytics: what each judges, where it looks and what defeats it."""
    lines = [
        "# Analytics",
        "",
        "What a rule cannot say: judgements that rest on several events, or on what lies inside a",
        "text. [How analytics judge](../explanation/how-analytics-judge.md) explains the scores.",
    ]
    for cls in dict.fromkeys(analytic.cls for analytic in ANALYTICS.values()):
        some = [analytic for analytic in ANALYTICS.values() if analytic.cls == cls]
        lines += ["", f"## {cls}"]
        lines += _table(("analytic", "techniques", "looks at", "defeated by"), map(_analytic, some))
    return _page(lines)


def _analytic(analytic: Analytic) -> tuple[str, str, str, str]:
    ids = " ".join(techniques(analytic.tags))
    looks = ", ".join(ROLES[role] for role in analytic.looks_at)
    return f"{analytic.title}<br>`{analytic.id}`", ids, looks, analytic.defeated_by


def telemetry_page() -> str:
    """Describe what has to be logged for analytics, and how to switch it on."""
    lines = [
        "# What to log",
        "",
        "Analytics look at these events. The coverage of a run says which of them were missing, "
        "on which hosts and when.",
        "The Sysmon parts are a beginning, to be merged into the configuration in use and tried "
        "on a few hosts first.",
    ]
    for role, entry in telemetry().items():
        needing = [f"`{name}`" for name, each in ANALYTICS.items() if role in each.looks_at]
        lines += ["", f"## {entry.name[0].upper()}{entry.name[1:]} events", ""]
        lines += [f"`{role}` in the coverage: {entry.events}. {entry.note}"]
        if needing:
            lines += ["", f"Analytics that look at them: {', '.join(needing)}."]
        for title, language, text in (
            ("Sysmon", "xml", inspect.cleandoc(entry.sysmon)),
            ("Windows, as administrator", "text", entry.policy),
        ):
            lines += ["", f"{title}:", "", f"```{language}", text, "```"] if text else []
    return _page(lines)


def assets_page() -> str:
    """Describe what hosts may be."""
    lines = [
        "# Roles of assets",
        "",
        "What the `role` of an asset file may be, and by how much scores of findings on such a "
        "host are raised.",
        "A `criticality` in the file takes the place of the last column: "
        + ", ".join(f"`{name}` {points}" for name, points in POINTS.items())
        + ".",
    ]
    rows = [
        (f"`{role.id}`", role.name, role.at_stake, ", ".join(role.stakes), str(role.points))
        for role in roles().values()
    ]
    lines += _table(("role", "is", "at stake", "by", "points"), rows)
    return _page(lines)


def marks_page() -> str:
    """Describe the marks of hosts."""
    lines = ["# Marks of hosts", "", "What is odd about a process, in the order of what it shows."]
    for cls, text in _CLASSES.items():
        rows = [
            (f"`{name}`", trait.title, trait.technique, trait.defeated_by)
            for name, trait in TRAITS.items()
            if trait.cls == cls
        ]
        heads = ("mark", "what", "ATT&CK", "got past by")
        if cls == "remark":
            rows, heads = [row[:2] for row in rows], heads[:2]
        lines += ["", f"## {text}", *_table(heads, rows)]
    return _page(lines)


def triads_page() -> str:
    """Describe what a triad weighs."""
    lines = [
        "# Score of triads",
        "",
        "What a program, a library and what lies beside them weigh when they lie on a disk as a "
        "sideload does.",
        f"From {TOLD} points on they are a finding; what weighs less is named beside it.",
        "[How it is judged](../explanation/looking-at-a-disk.md) says what stands behind each, "
        "and [detection quality](host-detection-quality.md#windows-software) how it was measured.",
    ]
    rows = [(f"`{name}`", trait.meaning, f"{trait.points:+d}") for name, trait in WEIGHTS.items()]
    lines += _table(("trait", "what", "points"), rows)
    lines += ["", "## Signatures", "", "What verifying one may give:"]
    lines += _table(
        ("status", "trusted"),
        [(f"`{name}`", "yes" if name in HOLDS else "no") for name in get_args(Status)],
    )
    return _page(lines)


def reading_page() -> str:
    """Describe what reports are read for."""
    lines = ["# What reports are read for", "", "## Formats", ""]
    lines += [f"- {each.title}" for name, each in FORMATS.items() if name not in {"ole", "zip"}]
    lines += ["", "## Observables", "", *_prose(inspect.getdoc(Observable) or "")[:1]]
    lines += _table(("kind", "is"), [(f"`{kind}`", text) for kind, text in KINDS.items()])
    lines += ["", "What is said of an observable besides:", ""]
    lines += [f"- {each.title}" for each in own_lists()]
    lines += ["", "## Names"]
    lines += _table(("status", "means"), [(f"`{name}`", text) for name, text in STATUSES.items()])
    lines += ["", "## Relations"]
    lines += _table(("relation", "says"), [(f"`{name}`", text) for name, text in RELATIONS.items()])
    lines += ["", "## Techniques that phrases name", ""]
    lines += ["Ids of ATT&CK, FiGHT and MoTIF are read wherever they stand."]
    lines += _table(("technique", "name"), [(f"`{i}`", name) for i, name in phrased()])
    return _page(lines)


_CLASSES: Final = {
    "memory": "Code that no file holds",
    "sideload": "Libraries from where they should not come",
    "stealth": "Hiding",
    "remark": "Remarks, which weigh nothing",
}


def received_page() -> str:
    """Describe what is sought of what allies send, and what is held back."""
    lines = [
        "# What is hunted of what allies send",
        "",
        "Properties that STIX patterns name, and where they are sought.",
        "What is not listed cannot be seen in a log here, and is refused with that reason.",
    ]
    rows = [
        (f"`{name}`", "<br>".join(f"{_source(log.source)}: `{log.field}`" for log in logs))
        for name, logs in sought()
    ]
    lines += _table(("property", "log and field"), rows)
    lines += ["", "## Held back", "", "What is on one of these lists is not hunted."]
    lists = [*own_lists("exchange/benign.toml"), *own_lists()]
    rows = [(each.title, each.source or "see what reports are read for") for each in lists]
    lines += _table(("it is", "source"), rows)
    return _page(lines)


def _source(source: Mapping[str, str]) -> str:
    return " ".join(source.values()).replace("_", " ")


def actors_page() -> str:
    """List the intrusion sets and their tools, who says what of them, and the sources."""
    known = load_bundled()
    lines = [
        "# Actors",
        "",
        "What the files that come with Sidelight say of intrusion sets. Every statement has a "
        "source; the numbers name them, and the list of sources says how each was checked.",
        "A tool that is tied to a set is no proof of that set: "
        "[Whom it resembles](../explanation/whom-it-resembles.md).",
    ]
    order = {key: number for number, key in enumerate(sorted(known.sources), 1)}
    sets = [each for each in known.entities.values() if each.type in ACTORS]
    for entity in sorted(sets, key=lambda each: each.name.lower()):
        lines += ["", f"## {entity.name}", "", entity.summary, ""]
        lines += [f"- {text}" for text in _said(entity, known, order)]
    lines += ["", "## Sources", ""]
    rows = [
        (str(order[key]), f"{each.publisher}: [{each.title}]({each.url})", each.date, each.checked)
        for key, each in sorted(known.sources.items())
        if each.url
    ]
    lines += _table(("number", "source", "date", "checked"), rows)
    return _page(lines)


def _said(entity: Entity, known: Knowledge, order: Mapping[str, int]) -> Iterator[str]:
    if entity.numbers:
        yield f"Numbers: {', '.join(entity.numbers)}"
    names: dict[str, set[int]] = {}
    for row in known.by_entity.get(entity.id, ()):
        if row.name != entity.name:
            hedge = f", {row.hedge}" if row.hedge else ""
            names.setdefault(f"{row.name} ({row.coined_by or row.says}{hedge})", set()).add(
                order[row.source]
            )
    yield from _cited("Also called", names)
    for relation in ("overlaps", "related-to", "targets", "associated-with", "uses"):
        things: dict[str, set[int]] = {}
        for claim in known.by_subject.get(entity.id, ()):
            if claim.relation == relation:
                hedge = "" if claim.hedge in {"", "associated with"} else f" ({claim.hedge})"
                name = known.name_of(claim.object) + hedge
                things.setdefault(name, set()).add(order[claim.source])
        yield from _cited(relation.capitalize().replace("-", " "), things)


def _cited(what: str, things: Mapping[str, set[int]]) -> Iterator[str]:
    if things:
        parts = (f"{name} [{', '.join(map(str, sorted(on)))}]" for name, on in things.items())
        yield f"{what}: {'; '.join(sorted(parts))}"


def asked_page() -> str:
    """Describe which values can be asked about, and which a hash hides."""
    lines = [
        "# Kinds of values to ask about",
        "",
        "In lists for `sidelight share seen`, a kind and a value stand on each line.",
        "What a hash hides goes into filters and reports; everything can be compared at home, and "
        "asked about by intersection.",
    ]
    rows = []
    for name in ASKED:
        why = guessed(Value(name, "https://short.example/"))
        hidden = "long ones" if name == "url" else "no" if why else "yes"
        rows.append((f"`{name}`", hidden, why))
    lines += _table(("kind", "hidden by a hash", "how it is guessed"), rows)
    return _page(lines)


def description_page() -> str:
    """Describe the server of ``sidelight serve`` in OpenAPI."""
    return json.dumps(describe(), indent=2) + "\n"


def limits_page() -> str:
    """Describe the limits of ``sidelight serve``."""
    heads, limits = ("key", "default", "what"), Limits()
    each, server = _arguments(Allowance), _arguments(Limits)
    patience = _arguments(Patience)
    lines = [
        "# Limits of an exchange",
        "",
        "`sidelight serve --limits FILE` takes others, in TOML; what is left out stays as it is.",
        "Rates are token buckets, counted by each process of a server for itself.",
        "Who is over one gets 429, or 503 for a connection, with `Retry-After`.",
        "",
        '## `[each]`, and `[organisation."Name or id"]` for others',
        *_table(heads, [(f"`{k}`", f"{getattr(limits.each, k):,}", v) for k, v in each.items()]),
        "",
        "## `[server]`",
        *_table(
            heads,
            [
                (f"`{k}`", f"{getattr(limits, k):,}", v)
                for k, v in server.items()
                if k not in {"each", "organisations"}
            ],
        ),
        "",
        "An address of IPv6 counts by its first 64 bits.",
        "",
        "## What no file changes",
        *_table(
            ("what", "how much"),
            [
                ("wrong tokens from one address in a minute", f"{ATTEMPTS}, then 429"),
                ("octets of a body", "10 MiB; `--max-body`"),
                ("objects of an envelope", f"{MOST_OBJECTS:,}, else 422"),
                ("objects of a page", f"{DEFAULT_LIMIT} unless asked, {LARGEST_LIMIT:,} at most"),
                (
                    "octets of a page",
                    f"it ends at {PAGE_OCTETS >> 20} MiB, with one object at least",
                ),
                ("a body", "60 seconds"),
                *(
                    (f"a caller: {k}", f"{getattr(Patience(), k):,}: {v}")
                    for k, v in patience.items()
                ),
            ],
        ),
    ]
    return _page(lines)


def _arguments(kind: type) -> dict[str, str]:
    """Give what a docstring says of each argument, in one line."""
    text = (inspect.getdoc(kind) or "").partition("Args:")[2]
    parts = re.split(r"^    (\w+): ", text, flags=re.MULTILINE)[1:]
    return {k: " ".join(v.split()) for k, v in zip(parts[::2], parts[1::2], strict=True)}


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "cli.md": cli_page,
    "formats.md": formats_page,
    "exit-codes.md": exits_page,
    "errors.md": errors_page,
    "rules.md": rules_page,
    "analytics.md": analytics_page,
    "telemetry.md": telemetry_page,
    "triads.md": triads_page,
    "assets.md": assets_page,
    "host-marks.md": marks_page,
    "actors.md": actors_page,
    "reading.md": reading_page,
    "seen-kinds.md": asked_page,
    "received.md": received_page,
    "exchange-openapi.json": description_page,
    "exchange-limits.md": limits_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` compare them."""
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    for name in stale:
        sys.stderr.write(f"docs/reference/{name} is out of date: run docs/generate.py\n")
    return 1 if stale else 0


def _commands(group: Typer, prefix: str) -> Iterator[tuple[str, Callable[..., object]]]:
    for command in group.registered_commands:
        if command.callback:
            yield f"{prefix} {command.name or command.callback.__name__}", command.callback
    for inner in group.registered_groups:
        if inner.typer_instance:
            yield from _commands(inner.typer_instance, f"{prefix} {inner.name}")


def _argument(parameter: inspect.Parameter) -> tuple[str, str] | None:
    kind, info = _parts(parameter)
    if not isinstance(info, ArgumentInfo):
        return None
    del kind
    return (info.metavar or parameter.name.upper(), info.help or "")


def _option(parameter: inspect.Parameter) -> tuple[str, str, str, str] | None:
    kind, info = _parts(parameter)
    if not isinstance(info, OptionInfo):
        return None
    # Inside Annotated, typer keeps the first name that is given as the default.
    given = (info.default, *(info.param_decls or ()))
    names = [name for name in given if isinstance(name, str)]
    names = names or ["--" + parameter.name.replace("_", "-")]
    if kind is bool and parameter.default is True and "/" not in names[0]:
        names = [f"{names[0]}/--no-{names[0].removeprefix('--')}"]
    shown = ", ".join(f"`{name}`" for whole in names for name in whole.split("/"))
    default, flag = parameter.default, kind is bool
    if isinstance(default, Enum):
        default = default.value
    if flag and any("/" in name for name in names):
        default = next(n for n in names if "/" in n).split("/")[0 if default else 1]
    elif flag or default in (None, ""):
        default = ""
    takes = "" if flag else info.metavar or _type_name(kind)
    return (shown, takes, f"`{default}`" if default != "" else "", info.help or "")


def _parts(parameter: inspect.Parameter) -> tuple[object, object]:
    if get_origin(parameter.annotation) is not Annotated:
        return parameter.annotation, None
    kind, info = get_args(parameter.annotation)[:2]
    return kind, info


def _type_name(kind: object) -> str:
    if get_origin(kind) in (types.UnionType, typing.Union, list):
        return _type_name(get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    return "number" if kind is int else "path" if kind is Path else "text"


def _help(command: Callable[..., object]) -> list[str]:
    return _prose(inspect.getdoc(command) or "", example=True)


def _document(reader: Callable[..., object]) -> str:
    module = sys.modules[reader.__module__]
    package = sys.modules[module.__package__ or ""]
    named = package if getattr(package, "read", None) is reader else module
    return inspect.getdoc(named) or ""


def _archives() -> str:
    text = archive.__doc__ or ""
    return text.replace("`RATIO`", f"{archive.RATIO}").replace(
        "`FLOOR`", f"{archive.FLOOR >> 20} MiB"
    )


def _prose(text: str, *, example: bool = False) -> list[str]:
    """Give paragraphs, each as one line; sources and examples of code are kept apart."""
    lines: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        joined = " ".join(paragraph.split()).replace("``", "`")
        if example and joined.startswith("Example: "):
            joined = f"Example: `{joined.removeprefix('Example: ')}`"
        lines += ["", joined]
    return lines[1:]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return ["", "| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *body]


def _page(lines: list[str]) -> str:
    return "\n".join([NOTE, "", *lines]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
