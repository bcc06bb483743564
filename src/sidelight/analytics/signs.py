r"""The signs of in-memory execution in scripts and command lines, as data.

A sign is looked for in each layer where one of its words stands; its points say how much it means
by itself. From `sidelight.analytics.MEDIUM` points on a text is worth a look, so what
administrators do as well is worth less, and adds up only where signs meet.

| sort | points | why |
|---|---|---|
| turns memory into code | 50 to 60 | nothing else needs it |
| names a public loader | 45 | a report or a test may name it too |
| prepares memory | 15 to 35 | interoperability does this too |
| hides or fetches | 10 to 25 | installers and agents do this too |
"""

from typing import Final

from sidelight.values import dataclass

ALLOCATING: Final = (
    "VirtualAlloc",
    "VirtualAllocEx",
    "NtAllocateVirtualMemory",
    "VirtualAllocExNuma",
)
PROTECTING: Final = ("VirtualProtect", "VirtualProtectEx", "NtProtectVirtualMemory")
WRITING: Final = (
    "WriteProcessMemory",
    "NtWriteVirtualMemory",
    "RtlMoveMemory",
    "NtMapViewOfSection",
)
STARTING: Final = (
    "CreateThread",
    "CreateRemoteThread",
    "CreateRemoteThreadEx",
    "NtCreateThreadEx",
    "RtlCreateUserThread",
    "QueueUserAPC",
    "NtQueueApcThread",
    "SetThreadContext",
    "EnumSystemLocalesA",
    "CreateFiber",
    "NtUnmapViewOfSection",
)
"""Functions of Windows that an injection is made of. Source: ATT&CK T1055 and its
sub-techniques."""

APIS: Final = (*ALLOCATING, *PROTECTING, *WRITING, *STARTING)
"""All of them."""

_ANY_API: Final = "|".join(APIS)
_CONSTANTS: Final = "PAGE_EXECUTE_READWRITE|MEM_COMMIT|IMAGE_DOS_HEADER|IMAGE_NT_HEADERS(?:32|64)?"

LOADERS: Final = (
    # (expression, public source)
    (r"Invoke-[A-Za-z]{0,20}(?:PE|DLL|Process|Code|Shellcode|Credential)Injection", "PowerSploit"),
    (r"Invoke-(?:Dll|PE|PS)Inject(?:ion)?", "PowerSploit, UnmanagedPowerShell"),
    (r"Invoke-Reflective[A-Za-z]{2,30}", "PowerSploit"),
    (r"Invoke-[A-Za-z]{0,20}Mimikatz[A-Za-z]{0,10}", "PowerSploit"),
    (r"Invoke-[A-Za-z]{0,20}Shellcode[A-Za-z]{0,10}", "PowerSploit, PowerShell Empire"),
    (r"Invoke-(?:NinjaCopy|ProcessHollow(?:ing)?|Donut[A-Za-z]{0,20})", "PowerSploit, Donut"),
    (r"Invoke-(?:SharpLoader|ReflectAssembly|MemoryLoad[A-Za-z]{0,10})", "public .NET loaders"),
)
"""Functions of public tools that load code into memory, by the shape of their names."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What is looked for.

    Args:
        id: says what it is, and is the mark's.
        points: see the module.
        words: folded; the layer must hold one of them.
        pattern: what in the layer is the sign.
        said: what it means, as the end of a sentence.
        beside: must be found in the layer too.
        without: must not be found in the layer.
    """

    id: str
    points: int
    words: tuple[str, ...]
    pattern: str
    said: str
    beside: str = ""
    without: str = ""


def _sign(  # noqa: PLR0913
    id_: str, points: int, words: str, pattern: str, said: str, beside: str = "", without: str = ""
) -> Sign:
    return Sign(
        id_,
        points,
        tuple(words.lower().split()),
        pattern,
        said,
        beside,
        without,
    )


_FETCHING: Final = (
    r"DownloadString|DownloadData|DownloadFile|Invoke-WebRequest|\biwr\b|Invoke-RestMethod|\birm\b"
    r"|Net\.WebClient|MSXML2\.(?:Server)?XMLHTTP|WinHttpRequest"
)
_RUNNING: Final = r"\bIEX\b|Invoke-Expression|ScriptBlock\]::Create"
_UNPACKING: Final = r"FromBase64String|GZipStream|DeflateStream|-bxor"
_LOAD: Final = (
    r"(?:Reflection\.)?Assembly\]?(?:::|\.)Load\([ \t]*(?![ \t'\")])"
    r"|CurrentDomain\.Load\([ \t]*(?![ \t'\")])"
)

