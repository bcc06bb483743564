"""Whether a library lies where it belongs."""

from collections.abc import Iterator
from typing import Final

from sidelight.analytics.estate import Estate, Load, Write
from sidelight.analytics.known import is_shipped, phantom_names, programs, system_names
from sidelight.analytics.paths import HOME, WRITABLE, Place, Zone, is_beside
from sidelight.analytics.sieve import is_installer
from sidelight.analytics.suspicion import Reason

_UNPACKERS: Final = (
    "\\_mei",
    "\\is-",
    "\\nsis",
    "\\nsm",
    "\\nss",
    "\\7zs",
    "\\pip-",
    ".tmp\\",
    "\\costura\\",
)
_MINUTE: Final = 60_000_000_000


def reasons(load: Load, estate: Estate) -> Iterator[Reason]:
    """Say what the place of a library, and how it got there, speak for or against."""
    cited = load.rows
    match load.library.zone:
        case Zone.MOCK:
            text = f"{load.library.where} only looks like a protected folder: its name has a blank."
            yield Reason(85, text, cited)
        case Zone.REDIRECT if not load.trusted:
            text = f"{load.library.where} redirects what {load.image.file} loads by name."
            yield Reason(65, text, cited)
        case Zone.SYSTEM if load.broken:
            yield _unsigned_at_home(load, estate)
        case Zone.NATIVE:
            yield from _native(load)
        case _:
            yield from _away(load, estate)
    yield from _arrival(load, estate)
    temporary = load.library.zone in {Zone.TRANSIT, Zone.LOOSE}
    if temporary and any(mark in load.library.path for mark in _UNPACKERS):
        yield Reason(
            -25, f"{load.library.where} is where an installer or packer unpacks itself.", cited
        )


def is_system_name(name: str, estate: Estate) -> bool:
    """Tell whether a library of this name has its home in System32."""
    return (name in system_names() or name in estate.homes) and not is_shipped(name)


def is_servicing(write: Write) -> bool:
    """Tell whether a file was written by what installs software by its trade."""
    return is_installer(write.image)


def _unsigned_at_home(load: Load, estate: Estate) -> Reason:
    name, file, cited = load.library.name, load.library.file, load.rows
    if name in estate.homes or name in system_names():
        text = f"{file} belongs to Windows; its signature was not found, which happens by accident."
        return Reason(10, text, cited)
    if name in phantom_names():
        text = f"Windows asks for {file} and does not have it: someone put it there."
        return Reason(65, text, cited)
    if load.image.zone in HOME:
        text = f"{load.image.file} loads an unsigned {file} from System32; Windows has none."
        return Reason(45, text, cited)
    return Reason(15, f"{file} in System32 is not signed.", cited)


def _native(load: Load) -> Iterator[Reason]:
    """Judge native images: they are never signed, but named after their assembly."""
    stem = load.library.name.removesuffix(".dll").removesuffix(".exe").removesuffix(".ni")
    original = load.original.lower().removesuffix(".dll").removesuffix(".exe").removesuffix(".ni")
    if load.original and original != stem and "." not in original.strip("."):
        text = (
            f"{load.library.file} should be an image of {stem}, yet calls itself {load.original}."
        )
        yield Reason(55, text, load.rows)


def _away(load: Load, estate: Estate) -> Iterator[Reason]:
    library, image, cited = load.library, load.image, load.rows
    if is_system_name(library.name, estate):
        yield from _stray_system_name(load)
        twin = estate.at_home.get((load.host, image.path, library.name))
        if twin and not load.trusted:
            text = f"{image.file} loads the genuine {library.file} too: the other passes calls on."
            yield Reason(25, text, load.rows, (twin.cited,))
    elif load.broken and is_shipped(library.name) and load.bare:
        text = f"Microsoft signs every {library.file}; this one has neither signature nor version."
        yield Reason(25, text, cited)
    if load.broken and library.zone in WRITABLE and not is_beside(library, image):
        yield from _far_away(load)


def _stray_system_name(load: Load) -> Iterator[Reason]:
    library, cited = load.library, load.rows
    away = f"{library.file} belongs in System32 and was loaded from {library.where}"
    if load.trusted and "microsoft" in load.signer.lower():
        yield Reason(0, f"{away}; it is signed by Microsoft, as a copy would be.", cited)
        return
    points = 60 if load.broken else 35
    if library.zone is Zone.PROGRAMS:
        points -= 25
    elif library.zone is Zone.SIDE_BY_SIDE:
        points -= 45
    yield Reason(points, f"{away}.", cited)


def _far_away(load: Load) -> Iterator[Reason]:
    library, image, cited = load.library, load.image, load.rows
    if image.zone not in HOME and image.zone is not Zone.PROGRAMS:
        return
    where = f"{image.file} loads {library.file}, which is {load.flaw}, from {library.where}"
    if image.name in programs("loaders"):
        yield Reason(25, f"{where}, as it does when told to.", cited)
    elif image.zone is Zone.PROGRAMS:
        yield Reason(45, f"{where}, outside its own folder.", cited)
    else:
        yield Reason(55, f"{where}, where users write.", cited)
    if image.name in programs("core"):
        yield Reason(20, f"{image.file} is at the core of the system.", cited)
    if library.zone is Zone.SHARE:
        yield Reason(20, "It lies on another machine.", cited)


def _arrival(load: Load, estate: Estate) -> Iterator[Reason]:
    """Judge how the library came: over the network, just before, with its program."""
    drop = estate.drop_of(load)
    if drop is None:
        return
    rows = (drop.cited, *load.rows)
    if is_servicing(drop):
        yield Reason(-10, f"{drop.image.file} installed it.", rows)
        return
    if drop.image.path == load.image.path and not _is_tool(drop.image):
        text = f"{drop.image.file} wrote it itself, as programs do that unpack themselves."
        yield Reason(-20, text, rows)
        return
    if drop.via == "share" or drop.image.name == "system":
        yield Reason(25, "It was written over the network before it was loaded.", rows)
    elif load.cited.time - drop.cited.time <= 10 * _MINUTE:
        by = drop.image.file or "A process"
        yield Reason(15, f"{by} wrote it at most ten minutes before it was loaded.", rows)
    else:
        yield Reason(8, f"{drop.image.file or 'A process'} wrote it before it was loaded.", rows)
    batch = estate.batch_of(drop)
    if load.image.path in batch.paths:
        yield Reason(15, f"The same process wrote {load.image.file} beside it.", rows)
    if batch.blob:
        text = f"The same process wrote {batch.blob.target.file}, which is no program, beside it."
        yield Reason(10, text, (*rows, batch.blob.cited))


def _is_tool(image: Place) -> bool:
    """Tell whether a program writes or loads for others, or is of Windows or unknown."""
    named = image.name in programs("hands") or image.name in programs("loaders")
    return named or image.zone in HOME or image.zone is Zone.NOWHERE
