"""The options of ``sidelight hunt``."""

from pathlib import Path
from typing import Annotated

import typer

from sidelight.cli.choices import FailLevel
from sidelight.cli.targets import FORMAT_NAMES

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH…", help="Logs, folders, archives; - is standard input."),
]
Live = Annotated[
    bool, typer.Option("--live", help="Look at the processes of this host, too (Linux).")
]
Ssh = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST", help="Look at the processes of HOST over ssh, too. Repeatable."),
]
Hashes = Annotated[
    bool,
    typer.Option(
        "--hashes", help="With --live or --ssh: compare every mapped file with its package."
    ),
]
Ptrace = Annotated[
    bool,
    typer.Option(
        "--ptrace",
        help="With --live or --ssh: stop running threads for a moment, to see in what code they "
        "are.",
    ),
]
Files = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOLDER",
        help="Programs and libraries, to hold code in minidumps against; folders of evidence are "
        "looked in anyway. Repeatable.",
    ),
]
Yara = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Scan evidence, cores, minidumps and, with --live, memory with the YARA rules in "
        "FOLDER, too (extra: yara).",
    ),
]
MemoryImages = Annotated[
    list[Path] | None,
    typer.Option(
        "--memory-image",
        metavar="FILE",
        help="Hunt an image of a whole memory with Volatility 3 (extra: volatility). Repeatable.",
    ),
]
Symbols = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOLDER",
        help="Tables of symbols (ISF) for --memory-image; none are downloaded. Repeatable.",
    ),
]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write findings to FILE, in the format its name tells: .jsonl, .csv, .html, "
        ".navigator.json, .timesketch.jsonl, .stix.json. A folder takes every --format. "
        "Repeatable.",
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format", "-f", help=f"{FORMAT_NAMES}; goes with --output in order. Repeatable."
    ),
]
Tlp = Annotated[
    str, typer.Option(help="TLP 2.0 marking of what is written. [default: amber+strict]")
]
Host = Annotated[
    str,
    typer.Option(metavar="NAME", help="Host of evidence that names none, as some audit logs."),
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Processes that work; 0: one a core.")
]
Fail = Annotated[FailLevel, typer.Option("--fail-level", help="Exit 1 for findings from here on.")]
MaxEvidence = Annotated[int, typer.Option(min=1, help="Events a finding lists.")]
MaxFields = Annotated[int, typer.Option(min=0, help="Events of a finding that are shown in full.")]
Limit = Annotated[int, typer.Option(min=0, help="Findings shown on the terminal.")]
Wide = Annotated[
    bool,
    typer.Option(
        "--wide", help="Cut no line to the width of the terminal, or to COLUMNS; a pipe has 120."
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="No progress and no summary: findings alone, and with --output nothing.",
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours.")]
Profile = Annotated[
    bool, typer.Option("--profile", help="Say on standard error what each rule cost.")
]
Times = Annotated[
    bool, typer.Option("--times/--no-times", help="Put the time of the run into the manifest.")
]
Allow = Annotated[
    Path | None,
    typer.Option(
        "--allow",
        metavar="FILE",
        help="Hide, and count, what this allow-list vouches for; without it, the user's own.",
    ),
]
NoAllow = Annotated[bool, typer.Option("--no-allow", help="Hide nothing.")]
Baseline = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Hold loads against this baseline ('sidelight baseline learn' writes one).",
    ),
]
Hijacks = Annotated[
    bool,
    typer.Option(
        "--hijacklibs/--no-hijacklibs",
        help="Hold loads against HijackLibs, where 'sidelight rules update' imported it.",
    ),
]
Trust = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Trust signatures behind these root certificates (PEM) too, such as your own. "
        "Repeatable.",
    ),
]
Revoked = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Trust no signature of these certificates (TOML), such as leaked ones. Repeatable.",
    ),
]
Assets = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Says what hosts are (TOML or CSV): what is at stake on them raises scores.",
    ),
]
FromReport = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="Hunt for what this report claims ('sidelight read' keeps them): the rules made of "
        "it, rules for the techniques it claims, and analytics.",
    ),
]
