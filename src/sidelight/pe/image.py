"""What is kept of a PE file while evidence is read: enough to see which files belong together."""

from typing import Final

from sidelight.pe.imports import asked
from sidelight.pe.layout import certificates, read_layout
from sidelight.pe.strings import library_names
from sidelight.pe.version import version_texts
from sidelight.values import dataclass

MACHINES: Final = {0x14C: "x86", 0x8664: "x64", 0xAA64: "arm64", 0x1C4: "arm", 0x200: "ia64"}


@dataclass(frozen=True, slots=True)
class Image:
    """A PE file as its headers and resources describe it.

    Args:
        library: it is a DLL.
        certified: it has a certificate table, which may hold anything.
        imports: names of libraries that the loader gets, folded; so are those below.
        delayed: names of those that are got when they are first called.
        named: names that stand in its bytes; of programs only.
        texts: of its version resource.
    """

    library: bool
    machine: str
    linked: int
    certified: bool
    imports: tuple[str, ...]
    delayed: tuple[str, ...]
    named: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """Give a text of the version resource; empty where there is none."""
        return dict(self.texts).get(name, "")


def read_image(data: bytes) -> Image:
    """Read *data*.

    Raises:
        PeError: it is no PE file.
    """
    layout = read_layout(data)
    libraries = asked(data, layout)
    hard = {each.name.lower() for each in libraries if not each.delayed}
    late = {each.name.lower() for each in libraries if each.delayed} - hard
    named = () if layout.library else library_names(data)
    return Image(
        layout.library,
        MACHINES.get(layout.machine, f"{layout.machine:#x}"),
        layout.linked,
        certificates(data, layout) != (0, 0),
        tuple(sorted(hard)),
        tuple(sorted(late)),
        tuple(name for name in named if name not in hard and name not in late),
        tuple(version_texts(data, layout).items()),
    )