SIGNS: Final = (
    _sign(
        "function-pointer",
        50,
        "getdelegateforfunctionpointer",
        r"GetDelegateForFunctionPointer",
        "makes a function that can be called out of an address in memory",
        without=r"Marshal\.GetDelegateForFunctionPointer",
    ),
    _sign(
        "function-pointer-compiled",
        25,
        "getdelegateforfunctionpointer",
        r"Marshal\.GetDelegateForFunctionPointer",
        "makes a function out of an address in code that it compiles, as bindings do too",
    ),
    _sign(
        "dynamic-delegate",
        35,
        "definedynamicassembly",
        r"DefineDynamicAssembly",
        "builds delegate types while it runs, to call Windows without declaring it",
        beside=r"MulticastDelegate",
    ),
    _sign(
        "dynamic-assembly",
        10,
        "definedynamicassembly",
        r"DefineDynamicAssembly",
        "builds an assembly while it runs",
    ),
    _sign(
        "delegate-parts",
        20,
        "reflecteddelegate mydelegatetype inmemorymodule",
        r"\bReflectedDelegate\b|\bMyDelegateType\b",
        "uses a delegate type that was built while it ran",
    ),
    _sign(
        "unsafe-methods",
        30,
        "unsafenativemethods",
        r"Microsoft\.Win32\.UnsafeNativeMethods",
        "looks up functions of Windows through a hidden class of .NET",
        beside=r"GetProcAddress|GetModuleHandle",
    ),
    _sign(
        "bound-function",
        50,
        "add-member",
        rf"Add-Member[^\n|]{{0,80}}[ \t]-Name[ \t]+['\"]?(?:{_ANY_API})\b"
        rf"|Add-Member[ \t]+NoteProperty[ \t]+(?:-Name[ \t]+)?['\"]?(?:{_ANY_API})\b"
        rf"|ParameterBinding\(Add-Member\):[ \t]*name=\"Name\";[ \t]*value=\"(?:{_ANY_API})\"",
        "keeps a function that changes memory as a member of an object, as loaders of programs do",
    ),
    _sign(
        "bound-constant",
        25,
        "add-member",
        rf"Add-Member[^\n|]{{0,80}}[ \t]-Name[ \t]+['\"]?(?:{_CONSTANTS})\b"
        rf"|ParameterBinding\(Add-Member\):[ \t]*name=\"Name\";[ \t]*value=\"(?:{_CONSTANTS})\"",
        "keeps a constant of the program loader as a member of an object",
    ),
    _sign(
        "assembly-load",
        30,
        "assembly currentdomain",
        _LOAD,
        "loads a .NET assembly that is not named but given as bytes",
    ),
    _sign(
        "assembly-unpacked",
        20,
        "assembly currentdomain",
        _LOAD,
        "unpacks or fetches what it loads",
        beside=rf"{_UNPACKING}|DownloadData|\)\.Content\b",
    ),
    _sign(
        "entry-point",
        20,
        "entrypoint",
        r"\.EntryPoint\b",
        "calls the entry point of an assembly that it loaded itself",
        beside=_LOAD,
    ),
    _sign(
        "copied-code",
        35,
        "marshal",
        r"Marshal\]?(?:::|\.)Copy\b",
        "copies bytes to an address and uses functions that run them",
        beside=rf"FunctionPointer|\b(?:{'|'.join((*ALLOCATING, *PROTECTING, *STARTING))})\b",
    ),
    _sign(
        "executable-memory",
        25,
        "virtualalloc",
        r"VirtualAlloc(?:Ex)?\b[^\n]{0,200}0x40\b",
        "asks for memory that can be written and run",
    ),
    _sign(
        "injection-proxy",
        60,
        "/injectrunning",
        r"/INJECTRUNNING",
        "has a program of Windows load a library into a running process",
        without=r"AppVISVSubsystems",
    ),
    _sign(
        "public-loader",
        45,
        "invoke-",
        r"(?<![A-Za-z0-9])(?:" + "|".join(f"(?:{each})" for each, _ in LOADERS) + r")\b",
        "names a function of a public tool that loads code into memory",
    ),
    _sign(
        "cradle",
        20,
        "iex invoke-expression scriptblock",
        _RUNNING,
        "runs text that it fetches",
        beside=_FETCHING,
    ),
    _sign(
        "packed-script",
        15,
        "iex invoke-expression scriptblock",
        _RUNNING,
        "runs text that it unpacks",
        beside=r"FromBase64String|GZipStream|DeflateStream",
        without=_FETCHING,
    ),
    _sign(
        "scan-bypass",
        15,
        "amsiutils amsiinitfailed amsiscanbuffer amsicontext",
        r"\b(?:AmsiUtils|amsiInitFailed|AmsiScanBuffer|amsiContext)\b",
        "reaches into the interface by which scripts are scanned",
    ),
    _sign(
        "object-from-script",
        50,
        "binaryformatter",
        r"Formatters\.Binary\.BinaryFormatter",
        "has a script host build .NET objects out of bytes and call them",
        beside=r"Deserialize_2|DynamicInvoke",
    ),
    _sign(
        "native-call",
        35,
        "dynamicwrapperx call( executeexcel4macro",
        rf"DynamicWrapperX|\bCALL\([ \t]*\"+kernel32\"+[^\n]{{0,40}}(?:{_ANY_API})",
        "calls functions of Windows from a script or sheet",
    ),
)

GROUPS: Final = (
    ("allocates", rf"\b(?:{'|'.join(ALLOCATING)})\b"),
    ("unprotects", rf"\b(?:{'|'.join(PROTECTING)})\b"),
    ("writes", rf"\b(?:{'|'.join(WRITING)})\b"),
    ("starts", rf"\b(?:{'|'.join(STARTING)})\b"),
)
"""What an injection does, and the functions that do it."""

GROUP_POINTS: Final = (0, 15, 35, 55, 60)
"""Points for functions out of so many groups in one layer."""

BINARY_POINTS: Final = {"shellcode": 60, "a Windows program": 30, "a serialised .NET object": 20}

WORDS: Final = tuple(
    sorted({word for sign in SIGNS for word in sign.words} | {each.lower() for each in APIS})
)
"""A layer with none of these words, folded, bears no sign."""
