"""Folders with triads and with what only looks like one: stand-ins that do nothing."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from authenticode_writer import Authority, sign, signer
from pe_writer import Pe, write_pe

Files = Mapping[str, bytes]

VENDOR = "Good Software Ltd"
_HOST = {"OriginalFilename": "updater.exe", "CompanyName": VENDOR}
_ASKED = ("Open", "Close", "Read")


def noise(size: int = 100_000, seed: int = 7) -> bytes:
    """Give bytes that look encrypted."""
    return random.Random(seed).randbytes(size)


def program(
    library: str = "helper.dll",
    how: str = "imports",
    original: str = "updater.exe",
    by: Authority | None = None,
    *,
    signed: bool = True,
) -> bytes:
    """Give a program that asks for *library*."""
    version = {**_HOST, "OriginalFilename": original}
    asked = {library: _ASKED}
    match how:
        case "imports":
            pe = Pe(imports={**asked, "kernel32.dll": ["Sleep"]}, version=version)
        case "delayed":
            pe = Pe(delayed=asked, imports={"kernel32.dll": ["Sleep"]}, version=version)
        case _:
            pe = Pe(imports={"kernel32.dll": ["LoadLibraryA"]}, version=version,
                    strings=b"\0" + library.encode() + b"\0")  # fmt: skip
    data = write_pe(pe)
    return sign(data, by or signer(VENDOR)) if signed else data


def stub(**changes: object) -> bytes:
    """Give a library whose functions all lead to one place."""
    given: dict[str, object] = {"exports": dict.fromkeys(_ASKED, 0)}
    return write_pe(Pe(library=True, **(given | changes)))  # type: ignore[arg-type]


def plain(name: str, company: str = "Other Makers GmbH") -> bytes:
    """Give an ordinary library."""
    exports = {function: at for at, function in enumerate((*_ASKED, "Write", "Seek"))}
    version = {"OriginalFilename": name, "CompanyName": company}
    return write_pe(Pe(library=True, exports=exports, version=version))


def _tampered() -> bytes:
    data = bytearray(sign(plain("helper.dll", VENDOR), signer(VENDOR)))
    data[0x400] ^= 1
    return bytes(data)


def triads() -> Mapping[str, Files]:
    """Give ten sideloads, each in a folder of its own."""
    apart = {name: at for at, name in enumerate((*_ASKED, "Extra", "More"))}
    forwards = {name: f"helper_.{name}" for name in _ASKED}
    other = sign(plain("other.dll"), signer("Other Makers GmbH"))
    own = signer("Nobody", own=True)
    return {
        "renamed": {"svc.exe": program(), "helper.dll": stub(), "data.bin": noise()},
        "debug": {"node.exe": program("dbghelp.dll", original="node.exe"),
                  "dbghelp.dll": stub(exports={"Open": 0, "Close": 0})},
        "plain": {"updater.exe": program(), "helper.dll": stub(), "data.bin": noise()},
        "alone": {"svc.exe": program(), "helper.dll": stub()},
        "own": {"updater.exe": program(how="delayed"),
                "helper.dll": sign(plain("helper.dll"), own), "data.bin": noise()},
        "proxy": {"svc.exe": program(), "helper.dll": stub(exports=forwards),
                  "logo.png": b"\x89PNG\r\n\x1a\n" + noise()},
        "named": {"updater.exe": program(how="names"), "helper.dll": write_pe(Pe(library=True)),
                  "data.bin": noise()},
        "tampered": {"updater.exe": program(), "helper.dll": _tampered(), "data.bin": noise()},
        "vendor": {"svc.exe": program(), "helper.dll": other, "data.bin": noise()},
        "apart": {"updater.exe": program(), "data.bin": noise(),
                  "helper.dll": write_pe(Pe(library=True, exports=apart))},
    }  # fmt: skip


def near_misses() -> Mapping[str, Files]:
    """Give seven folders that lack what makes a sideload."""
    own, microsoft = signer("Nobody", own=True), signer("Microsoft Corporation")
    runtime = {"OriginalFilename": "vcruntime140.dll", "CompanyName": "Microsoft Corporation"}
    many = {f"part{n}.dll": plain(f"part{n}.dll") for n in range(8)}
    asked = {name: list(_ASKED) for name in many}
    app = sign(write_pe(Pe(imports=asked, version=_HOST)), signer(VENDOR))
    return {
        "own-program": {"updater.exe": program(by=own), "helper.dll": stub(), "d.bin": noise()},
        "same-signer": {"updater.exe": program(), "d.bin": noise(),
                        "helper.dll": sign(stub(), signer(VENDOR))},
        "runtime": {"updater.exe": program("vcruntime140.dll"), "d.bin": noise(),
                    "vcruntime140.dll": sign(stub(version=runtime), microsoft)},
        "unsigned": {"updater.exe": program(signed=False), "helper.dll": stub(),
                     "d.bin": noise()},
        "not-asked": {"updater.exe": program("elsewhere.dll"), "helper.dll": stub(),
                      "d.bin": noise()},
        "habit": {"updater.exe": app, **many},
        "no-library": {"updater.exe": program(), "d.bin": noise()},
    }  # fmt: skip


def lay(folder: Path, cases: Mapping[str, Files]) -> None:
    """Write the files of *cases*, each case in a folder of its own."""
    for case, files in cases.items():
        (folder / case).mkdir(parents=True)
        for name, data in files.items():
            (folder / case / name).write_bytes(data)


STAMPED = datetime(2020, 1, 1, tzinfo=UTC)
