"""Answers of ``sidelight share`` that have nothing to show, and what was mistyped."""

import re
from pathlib import Path

import pytest

from allies import TRILATERAL, indicator, objects, open_world
from sidelight.cli.app import run

Said = tuple[int, str, str]


class Desk:
    """Runs commands in this process, with a data folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Said:
        code = run(["share", *map(str, arguments)])
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    for variable in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


@pytest.fixture
def allied(desk: Desk) -> Desk:
    (desk.folder / "allies.toml").write_text(TRILATERAL)
    assert desk("apply", "allies.toml")[0] == 0
    return desk


@pytest.mark.parametrize(
    ("asked", "why", "remedy"),
    [
        ("show", "there is no register yet", "sidelight share apply FILE"),
        ("token list", "no token was issued yet", "share token issue"),
        ("certificate list", "no certificate is bound yet", "share certificate bind"),
        ("hook list", "there is no webhook", "share hook add"),
        ("peer list", "no pass was made with any peer yet", "share peer run"),
        ("seen asked", "nobody asked yet; nobody may before you", "share seen prepare"),
        ("key list", "no key is trusted yet", "share key make"),
        ("audit list", "nothing was done here yet", "share apply"),
        ("ledger", "the ledger has nothing yet", "nobody was given anything"),
        ("outbox retry", "nothing waits again", "nothing was refused"),
        ("outbox drop --refused", "nothing was dropped", "outbox list --each"),
        ("outbox drop 17", "none of these is in the outbox", "outbox list --each"),
    ],
)
def test_nothing_to_show_says_why_and_what_to_do(
    desk: Desk, asked: str, why: str, remedy: str
) -> None:
    code, out, err = desk(*asked.split())
    assert (code, out) == (0, "")
    assert why in err
    assert remedy in err


@pytest.mark.parametrize(
    "asked",
    [
        "show", "ledger", "recalls", "recall x --reason y --owner A", "peer list",
        "acknowledge x --organisation A", "audit verify", "audit list", "token list",
        "token issue A x", "token revoke x", "certificate list", "certificate revoke x",
        "hook list", "peer restart x", "seen asked", "preview x.json --collection x --owner A",
    ],
)  # fmt: skip
def test_a_database_that_was_mistyped_is_not_made(desk: Desk, asked: str) -> None:
    (desk.folder / "x.json").write_text('{"id": "x"}')
    there = sorted(each.name for each in desk.folder.iterdir())
    code, out, err = desk(*asked.split(), "--database", "exchnage.db")
    assert (code, out) == (2, "")
    assert "exchnage.db: there is no such database (sidelight share apply FILE makes one" in err
    assert sorted(each.name for each in desk.folder.iterdir()) == there


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("peer restart nope", "nope: no pass was made with a peer of this name (none was met yet"),
        ("hook add B https://b.example/ --collection findz", "findz: is no collection of the "
         "register (there are: finds, other)"),
        ("preview x.json --owner A --collection findz", "(there are: finds, other)"),
        ("token issue Bee x", "Bee: is no organisation of the register (there are: A, B, C, G, X)"),
        ("hook test nope", "nope: is no webhook ('sidelight share hook list' shows them)"),
    ],
)  # fmt: skip
def test_what_was_mistyped_is_told_with_what_there_is(allied: Desk, asked: str, why: str) -> None:
    (allied.folder / "x.json").write_text('{"id": "x"}')
    (allied.folder / "XDG_CONFIG_HOME" / "sidelight").mkdir(parents=True)
    config = allied.folder / "XDG_CONFIG_HOME" / "sidelight" / "config.toml"
    config.write_text('[share]\nhooks = "b.example"\n')
    code, _, err = allied(*asked.split())
    assert code == 2
    assert why in err


def test_who_left_the_register_keeps_its_name_in_lists(allied: Desk) -> None:
    allied("token", "issue", "X", "x@x.example")
    rest = TRILATERAL.replace('name = "X"', 'name = "Y"').replace('members = ["X"]', "members = []")
    (allied.folder / "rest.toml").write_text(rest)
    assert allied("apply", "rest.toml")[0] == 0
    (line,) = allied("token", "list")[1].splitlines()
    assert "holds  X  x@x.example  read write  " in line


def test_a_recall_says_whom_it_reaches_and_a_second_one_that_there_was_one(desk: Desk) -> None:
    ident, where = str(indicator(1)["id"]), ("--database", "exchange.db")
    world = open_world(desk.folder)
    world.add("A", indicator(1, "amber"))
    take = ("recall", ident, "--owner", "A", *where, "--reason")
    assert desk(*take, "wrong", "--hours", "4")[1].splitlines()[1:] == [
        "nobody was given it",
        "who acknowledged: sidelight share recalls",
    ]
    world.add("A", indicator(2, "amber"))
    for who in ("B", "C"):
        world.ask(who, objects())
    two = str(indicator(2)["id"])
    first = desk("recall", two, "--owner", "A", *where, "--reason", "wrong", "--hours", "4")[1]
    assert first.splitlines()[1] == "2 organisations were given it: B, C"
    assert "told when it next pulls or asks for recalls, at once if it follows" in first
    again = desk("recall", two, "--owner", "A", *where, "--reason", "other", "--erase")[1]
    assert re.match(rf"{two} was recalled already, at 2\d{{3}}-\S+Z: wrong\n", again)
    assert "stay as they were; it is erased" in again
    assert "2 organisations were given it" in again


def test_a_second_acknowledgement_says_when_the_first_was(desk: Desk) -> None:
    ident, where = str(indicator(1)["id"]), ("--database", "exchange.db")
    world = open_world(desk.folder)
    world.add("A", indicator(1, "amber"))
    world.ask("B", objects())
    desk("recall", ident, "--owner", "A", "--reason", "wrong", *where)
    take = ("acknowledge", ident, "--organisation", "B", *where, "--done")
    assert desk(*take, "unblocked")[1] == f"acknowledged the recall of {ident}\n"
    said = desk(*take, "something else")[1]
    assert re.fullmatch(
        rf"the recall of {ident} was acknowledged already, at \S+Z with: unblocked; that stays\n",
        said,
    )


def test_a_threshold_that_comes_after_the_table_of_the_day_is_said(allied: Desk) -> None:
    first = allied("seen", "count", "-o", "counts.json", "--least", "4")
    assert (first[0], first[2]) == (0, "")
    assert "told from 4 members on, in steps of 4" in first[1]
    assert "0 members report: counts from 4 on need 7" in first[1]
    assert allied("seen", "count", "-o", "counts.json")[0] == 0
    code, out, err = allied("seen", "count", "-o", "counts.json", "--least", "3")
    assert (code, "told from 4 members on" in out) == (1, True)
    assert "--least 3 comes too late: today's table was made with 4, and stays so" in err
