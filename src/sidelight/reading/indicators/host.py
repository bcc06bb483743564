"""What an intrusion leaves on a host: paths, registry keys, mutexes, command lines, rules."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from sidelight.reading.words import words
from sidelight.values import dataclass

_PART: Final = r"(?:[^\\/:*?\"<>|\r\n,;`.]|\.(?! ))"
_WINDOWS: Final = re.compile(
    rf"(?<![\w\\])(?:[A-Za-z]:|%[A-Za-z0-9_()]{{3,30}}%|\\\\[\w.$-]{{1,60}}(?=\\))"
    rf"\\(?:{_PART}{{1,48}}\\){{0,12}}(?:[^\\/:*?\"<>|\s,;`]{{1,120}})?"
)
_UNIX: Final = re.compile(
    r"(?<![\w/.:\]])/(?:bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|tmp|usr|var"
    r"|mnt|data|Library|Users|private|bootbank|store|vmfs|flash|harddisk)(?:/[\w.+@%~,-]{1,120}){1,16}"
)
_REGISTRY: Final = re.compile(
    r"\b(?:HKLM|HKCU|HKU|HKCR|HKCC|HKEY_[A-Z_]{4,30})(?::)?"
    r"(?:\\[^\\\r\n\"',;`]{1,60}(?=\\)){0,20}\\[^\s\\\"',;`]{1,120}"
)
_MUTEX: Final = re.compile(
    r"\bmutex(?:es)?\b\W{0,3}(?:(?:is|was|named|called|name|the|a)\W{1,3}){0,3}"
    r"[\"'\u201c\u2018`]?([^\s\"'\u201d\u2019`,;]{4,120})",
    re.IGNORECASE,
)
_YARA: Final = re.compile(
    r"^[ \t]*(?:private\s+|global\s+){0,2}rule\s+(\w{1,128})\s*(?::[^{\n]*)?\s*\{", re.MULTILINE
)
_CLOSE: Final = re.compile(r"^[ \t]{0,40}\}", re.MULTILINE)
_LINES: Final = 200
"""How many lines a quoted rule may have."""
_SIGMA: Final = re.compile(r"^([ \t]*)title:[ \t]*(\S.{2,200})$", re.MULTILINE)
_YAML: Final = re.compile(r"[\w.|-]{1,80}:(?:\s|$)|- |#|['\"]")
_PROGRAM: Final = re.compile(
    r"(?<![\w\\/.-])(?:powershell|pwsh|cmd|rundll32|regsvr32|schtasks|certutil|wmic"
    r"|net1?(?=(?:\.exe)? (?:use|user|view|group|localgroup|share|start|stop|time|accounts) )"
    r"|reg(?=(?:\.exe)? (?:add|save|query|delete|export|import) )"
    r"|sc(?=(?:\.exe)? (?:create|config|query|start|stop|delete|\\\\) ?)"
    r"|bitsadmin|mshta|rar|7z|7za|curl|wget|nltest|vssadmin|psexec|procdump|ntdsutil|iptables"
    r"|insmod|wevtutil|netsh|msbuild|installutil|cscript|wscript|nohup|crontab|dsquery|adfind"
    r"|tcpdump|esxcli|vim-cmd)(?:64)?(?:\.exe)?(?= )",
    re.IGNORECASE,
)
_ARGUMENT: Final = re.compile(r'"[^"\n]{0,200}"|[^\s"`]+')
_STOPPERS: Final = words("and or to then which that from with in on by via for is was as the")
_SUBCOMMANDS: Final = words(
    """use user view group localgroup share start stop time accounts add save query delete export
    import create config process"""
)
_SPEAKING: Final = re.compile(r"[-/\\%=&|><$:]|\d|^[a-z]$|\.\w{2,4}\b")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A find over several tokens.

    Args:
        masks: whether nothing else is to be sought in it.
    """

    kind: str
    value: str
    start: int
    end: int
    masks: bool = True
    body: str = ""


def rules_in(text: str) -> Iterator[Stretch]:
    """Yield the YARA and Sigma rules that stand in *text*."""
    closes = [match.end() for match in _CLOSE.finditer(text)]
    for match in _YARA.finditer(text):
        at = bisect_left(closes, match.end())
        end = closes[at] if at < len(closes) else len(text)
        if "condition" in text[match.end() : end]:
            yield Stretch("yara", match[1], match.start(), end, body=text[match.start() : end])
    for match in _SIGMA.finditer(text):
        end = _sigma_end(text, match)
        body = text[match.start() : end]
        if re.search(r"^[ \t]*logsource:", body, re.MULTILINE) and "condition:" in body:
            title = match[2].strip().strip("'\"")
            yield Stretch("sigma", title, match.start() + len(match[1]), end, body=body)


def _sigma_end(text: str, match: re.Match[str]) -> int:
    """End a Sigma rule before the first line that is none of YAML's, or is another title."""
    at = match.end() + 1
    for _ in range(_LINES):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        bare = text[at : min(end, at + 400)].strip()
        if at >= len(text) or (bare and not _YAML.match(bare)) or bare.startswith("title:"):
            break
        at = end + 1
    return len(text[:at].rstrip())


def stretches(text: str) -> Iterator[Stretch]:
    """Yield registry keys, mutexes and paths, in no order."""
    for match in _REGISTRY.finditer(text):
        yield _bare("registry-key", match[0], match.start())
    for match in _MUTEX.finditer(text):
        value = match[1].rstrip(".)")
        if re.search(r"[\d\\{_-]", value):
            yield Stretch("mutex", value, match.start(1), match.start(1) + len(value))
    for pattern in (_WINDOWS, _UNIX):
        for match in pattern.finditer(text):
            found = _bare("path", match[0], match.start())
            if len(found.value) > 4:
                yield found


def _bare(kind: str, written: str, start: int) -> Stretch:
    value = written.rstrip(".,)]'*: ")
    return Stretch(kind, value, start, start + len(value))


def commands(text: str) -> Iterator[Stretch]:
    """Yield command lines of programs that intruders use; what stands in them is sought, too."""
    last = 0
    for match in _PROGRAM.finditer(text):
        if match.start() < last:
            continue
        end, speaking = match.end(), False
        line = text.find("\n", end)
        option = False
        for argument in _ARGUMENT.finditer(text, end, line if line >= 0 else len(text)):
            if text[end : argument.start()].strip(" ") or text[end : argument.start()] == "":
                break
            word = argument[0]
            plain = not _SPEAKING.search(word)
            if word.lower() in _SUBCOMMANDS and not speaking:
                end = argument.end()
                continue
            if plain and (not option or word.lower().rstrip(".,") in _STOPPERS):
                break
            option = word[0] in "-/"
            speaking |= bool(re.match(r"[-/]\w|.*[\\%=,]", word)) or word[0] == '"'
            end = argument.end()
            if word[-1] in ",.;)":
                break
        value = text[match.start() : end].rstrip(".,;)'")
        if speaking:
            last = match.start() + len(value)
            yield Stretch("command", value, match.start(), last, masks=False)
