import io
from dataclasses import replace

import pytest

from sidelight.output.progress import Progress, ProgressLine, progress_line, size, time_left

HALF = Progress(500_000_000, 1_000_000_000, 3, 9, 1_234_567, 42, 120.0)


def test_a_line_says_the_most_useful_first_and_keeps_within_the_width() -> None:
    assert progress_line(HALF, 120) == (
        " 50 % · 500 MB of 1.00 GB · 1,234,567 events · 42 hits · file 3 of 9 · 1 to 3 min left"
    )
    assert progress_line(HALF, 30) == " 50 % · 500 MB of 1.00 GB"
    assert progress_line(replace(HALF, bytes_total=0), 20) == "500 MB"


@pytest.mark.parametrize(
    ("done", "elapsed_s", "said"),
    [
        (49_999_999, 100.0, ""),
        (50_000_000, 100.0, "16 to 47 min left"),
        (900_000_000, 7200.0, "11 to 16 min left"),
        (500_000_000, 36_000.0, "7 to 13 h left"),
        (990_000_000, 60.0, "under a minute left"),
        (1_000_000_000, 60.0, "under a minute left"),
        (2_000_000_000, 60.0, "under a minute left"),
        (500_000_000, 0.5, ""),
    ],
)
def test_time_left_is_a_range_and_silent_while_it_would_be_a_guess(
    done: int, elapsed_s: float, said: str
) -> None:
    assert time_left(replace(HALF, bytes_done=done, elapsed_s=elapsed_s)) == said


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (99_960, "100 kB"), (999_500, "1.00 MB"),
     (10**21, "1000000 PB")],
)  # fmt: skip
def test_sizes_have_three_digits(count: int, text: str) -> None:
    assert size(count) == text


def test_a_pipe_gets_no_progress() -> None:
    pipe = io.StringIO()
    line = ProgressLine(pipe)
    line.show(HALF)
    line.clear()
    assert pipe.getvalue() == ""


def test_a_terminal_gets_one_line_at_a_time() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    line = ProgressLine(terminal, width=40)
    line.show(HALF)
    line.show(replace(HALF, elapsed_s=120.1))
    line.show(replace(HALF, elapsed_s=120.3))
    line.clear()
    assert terminal.getvalue().count("\r\x1b[2K") == 3
    assert "\n" not in terminal.getvalue()
    dumb = Terminal()
    line = ProgressLine(dumb, width=40, plain=True)
    line.show(HALF)
    line.clear()
    assert dumb.getvalue() == ""
