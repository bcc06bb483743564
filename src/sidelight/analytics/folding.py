r"""A script written so that nobody finds its words, written out again.

Joined, formatted, replaced and reversed strings, characters by their codes, escapes that mean
nothing, slices of variables: as far as the pieces stand literally in the text. Nothing is run,
and what stands in a variable that is built elsewhere stays hidden.

Rule 1. A text in which none of `hidden.TRIGGERS` is found is left as it is.
Rule 2. Every expression takes time in proportion to the text, and no rewriting makes it more than
twice as long, so that a hostile text costs no more than a long one.

Sources: Microsoft, "about_Special_Characters", "about_Operators", "cmd"; the tricks are those that
public obfuscators (Invoke-Obfuscation, Invoke-DOSfuscation) document.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

import re2

from sidelight.analytics.keys import read_number
from sidelight.analytics.tricks import TRICKS

ROUNDS: Final = 6
"""Rewriting may open the way for more of it so many times."""

_TEXT: Final = r"(?:'[^'\n]*+'|\"[^\"\n]*+\")"
_LIST: Final = rf"{_TEXT}(?:\s*+,\s*+{_TEXT})++"
_NUMBER: Final = r"(?:0x[0-9a-f]{1,4}|&h[0-9a-f]{1,4}|[0-9]{1,5})"

_Rewrite: TypeAlias = Callable[[str], str]

_KNOWN: Final = {
    "comspec": r"C:\Windows\system32\cmd.exe",
    "public": r"C:\Users\Public",
    "programdata": r"C:\ProgramData",
    "allusersprofile": r"C:\ProgramData",
    "programfiles": r"C:\Program Files",
    "commonprogramfiles": r"C:\Program Files\Common Files",
    "windir": r"C:\Windows",
    "systemroot": r"C:\Windows",
    "systemdrive": "C:",
    "os": "Windows_NT",
    "pathext": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
    "pshome": r"C:\Windows\System32\WindowsPowerShell\v1.0",
    "shellid": "Microsoft.PowerShell",
    "verbosepreference": "SilentlyContinue",
}
"""What these variables hold on an ordinary installation."""

_TICK: Final = re.compile(r"(?<=[A-Za-z])`(?=[A-Zc-eg-mo-qsw-z])|`(?=[A-Zc-eg-mo-qsw-z]`?[A-Za-z])")
_CARET: Final = re.compile(r"\^(?=[A-Za-z0-9^\"/\\. -])")
_SLICE: Final = re.compile(r"%([A-Za-z()0-9_]+):~(-?[0-9]{1,3})(?:,(-?[0-9]{1,3}))?%")
_ASSIGNED: Final = re.compile(
    r"\bset[ \t]+\"?([A-Za-z0-9_]+)=([^&|\"\r\n]{0,4096})", re.IGNORECASE | re.ASCII
)
_EXPANDED: Final = re.compile(r"%([A-Za-z0-9_]+)%|!([A-Za-z0-9_]+)!", re.ASCII)
_PICKED: Final = re.compile(
    r"\$\{?(?:env:)?([a-z]{2,20})\}?(?:\.tostring\(\))?"
    r"\[([0-9]{1,2}(?:[ \t]*,[ \t]*[0-9]{1,2}){0,40})\](?:[ \t]*-join[ \t]*(?:''|\"\"))?",
    re.IGNORECASE | re.ASCII,
)
_WRAPPED: Final = re.compile(rf"(?<![A-Za-z0-9_\]])\([ \t]*+({_TEXT})[ \t]*+\)")
_JOINED: Final = re.compile(r"['\"][ \t\r\n]*+[+&][ \t\r\n_]*+['\"]")
_APPENDED: Final = re.compile(r"['\"][ \t]*+;?[ \t\r\n]*+\$[A-Za-z0-9_]++[ \t]*+\+=[ \t]*+['\"]")
_APPENDED_BASIC: Final = re.compile(
    r"\"[ \t]*+\r?\n[ \t]*+([A-Za-z0-9_]++)[ \t]*+=[ \t]*+\1[ \t]*+[&+][ \t]*+\""
)
_FORMATTED: Final = re.compile(
    rf"({_TEXT})\s*+\)?\s*+-f\s*+\(?\s*+({_TEXT}(?:\s*+,\s*+{_TEXT})*+)", re.IGNORECASE
)
_PLACE: Final = re.compile(r"\{[ \t]*([0-9]{1,3})[ \t]*\}")
_CODE: Final = re.compile(
    rf"(?:\[string\][ \t]*)?\[char\][ \t]*(?:\([ \t]*({_NUMBER})[ \t]*\)|({_NUMBER}))"
    rf"|\bchr[wb]?\$?[ \t]*\([ \t]*({_NUMBER})[ \t]*\)",
    re.IGNORECASE | re.ASCII,
)
_CODES: Final = re.compile(
    rf"(?:\[char\[\]\][ \t]*@?\(?|(?:string\.)?fromcharcode[ \t]*\()[ \t]*"
    rf"({_NUMBER}(?:[ \t]*+,[ \t]*+{_NUMBER})*+)[ \t]*\)?",
    re.IGNORECASE | re.ASCII,
)
_JOIN_BEHIND: Final = re.compile(
    rf"[(\[]?({_LIST})(?:\s*+[)\]]?\s*+(?:-join\s*+|\.join\()({_TEXT})\)?+)?+", re.IGNORECASE
)
"""Every list is matched whole, joined or not: searching on from its middle would be quadratic."""

_JOIN_BEFORE: Final = re.compile(rf"-join[ \t]*+[@(]++[ \t]*+({_LIST})[ \t]*+\)", re.IGNORECASE)
_JOIN_CALL: Final = re.compile(
    rf"(?:\[string\])?::join\([ \t]*+({_TEXT})[ \t]*+,[ \t]*+[@(]*+({_LIST})\)*+", re.IGNORECASE
)
_EACH_TEXT: Final = re.compile(_TEXT)
_REPLACED: Final = re.compile(
    rf"(\.|-[ci]?)replace[ \t]*+\(?[ \t]*+({_TEXT})[ \t]*+,[ \t]*+({_TEXT})"
    rf"|\breplace\([^\"',()\n]{{1,64}},[ \t]*+({_TEXT})[ \t]*+,[ \t]*+({_TEXT})",
    re.IGNORECASE,
)
_PATTERN: Final = re.compile(r"[][.^$*+?(){}|]")
_MOST_REPLACED: Final = 16
_REVERSING: Final = re.compile(r"\[-1[ \t]*\.\.|reverse", re.IGNORECASE)
_LONG: Final = 8
_VALUE: Final = re.compile(rf"\$([A-Za-z0-9_]+)[ \t]*+=[ \t]*+({_TEXT})", re.ASCII)
_ADDED: Final = re.compile(
    r"\$\{?([A-Za-z0-9_]+)\}?(?=[ \t]*\+[ \t]*\$)|(?<=\+)([ \t]*)\$\{?([A-Za-z0-9_]+)\}?"
)
_BEFORE_PLUS: Final = re.compile(r"\$\{?([A-Za-z0-9_]+)\}?[ \t]*\+")
_BEHIND_PLUS: Final = re.compile(r"\+[ \t]*\$\{?([A-Za-z0-9_]+)")


def fold(text: str) -> tuple[tuple[str, ...], str]:
    """Rewrite *text*; give the names of the rewritings that changed it, in order, and the result.

    Nothing is done, and the names are none, where the text has no such tricks.
    """
    how: list[str] = []
    longest = 2 * len(text) + 1024
    rewrites: dict[str, _Rewrite] = {**_REWRITES, "replacement": partial(_replace, set())}
    for _ in range(ROUNDS):
        before = text
        for name, rewrite in rewrites.items():
            new = rewrite(text) if _may_change(text, name) else text
            if new != text and len(new) <= longest:
                how += [name] if name not in how else []
                text = new
        if text == before:
            break
    return tuple(how), text


def _may_change(text: str, name: str) -> bool:
    """Say whether the rewriting *name* may change *text*."""
    if not text.isascii():
        return True
    data = text.encode()
    return all(trick.search(data) is not None for trick in _TRICKS[name])


def _drop_ticks(text: str) -> str:
    return _TICK.sub("", text) if "`" in text else text


def _drop_carets(text: str) -> str:
    return _CARET.sub("", text) if text.count("^") > 1 else text


def _expand(text: str) -> str:
    """Put in slices of well-known variables, and variables that the same line sets."""
    if "%" in text:
        text = _SLICE.sub(_sliced, text)
    values = {name.lower(): value for name, value in _ASSIGNED.findall(text)}
    if not values:
        return text
    return _EXPANDED.sub(lambda m: values.get((m[1] or m[2]).lower(), m[0]), text)


def _sliced(found: re.Match[str]) -> str:
    value = _KNOWN.get(found[1].lower())
    if value is None:
        return found[0]
    start = int(found[2])
    rest = value[start:] if start >= 0 else value[max(len(value) + start, 0) :]
    return rest if found[3] is None else rest[: int(found[3])]


def _pick(text: str) -> str:
    return _PICKED.sub(_picked, text) if "[" in text and "$" in text else text


def _picked(found: re.Match[str]) -> str:
    value = _KNOWN.get(found[1].lower())
    numbers = [int(each) for each in found[2].split(",")]
    if value is None or max(numbers) >= len(value):
        return found[0]
    return "'" + "".join(value[each] for each in numbers) + "'"


def _join(text: str) -> str:
    """Join strings that plus, ampersand, or appending to a variable puts together."""
    if "'" not in text and '"' not in text:
        return text
    text = _WRAPPED.sub(r"\1", text)
    text = _JOINED.sub("", text)
    return _APPENDED_BASIC.sub("", _APPENDED.sub("", text))


def _format(text: str) -> str:
    return _FORMATTED.sub(_formatted, text) if "{" in text else text


def _formatted(found: re.Match[str]) -> str:
    parts = [each[1:-1] for each in _EACH_TEXT.findall(found[2])]
    form = found[1]
    if _PLACE.search(form) is None:
        return found[0]
    return _PLACE.sub(lambda m: parts[int(m[1])] if int(m[1]) < len(parts) else m[0], form)


def _decode(text: str) -> str:
    folded = text.lower()
    if "char" not in folded and "chr" not in folded:
        return text
    return _CODES.sub(_coded, _CODE.sub(_coded, text))


def _coded(found: re.Match[str]) -> str:
    listed = next(each for each in found.groups() if each)
    numbers = [each.strip() for each in listed.split(",")]
    codes = [read_number(each) for each in numbers]
    if not all(9 <= code < 0xD800 for code in codes):
        return found[0]
    plain = "".join(map(chr, codes))
    return f'"{plain}"' if "'" in plain else f"'{plain}'"


def _join_lists(text: str) -> str:
    if "join" not in text.lower():
        return text
    text = _JOIN_BEHIND.sub(lambda m: _listed(m[1], m[2]) if m[2] else m[0], text)
    text = _JOIN_BEFORE.sub(lambda m: _listed(m[1], "''"), text)
    if "::jo" in text.lower():  # what stands before it may be missing, so it is looked for slowly
        text = _JOIN_CALL.sub(lambda m: _listed(m[2], m[1]), text)
    return text


def _listed(texts: str, between: str) -> str:
    parts = [each[1:-1] for each in _EACH_TEXT.findall(texts)]
    return "'" + between[1:-1].join(parts) + "'"


def _replace(done: set[tuple[str, str]], text: str) -> str:
    """Do each literal replacement once, to all of the text: what it is done to may be a variable.

    Those in *done* were done before; this adds to it.
    """
    longest = 2 * len(text) + 1024
    for old, new in _pairs(text) if "eplace" in text.lower() else ():
        if (old, new) in done or len(done) >= _MOST_REPLACED:
            continue
        done.add((old, new))
        if len(text) + text.count(old) * (len(new) - len(old)) <= longest:
            text = text.replace(old, new)
    return text


def _pairs(text: str) -> list[tuple[str, str]]:
    out = []
    for found in _REPLACED.finditer(text):
        old, new = (found[2] or found[4])[1:-1], (found[3] or found[5])[1:-1]
        if (found[1] or "").startswith("-"):
            bare = re.sub(r"\\(.)", r"\1", old)
            old = bare if not _PATTERN.search(re.sub(r"\\.", "", old)) else ""
        if old and old != new:
            out.append((old, new))
    return out


def _reverse(text: str) -> str:
    """Turn round all longer strings of a text that reverses something."""
    if _REVERSING.search(text) is None:
        return text
    turned = _EACH_TEXT.sub(lambda m: m[0][::-1] if len(m[0]) >= _LONG else m[0], text)
    return _REVERSING.sub("turned", turned)


def _added(text: str) -> set[str]:
    """Name the variables that may be added to something."""
    found = *_BEFORE_PLUS.findall(text), *_BEHIND_PLUS.findall(text)
    return {name.lower() for name in found}


def _add_values(text: str) -> str:
    """Put the strings that variables are set to where variables are added."""
    if "+" not in text or "$" not in text:
        return text
    values = {name.lower(): value for name, value in _VALUE.findall(text)}
    if values.keys().isdisjoint(_added(text)):
        return text
    return _ADDED.sub(
        lambda m: (
            (m[2] or "") + values[name] if (name := (m[1] or m[3]).lower()) in values else m[0]
        ),
        text,
    )


_REWRITES: Final[dict[str, _Rewrite]] = {
    "ticks": _drop_ticks,
    "carets": _drop_carets,
    "variables": _expand,
    "picked characters": _pick,
    "character codes": _decode,
    "format": _format,
    "joined lists": _join_lists,
    "added variables": _add_values,
    "concatenation": _join,
    "reversal": _reverse,
}

_TRICKS: Final = {
    name: [re2.compile(each.encode()) for each in every] for name, every in TRICKS.items()
}

REWRITINGS: Final = frozenset({*_REWRITES, "replacement"})
"""Names of all rewritings."""
