r"""What the call trace of a process access says about who made the call (Sysmon event 10).

Code that was loaded from a file has a module at each of its frames; code that was put into
memory has none. That alone is noise: compiled code of runtimes, stubs, trampolines of security
products and the kernel's part of a window callback have none either. So the address, the modules
around it and the rights decide.

unbacked-caller (60): shellcode and reflectively loaded code that itself calls Windows. Defeated by
a stomped module, a spoofed stack, a call through a gadget in a file or a callback of a pool. False
positives: packers and licence guards that run from private memory, runtimes not in `RUNTIMES`.

unbacked-frame (35): the same, farther up the stack. False positives: embedded engines; generated
window procedures of old toolkits, which is why it is worth 15 where a window calls back.

unbacked-stub (20): a caller among stubs near the libraries, as unmanaged PowerShell leaves. False
positives: P/Invoke of any .NET service, whose trace need not show a frame of the runtime.

unbacked-beside-runtime (25): private memory as the caller in a 64-bit process with a runtime, whose
compiled code lies near the libraries. False positives: a second engine in the same process.

unbacked-syscall (65): a system call made by code that no file backs. Defeated by an indirect system
call, whose return address is in ntdll. False positives: none known.

direct-syscall (50): a system call that a module makes past ntdll. Defeated as above. False
positives: guards of games, security products; they mostly ask for the right to query only.

cut-trace (45): the walk of the stack ended behind KERNELBASE, since it could not pass its caller.
Defeated by a spoofed stack. False positives: stacks that a hook broke.

imageless (50): a process whose file was changed, deleted or never was (herpaderping, ghosting).
Defeated by leaving the file in place. False positives: none known; the kernel's own processes have
names without an extension.

Rights that touch neither memory nor threads of the other process take off 15 points.

Old Sysmon garbles the first characters of a text and leaves fields empty; then nothing is said.
"""

import re
from functools import reduce
from typing import Final, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sidelight.analytics.frames import Frame, parse
from sidelight.analytics.rights import CHANGING, TOUCHING, words
from sidelight.values import dataclass

