import pytest

from sidelight.output.plain import clip, clip_front, plain


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "␛[2J␛]0;owned␇"),
        ("\x9b31m", "\\u009b31m"),
        ("a\r\nb\tc\x00", "a␍␊b c␀"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
        ("[red]übel[/red] 木馬", "[red]übel[/red] 木馬"),
    ],
)
def test_nothing_a_log_says_reaches_the_terminal_as_a_command(hostile: str, shown: str) -> None:
    assert plain(hostile) == shown


def test_clipping_counts_what_is_shown() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert clip("\x1b" * 100, 3) == "␛␛…"


def test_a_path_is_cut_in_front() -> None:
    assert clip_front("logs/a.evtx#12", 8) == "…evtx#12"
    assert clip_front("a.evtx#1", 8) == "a.evtx#1"
