"""YARA rules out of a folder that the user names, compiled once."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidelight.errors import UsageError
from sidelight.extras import install
from sidelight.values import dataclass

if TYPE_CHECKING:
    import yara_x

SUFFIXES: Final = (".yar", ".yara")


@dataclass(frozen=True, slots=True, order=True)
class Flaw:
    """A rule that cannot be run: where it is, and what is wrong with it."""

    path: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Rules ready to scan.

    Args:
        count: of the rules that run.
        flaws: what does not, in order of file and line.
        digest: SHA-256 over the names and bytes of all files.
    """

    rules: "yara_x.Rules"
    count: int
    flaws: tuple[Flaw, ...]
    digest: str


def compile_folder(folder: Path) -> Pack:
    """Compile every rule under *folder*; each file is a namespace, and none includes another.

    Raises:
        UsageError: YARA-X is not installed, or there is no rule that runs.
    """
    try:
        import yara_x  # noqa: PLC0415 - an extra
    except ImportError:
        hint = install("yara")
        raise UsageError("YARA-X is not installed", where="--yara", hint=hint) from None
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        hint = f"rules are files that end in {' or '.join(SUFFIXES)}"
        raise UsageError("no YARA rule is in this folder", where=f"--yara {folder}", hint=hint)
    compiler = yara_x.Compiler(includes_enabled=False)
    digest, flaws = hashlib.sha256(), list[Flaw]()
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            data = path.read_bytes()
            digest.update(f"{name}\0{len(data)}\0".encode("utf-8", "backslashreplace") + data)
            text = data.decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            flaws.append(Flaw(str(path), 1, f"cannot be read as UTF-8: {error}"))
            continue
        flaws += _add(compiler, path, name, text)
    rules = compiler.build()
    count = sum(1 for _ in rules)
    if not count:
        first = f": {flaws[0].path}:{flaws[0].line}: {flaws[0].reason}" if flaws else ""
        raise UsageError(f"no YARA rule compiles{first}", where=f"--yara {folder}")
    return Pack(rules, count, tuple(sorted(flaws)), digest.hexdigest())


def _add(compiler: "yara_x.Compiler", path: Path, name: str, text: str) -> list[Flaw]:
    """Add a file; of one with errors the rules that have none are added."""
    import yara_x  # noqa: PLC0415

    known = len(compiler.errors())
    try:
        compiler.new_namespace(name)
        compiler.add_source(text, origin=str(path))
    except yara_x.CompileError as error:
        found = compiler.errors()[known:]
        told = [Flaw(str(path), int(e.get("line") or 1), str(e["title"])) for e in found]
        return told or [Flaw(str(path), 1, str(error).splitlines()[0])]
    return []
