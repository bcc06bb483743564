import pytest

from sidelight.analytics.folding import REWRITINGS, ROUNDS, fold
from sidelight.analytics.hidden import TRIGGERS


@pytest.mark.parametrize(
    ("text", "how", "expected"),
    [
        ("Ne`w-Ob`ject", "ticks", "New-Object"),
        ("p^ow^er^shell", "carets", "powershell"),
        ("%ComSpec:~-7,3%.exe", "variables", "cmd.exe"),
        ("%NoSuch:~1,3% %os:~0,3%", "variables", "%NoSuch:~1,3% Win"),
        ("set a=not&&set b=epad&&call %a%%b%", "variables", "set a=not&&set b=epad&&call notepad"),
        ("set a=x&set b=y&cmd /v /c !a!!b!", "variables", "set a=x&set b=y&cmd /v /c xy"),
        ("& $env:ComSpec[4,24,25]-join''", "picked characters", "& 'iex'"),
        ("$PSHOME[4]", "picked characters", "'i'"),
        ("[char]72", "character codes", "'H'"),
        ("[string][char](0x27)", "character codes", '"\'"'),
        ("Chr(72)", "character codes", "'H'"),
        ("[char[]](72,105)", "character codes", "'Hi'"),
        ("String.fromCharCode(72, 105)", "character codes", "'Hi'"),
        ("'{1}{0}'-f'b','a'", "format", "'ab'"),
        ("(\"{0}{1}{2}\" -F 'a', \"b\", 'c')", "format", '"abc"'),
        ("'a','b' -join ''", "joined lists", "'ab'"),
        ("('a','b') -join '-'", "joined lists", "'a-b'"),
        ("-join ('a','b')", "joined lists", "'ab'"),
        ("[string]::Join('', ('a','b'))", "joined lists", "'ab'"),
        ("['a','b'].join('')", "joined lists", "'ab'"),
        ("$x='a'\n$y='b'\n$x+$y", "added variables", "$x='a'\n$y='b'\n'ab'"),
        ("'a' + \"b\" + ('c')", "concatenation", "'abc'"),
        ('"a" & _\r\n "b"', "concatenation", '"ab"'),
        ("$x = 'a'; $x += 'b'", "concatenation", "$x = 'ab'"),
        ('x = "a"\nx = x & "b"', "concatenation", 'x = "ab"'),
        ("'aXc'.Replace('X', 'b')", "replacement", "'abc'.Replace('b', 'b')"),
        ("'a.c' -replace '\\.', 'b'", "replacement", "'abc' -replace '\\b', 'b'"),
        ('Replace(s, "#", "e") s="h#llo"', "replacement", 'Replace(s, "e", "e") s="hello"'),
        ("'olleh dlrow'[-1..-11]", "reversal", "'world hello'turned-11]"),
        ('StrReverse("olleh dlrow")', "reversal", 'Strturned("world hello")'),
    ],
)
def test_a_trick_is_undone(text: str, how: str, expected: str) -> None:
    names, folded = fold(text)
    assert how in names
    assert folded in (expected, f"({expected})")


def test_tricks_are_undone_together() -> None:
    names, folded = fold("$a = [char]71 + 'e' + ('t-' + ('Ser' + 'vice'))")
    assert folded == "$a = 'Get-Service'"
    assert names == ("character codes", "concatenation")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Get-Service",
        "'a' -replace '(x|y)+', 'b'",
        "'{x}' -f $name",
        "$a + $b",
        "3 + 4",
        '"line one`nline two`t"',
        "a^b",
        "[char]7",
        "%PATH%;C:\\tools",
    ],
)
def test_plain_texts_stay_as_they_are(text: str) -> None:
    assert fold(text) == ((), text)


def test_a_text_at_most_doubles() -> None:
    growing = "'x'.replace('x','" + "x" * 500 + "')" + "x" * 500
    assert len(fold(growing)[1]) <= 2 * len(growing) + 1024
    assert len(fold("$a='" + "y" * 900 + "';" + "$a+$a+" * 50)[1]) <= 2 * 1300 + 1024


def test_names_and_triggers_are_all_there() -> None:
    assert len(REWRITINGS) == 11
    assert len(TRIGGERS) >= len(REWRITINGS)
    assert ROUNDS > 1