VerdictId: TypeAlias = Literal[
    "unbacked-caller",
    "unbacked-frame",
    "unbacked-stub",
    "unbacked-beside-runtime",
    "unbacked-syscall",
    "direct-syscall",
    "cut-trace",
    "imageless",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a trace or an image name speaks for.

    Args:
        points: from `MEDIUM` on worth a look by itself.
        said: why, as a sentence without a full stop.
        shown: the frame or the image it is about, as the log has it.
    """

    id: VerdictId
    points: int
    said: str
    shown: str


RUNTIMES: Final = (
    "clr.dll",
    "mscorwks.dll",
    "mscorsvr.dll",
    "mscoreei.dll",
    "mscorlib",
    "coreclr.dll",
    "clrjit.dll",
    ".ni.dll",
    "system.private.corelib",
    "jvm.dll",
    "mono-2.0",
    "monosgen",
    "jscript9.dll",
    "chakra.dll",
    "chakracore.dll",
    "mshtml.dll",
    "v8.dll",
    "node.dll",
    "node.exe",
    "libffi",
    "_ctypes",
    "luajit",
    "lua51.dll",
)
"""Parts of the names of modules that compile code or make stubs while they run."""

_RUNTIME: Final = re.compile("(?i)" + "|".join(re.escape(part) for part in RUNTIMES))

_GUI: Final = (
    "user32.dll",
    "win32u.dll",
    "dxgi.dll",
    "msctf.dll",
    "combase.dll",
    "explorer.exe",
    "twinui",
    "coreuicomponents.dll",
    "comctl32.dll",
)
"""Modules through which windows call back whoever made a procedure for them."""

_SYSCALLERS: Final = ("ntdll.dll", "win32u.dll", "wow64.dll", "wow64cpu.dll", "wow64win.dll")
_SYSTEM: Final = re.compile(r"(?:\\windows|\\systemroot)\\(?:system32|syswow64|sysnative)\\[^\\]+$")
_CUT: Final = ("ntdll.dll", "kernelbase.dll")
_NAME: Final = re.compile(r"[\x20-\x7e]{1,200}\.[A-Za-z0-9]{2,4}", re.ASCII)

_WEAKER: Final = 15
"""What is taken off where the rights touch neither memory nor threads."""


def classify(
    trace: str, *, source: str = "", target: str = "", granted: int | None = None
) -> Verdict | None:
    """Give the strongest verdict on one access, None where nothing speaks against it.

    Args:
        trace: ``CallTrace``.
        source: ``SourceImage``.
        target: ``TargetImage``.
        granted: ``GrantedAccess``, None where unknown.
    """
    found = [_judge(trace, _leaf(target), granted), imageless(target), imageless(source)]
    verdicts = [each for each in found if each is not None]
    return max(verdicts, key=lambda each: each.points, default=None)


def imageless(image: str) -> Verdict | None:
    """Judge a process whose image has a name and no folder.

    Sysmon asks the kernel for the path, which has none for a file that is gone or was replaced
    while the process was made. System, Registry and MemCompression have no extension;
    ``<unknown process>``, an empty text, ``-`` and garbled texts are unknown, so nothing.
    """
    if "\\" in image or "/" in image or _NAME.fullmatch(image) is None:
        return None
    return Verdict("imageless", 50, f"the process {image} has a name and no file behind it", image)


def _leaf(image: str) -> str:
    return image.rpartition("\\")[2] or "another process"


def _judge(text: str, target: str, granted: int | None) -> Verdict | None:
    frames = parse(text).frames
    if not frames:
        return None
    doing = f"opened {target} {words(granted)}".rstrip()
    verdict = _judge_first(frames, doing) or _judge_unbacked(
        frames, doing, granted, runtime=_RUNTIME.search(text) is not None
    )
    if verdict is None:
        return _judge_cut(frames, doing, granted)
    if granted is not None and not granted & TOUCHING:
        return Verdict(verdict.id, verdict.points - _WEAKER, verdict.said, verdict.shown)
    return verdict


def _judge_first(frames: tuple[Frame, ...], doing: str) -> Verdict | None:
    """Judge the frame that made the system call."""
    first = frames[0]
    if first.place in ("heap", "near"):
        said = f"code that no file backs made a system call of its own and {doing}"
        return Verdict("unbacked-syscall", 65, said, first.text)
    path = first.module
    if first.place != "module" or first.name in _SYSCALLERS or not _is_path(path):
        return None
    if _SYSTEM.search(path) or _RUNTIME.search(first.name) is not None:
        return None  # a frame was lost, or the first letters of the text
    said = f"{first.name} made a system call past ntdll.dll and {doing}"
    return Verdict("direct-syscall", 50, said, first.text)


def _is_path(module: str) -> bool:
    return module[1:3] == ":\\" or module.startswith("\\")


def _judge_unbacked(
    frames: tuple[Frame, ...], doing: str, granted: int | None, *, runtime: bool
) -> Verdict | None:
    number = next((n for n, each in enumerate(frames) if each.place in ("heap", "near")), None)
    if number is None:
        return None
    heap = next((n for n, each in enumerate(frames) if each.place == "heap"), None)
    if runtime:
        return _judge_beside_runtime(frames, heap, doing)
    if heap is None:
        points = 25 if granted is not None and granted & CHANGING else 20
        if number > 4 or not _calls_windows(frames[:number]):
            return None
        said = f"a stub near the libraries, which no file backs, {doing}"
        return Verdict("unbacked-stub", points, said, frames[number].text)
    shown = frames[heap].text
    if _calls_windows(frames[:heap]):
        where = "code in private memory, which no file backs,"
        last = heap == len(frames) - 1
        return Verdict("unbacked-caller", 60 if last else 55, f"{where} {doing}", shown)
    gui = any(part in each.name for each in frames for part in _GUI)
    said = f"code in private memory, which no file backs, called the module that {doing}"
    return Verdict("unbacked-frame", 15 if gui else 35, said, shown)


def _judge_beside_runtime(
    frames: tuple[Frame, ...], heap: int | None, doing: str
) -> Verdict | None:
    if heap is None or len(frames[heap].text) < len("UNKNOWN()") + 16 or frames[heap].wow64:
        return None
    if not _calls_windows(frames[:heap]):
        return None
    said = f"in a process with a runtime, private memory where that puts no code {doing}"
    return Verdict("unbacked-beside-runtime", 25, said, frames[heap].text)


def _calls_windows(frames: tuple[Frame, ...]) -> bool:
    """Say whether all of *frames* are Windows', and none of a window's callback."""
    return all(
        each.place in ("module", "near")
        and (each.place == "near" or _SYSTEM.search(each.module) is not None)
        and not any(part in each.name for part in _GUI)
        for each in frames
    )


def _judge_cut(frames: tuple[Frame, ...], doing: str, granted: int | None) -> Verdict | None:
    if tuple(each.name for each in frames) != _CUT or granted is None or not granted & TOUCHING:
        return None
    said = f"a caller whom the walk of the stack could not name {doing}"
    return Verdict("cut-trace", 45, said, frames[-1].text)


_UNBACKED: Final = r"UNKNOWN\(0{0,4}[0-9A-Fa-f]{1,12}\)"
_LOW_64: Final = r"UNKNOWN\(0{4}(?:[0-6]|7[0-9A-Ea-e]|7[Ff][0-9A-Ea-e])"
_PLAIN: Final = r"(?i)^[^|]*\\(?:ntdll|win32u|wow64|wow64cpu|wow64win)\.dll\+[^|\\+]*(?:\||$)"
_SHORT: Final = r"(?i)^[^|]*ntdll\.dll\+[^|]*\|[^|]*kernelbase\.dll\+[^|]*$"


def candidates(traces: pa.StringArray) -> NDArray[np.intp]:
    """Number the traces that can yield a verdict: every one that does is among them.

    A few passes of RE2 over the column; for the traces of a quiet host few are left.
    """
    backed = pc.invert(pc.match_substring_regex(traces, _UNBACKED))
    runtime = pc.match_substring_regex(traces, _RUNTIME.pattern)
    dull = pc.or_(backed, pc.and_not(runtime, pc.match_substring_regex(traces, _LOW_64)))
    plain = pc.match_substring_regex(traces, _PLAIN)
    short = pc.match_substring_regex(traces, _SHORT)
    left = reduce(pc.or_, [pc.invert(dull), pc.invert(plain), short])
    return np.flatnonzero(left.to_numpy(zero_copy_only=False))
