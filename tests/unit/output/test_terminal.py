import io
from dataclasses import replace

import pytest
from rich.cells import cell_len

from golden import compare
from sample_run import HOSTILE, findings, run
from sidelight.output.terminal import open_screen
from sidelight.schema import STOPPED, Gap


def shown(width: int, *, color: bool = False, count: int = 7, **options: bool | int) -> str:
    file = io.StringIO()
    screen = open_screen(file, color=color, width=width, **options)  # type: ignore[arg-type]
    for finding in findings()[:count]:
        screen.add(finding)
    screen.close(run(count))
    return file.getvalue()


def test_the_screen_of_a_run_is_as_agreed() -> None:
    compare("terminal.txt", shown(100).encode())


def test_the_screen_of_a_zero_is_as_agreed() -> None:
    compare("terminal_zero.txt", shown(100, count=0).encode())


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(cell_len(line) for line in shown(width).splitlines()) <= width


@pytest.mark.parametrize(
    ("columns", "width"), [("72", 72), ("200", 200), ("5", 40), ("0", 120), ("", 120), ("x", 120)]
)
def test_a_pipe_is_as_wide_as_columns_says(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert open_screen(io.StringIO()).console.width == width
    assert open_screen(io.StringIO(), width=90).console.width == 90


@pytest.mark.parametrize("width", [1, 4, 39])
def test_what_no_sentence_fits_into_is_written_over(width: int) -> None:
    gaps = (Gap("a.log", 7, "damaged", "stopped"),)
    whole, file = run(0), io.StringIO()
    open_screen(file, width=width).close(
        replace(whole, coverage=replace(whole.coverage, gaps=gaps))
    )
    assert max(map(cell_len, file.getvalue().splitlines())) <= 40


def test_where_no_finding_is_shown_none_is_announced() -> None:
    assert "most severe first" in shown(100, limit=1)
    assert "most severe first" not in shown(100, limit=0)


def test_what_is_wrong_is_folded_and_not_cut_off() -> None:
    whole = run(0)
    text = f"reading stopped: {'word ' * 10}the end of a sentence"
    gaps = (Gap(f"/evidence/{'deep/' * 9}a.log", 7, "damaged", text),)
    for width in (80, 120):
        file = io.StringIO()
        screen = open_screen(file, width=width)
        screen.close(replace(whole, coverage=replace(whole.coverage, gaps=gaps)))
        assert " ".join(text.split()) in " ".join(file.getvalue().split())
    long = replace(gaps[0], text="word " * 400)
    file = io.StringIO()
    open_screen(file, width=80).close(
        replace(whole, coverage=replace(whole.coverage, gaps=(long,)))
    )
    assert file.getvalue().count("word word") < 40
    assert "…" in file.getvalue()


def test_blanks_hide_nothing_behind_them() -> None:
    whole, file = run(0), io.StringIO()
    gaps = (Gap("a.log", 7, "damaged", f"stopped{' ' * 5000}the end"),)
    open_screen(file, width=80).close(replace(whole, coverage=replace(whole.coverage, gaps=gaps)))
    assert "stopped the end" in file.getvalue()


def test_a_long_host_leaves_room_for_the_title() -> None:
    host, title = "desk-17.billing.operator.example", "A thread that runs code no file holds: x"
    file = io.StringIO()
    screen = open_screen(file, width=80, quiet=True)
    screen.add(replace(findings()[0], host=host, title=title))
    screen.add(replace(findings()[0], host=host, title="Short"))
    screen.close(run(2))
    long, short = (line for line in file.getvalue().splitlines() if "CRITICAL" in line)
    assert title in long
    assert "desk-17.billing.op" in long
    assert f"Short  {host}" in short


def test_wide_shows_command_lines_in_full() -> None:
    command = findings()[0].process[0].command_line
    assert command not in shown(80)
    assert command in shown(80, wide=True)


def test_wide_shows_how_the_score_came_about_and_what_would_refute_it() -> None:
    lead = findings()[0]
    for text in (lead.refute[0], f"+45  {lead.weights[0].text}", f"#{lead.evidence[0].record}]"):
        assert text in shown(100, wide=True)
    assert "To refute it" not in shown(100)


def test_findings_of_one_story_name_each_other() -> None:
    lead, other = findings()[:2]
    assert f"Of the same story: {other.title} ({other.score})" in shown(200)
    assert f"Of the same story: {lead.title} ({lead.score})" in shown(200)
    assert "Of the same story" not in shown(200, limit=1)


def test_values_of_a_log_are_neither_markup_nor_escapes() -> None:
    text = shown(400)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]␛[31m" in text
    assert HOSTILE not in shown(400, color=True)


def test_colour_is_there_only_when_asked_for() -> None:
    assert "\x1b[" in shown(100, color=True)
    assert "\x1b[" not in shown(100, color=False)


def test_more_findings_than_fit_are_counted() -> None:
    assert "5 more findings: use --output" in shown(100, limit=2)
    assert "1 more finding: use --output" in shown(100, limit=6)
    written = shown(100, limit=6, written=True)
    assert "1 more finding: --limit shows more of them here" in written
    assert "use --output" not in written


def test_where_a_source_ends_is_not_hidden_behind_its_other_gaps() -> None:
    file = io.StringIO()
    whole = run(0)
    gaps = (
        Gap("audit.log.gz", 10, "damaged", "is no record of audit"),
        Gap("audit.log.gz", 90, "truncated", f"{STOPPED}: Compressed file ended"),
    )
    open_screen(file, width=120).close(replace(whole, coverage=replace(whole.coverage, gaps=gaps)))
    assert "audit.log.gz at byte 90, and 1 more: reading stopped: Compressed" in file.getvalue()


def test_quiet_leaves_the_summary_out() -> None:
    assert "Blind spots" not in shown(100, quiet=True)
    assert "CRITICAL" in shown(100, quiet=True)


def test_a_partial_run_says_so() -> None:
    file = io.StringIO()
    open_screen(file, width=100).close(run(0, partial="interrupted"))
    assert "interrupted: what follows is what was found so far" in file.getvalue()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_control_codes_gets_none(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def written() -> str:
        file = Terminal()
        screen = open_screen(file, width=100)
        screen.add(findings()[0])
        screen.close(run(1))
        return file.getvalue()

    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in written()
    monkeypatch.setenv(name, value)
    assert "\x1b" not in written()
