"""The list of verbs is told apart from what they do, so it must say the same."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from sidelight.cli.app import VERBS, app, run, whole

LOADED = "import sys; sys.argv = ['sidelight', *sys.argv[1:]]; from sidelight.cli.app import run"


def loaded(*arguments: str) -> set[str]:
    """Run the program with *arguments*; name the modules it loaded."""
    code = f"{LOADED}; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_every_verb_is_there_in_the_order_of_the_list() -> None:
    made = whole()
    commands = [each.name for each in made.registered_commands]
    groups = [each.name for each in made.registered_groups]

    assert commands + groups == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_says_of_a_group_what_the_group_says(verb: str) -> None:
    for group in app(verb).registered_groups:
        assert isinstance(group.typer_instance, typer.Typer)
        assert group.typer_instance.info.help == VERBS[verb][1]


def test_the_list_of_verbs_loads_none() -> None:
    own = {name for name in loaded("--help") if name.startswith("sidelight.")}

    assert own == {
        "sidelight.cli", "sidelight.cli.app", "sidelight.cli.exits", "sidelight.errors",
    }  # fmt: skip


def test_a_verb_loads_itself_alone() -> None:
    names = loaded("rules", "--help")

    assert "sidelight.cli.rules" in names
    assert not {"sidelight.cli.share", "sidelight.cli.hunt", "sidelight.cli.intel"} & names


def test_a_file_that_cannot_be_opened_for_want_of_its_folder_names_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone" / "x"

    def opens(*_: object, **__: object) -> None:
        gone.open("wb")

    monkeypatch.setattr("sidelight.cli.app.app", lambda *_: opens)
    monkeypatch.setattr("sidelight.cli.app._forget_output", lambda: None)
    assert run(["share"]) == 2
    said = f"sidelight: {gone}: No such file or directory (nor is there the folder {gone.parent})"
    assert capfd.readouterr().err == said + "\n"
