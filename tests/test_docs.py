"""The documents: what they show runs, what they list is whole, where they point exists."""

import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from authenticode_writer import root
from minidump_writer import Dump, minidump_of
from rule_cache import cache_home
from sidelight.cli.app import run
from sidelight.host import collect
from sidelight.output.terminal import block
from triad_cases import lay, triads

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
GUIDES = sorted([*(DOCS / "tutorial").glob("*.md"), *(DOCS / "how-to").glob("*.md")])
PRINTED = [
    DOCS / "tutorial" / "first-hunt.md",
    *(
        DOCS / "how-to" / f"{name}.md"
        for name in (
            "hunt-a-linux-tree",
            "say-what-hosts-are",
            "turn-a-report-into-hunts",
        )
    ),
]
"""Guides whose output is printed by the commands above it, on any machine."""

RULE = """
title: A Rule Out Of A Package
id: 8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b11
status: test
logsource: {product: windows, category: process_creation}
detection:
    program: {Image|endswith: '\\whoami.exe'}
    condition: program
level: low
"""


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _commands(page: str) -> list[list[str]]:
    blocks = re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]


def _prepare(folder: Path, text: str) -> None:
    """Write the files that a page tells the reader to write."""
    for name, content in re.findall(
        r"^Write `(.+?)`:\n\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _shown(text: str) -> list[str]:
    """Give the lines that a page says commands print, and not those of files to write."""
    blocks = re.findall(r"(Write `.+?`:\n\n)?^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for written, block in blocks if not written for line in block.splitlines()]
    return [line for line in lines if line.strip() and "…" not in line]


def _follow(commands: list[list[str]]) -> Iterator[tuple[list[str], int]]:
    for program, *arguments in commands:
        if program == "mkdir":
            Path(arguments[0]).mkdir()
        elif program == "sidelight":
            yield arguments, run(arguments)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has at hand: a range, the same as an archive, rules, a disk."""
    folder = tmp_path_factory.mktemp("workshop")
    assert run(["range", str(folder / "practice"), "--events", "1000"]) == 0
    shutil.make_archive(str(folder / "practice"), "zip", folder / "practice")
    (folder / "suspect.dmp").write_bytes(minidump_of(Dump()))
    with zipfile.ZipFile(folder / "sigma_all_rules.zip", "w") as package:
        package.writestr("sigma/rules/windows/process_creation/whoami.yml", RULE)
    lay(folder / "disk" / "Users" / "bob", {"app": triads()["renamed"]})
    (folder / "disk" / "Windows" / "System32" / "CatRoot").mkdir(parents=True)
    (folder / "company-root.pem").write_bytes(root().pem)
    return folder


@pytest.fixture
def desk(workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder to work in, with nothing installed."""
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("XDG_CACHE_HOME", cache_home())
    monkeypatch.delenv("COLUMNS", raising=False)
    folder = tmp_path / "desk"
    shutil.copytree(workshop, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """Load the program that writes reference pages."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", GUIDES, ids=_name)
def test_every_command_of_a_guide_runs(page: Path, desk: Path) -> None:
    """0 or 1: a usage error, lost evidence or a traceback makes the page untrue."""
    text = page.read_text(encoding="utf-8")
    _prepare(desk, text)
    commands = _commands(text)
    if any(command[:3] == ["sidelight", "range", "practice"] for command in commands):
        shutil.rmtree(desk / "practice")
    codes = [(arguments, code) for arguments, code in _follow(commands)]
    assert codes
    assert [arguments for arguments, code in codes if code not in {0, 1}] == []


@pytest.mark.parametrize("page", PRINTED, ids=_name)
def test_what_a_guide_shows_is_what_is_printed(
    page: Path, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page.read_text(encoding="utf-8")
    _prepare(desk, text)
    for _ in _follow(_commands(text)):
        pass
    captured = capsys.readouterr()
    printed = {line.strip() for line in (captured.out + captured.err).splitlines()}
    assert [line for line in _shown(text) if line.strip() not in printed] == []


def test_the_tutorial_shows_a_finding_that_is_found_and_was_planted(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The block in the page, its place in the evidence, and the comparison at the end."""
    text = (DOCS / "tutorial" / "first-hunt.md").read_text(encoding="utf-8")
    source, record = re.findall(r"^   @ practice/(\S+)#(\d+)(?:  and .*)?$", text, re.MULTILINE)[0]
    assert run(["hunt", "practice", "--limit", "1", "-o", "findings.jsonl"]) == 1
    assert f"{source}#{record}" in capsys.readouterr().out
    truth = json.loads((desk / "practice" / "truth.json").read_bytes())
    planted = [(e["source"], e["record"]) for step in truth["steps"] for e in step["events"]]
    assert (source, int(record)) in planted
    program = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[0]
    program = program.replace('open("findings.jsonl", encoding="utf-8")', "FINDINGS")
    program = program.replace('open("practice/truth.json", encoding="utf-8")', "TRUTH")
    with (
        open("findings.jsonl", encoding="utf-8") as findings,
        open("practice/truth.json", encoding="utf-8") as labels,
    ):
        exec(program, {"FINDINGS": findings, "TRUTH": labels})
    assert "found  BILL-WS01 Player loads the planted library" in capsys.readouterr().out


def test_the_tutorial_explains_every_sign_of_the_terminal() -> None:
    code = Path(block.__file__).read_text(encoding="utf-8")
    signs = set(re.findall(r'_line\("(.)"', code))
    page = (DOCS / "tutorial" / "first-hunt.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`([^`\w\s])`", page))
    assert len(signs) > 8
    assert signs <= explained


def test_the_receiver_of_webhooks_in_the_reference_acts_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (DOCS / "reference" / "peers-and-webhooks.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    exec(program, {})
    assert capsys.readouterr().out.splitlines() == ["acted upon it", "had it"]


def test_generated_pages_are_fresh(generator: ModuleType) -> None:
    """Run docs/generate.py when this fails."""
    assert generator.main(["--check"]) == 0


def test_every_command_and_option_is_in_the_reference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As ``--help`` shows them, which the page is not made of."""
    monkeypatch.setenv("COLUMNS", "200")
    page = (DOCS / "reference" / "cli.md").read_text(encoding="utf-8")
    names = ["hunt", "collect", "range", "read", "serve"]
    nested = ("share token", "share audit", "share key", "share defence", "share seen")
    for group in ("rules", "allow", "baseline", "intel", "attribute", "share", *nested):
        inner = [f"{group} {name}" for name in _subcommands(group.split(), capsys)]
        names += [name for name in inner if name not in nested]
    assert sorted(_subcommands([], capsys)) == sorted({name.split()[0] for name in names})
    for name in names:
        run([*name.split(), "--help"])
        rows = capsys.readouterr().out.partition("\nOptions:")[2]
        shown = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", rows))
        assert "--help" in shown
        section = page.partition(f"## sidelight {name}\n")[2].partition("\n## ")[0]
        wanted = shown - {"--help", "-h"}
        assert {option for option in wanted if f"{option}`" not in section} == set(), name


def _subcommands(group: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    run([*group, "--help"])
    shown = capsys.readouterr().out.partition("Commands")[2]
    return re.findall(r"^\W{1,3}([a-z]+)  ", shown, re.MULTILINE)


def test_every_key_of_json_lines_is_in_the_reference(desk: Path) -> None:
    """Keys that evidence or rules name are values, not keys."""
    page = (DOCS / "reference" / "findings-jsonl.md").read_text(encoding="utf-8")
    run(["hunt", "practice", "-q", "--limit", "0", "-o", "findings.jsonl"])
    lines = (desk / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    keys = {key for line in lines for key in _keys(json.loads(line))}
    assert {"evidence", "streams", "inputs"} <= keys
    assert {key for key in keys if f"`{key}`" not in page} == set()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_every_key_of_a_collection_is_in_the_reference() -> None:
    """Those that the collector writes of this process."""
    page = (DOCS / "reference" / "host-collection.md").read_text(encoding="utf-8")
    out = io.StringIO()
    collect.collect(out, [os.getpid()], max_cpu=100)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    keys = {key for line in lines for key in _keys({**line, "env": {}, "denied": []})}
    assert {"schema", "owner", "exe_file", "threads", "cpu"} <= keys
    assert {key for key in keys if f"`{key}`" not in page} == set()


def _keys(value: object) -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                yield key
                if key not in {"fields", "hours", "scope"}:
                    yield from _keys(inner)
        case list():
            for inner in value:
                yield from _keys(inner)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_point_at_files(page: Path) -> None:
    """Links between pages, and pictures."""
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [link for link in links if link and not link.startswith(("http", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_page_can_be_reached_from_the_index() -> None:
    """A page nobody links to is not read."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"index.md"}
    assert {page for page in pages if f"({page})" not in index} == set()
