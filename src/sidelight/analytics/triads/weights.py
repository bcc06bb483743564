"""What each trait of a triad weighs.

From 40 points on a triad is told of. The weights were set on stand-ins and on 8 gigabytes of
published software, with both in view; they are judgements, not a fit.
"""

from collections.abc import Mapping
from typing import Final

from sidelight.values import dataclass

TOLD: Final = 40
"""From so many points on a triad is a finding; below, it is the context of others."""


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait of a triad.

    Args:
        points: below zero where it speaks against.
        meaning: what it is, as documentation says it.
    """

    points: int
    meaning: str


TRAITS: Final[Mapping[str, Trait]] = {
    "program-trusted": Trait(12, "the program's signature holds, in itself or by a catalog"),
    "program-unknown": Trait(
        8, "the program says it is of Windows, and no catalog at hand tells whether it is"
    ),
    "program-untrusted": Trait(-24, "the program's signature does not hold"),
    "library-unsigned": Trait(8, "the library is not signed"),
    "library-unknown": Trait(
        4, "the library says it is of Windows, and no catalog at hand tells whether it is"
    ),
    "library-bad": Trait(12, "the library's signature does not hold, or nobody is behind it"),
    "library-other": Trait(4, "the library is signed, and not by who signed the program"),
    "pair-expected": Trait(-40, "the library is signed by who should sign it"),
    "pair-unexpected": Trait(
        8, "a known pair, and the library is not signed by who should sign it"
    ),
    "pair-imported": Trait(4, "HijackLibs lists the pair, and its signer is another"),
    "system-name": Trait(8, "the library has the name of one that belongs to System32"),
    "renamed-program": Trait(8, "the program's version information has another name"),
    "renamed-library": Trait(8, "the library's version information has another name"),
    "bare-library": Trait(4, "the library has no version information"),
    "hard-import": Trait(4, "the loader gets the library when the program starts"),
    "one-place": Trait(8, "of the library's functions, most are one and the same"),
    "made-to-fit": Trait(8, "the library offers exactly the functions that are asked for"),
    "missing-functions": Trait(8, "the library lacks functions that are asked for"),
    "passes-calls-on": Trait(4, "most of the library's functions are another library's"),
    "blob": Trait(12, "a file that looks encrypted lies beside them"),
    "many-blobs": Trait(4, "more than three such files lie beside them"),
    "alone": Trait(4, "at most six programs, libraries and such files lie in the folder"),
    "unexcused": Trait(
        4, "more than six lie there, and the pair shows a sign of its own, so that excuses nothing"
    ),
    "writable": Trait(4, "users may write to the folder"),
    "away": Trait(4, "the program says it is of Windows and lies elsewhere"),
    "redirected": Trait(8, "the library lies in a folder that redirects the program"),
    "downloaded": Trait(4, "Windows marked one of them as downloaded"),
    "back-dated": Trait(4, "the library was last written before it was linked"),
    "run": Trait(4, "a prefetch says that the program was run"),
    "run-lately": Trait(
        8, "a prefetch says that the program was run in the 30 days before the host's last traces"
    ),
    "loaded": Trait(8, "a prefetch says that the program read the library when it was started"),
    "not-loaded": Trait(
        -4,
        "a prefetch says what the program read when it was started, and the library was not in it",
    ),
    "noticed": Trait(
        4, "Amcache or the shim cache has the program, so Windows looked at it, as before a start"
    ),
    "habit": Trait(
        -8,
        "three or more other libraries that the program imports are not signed either, and neither "
        "they nor the pair show a sign of their own",
    ),
}
"""Traits by id."""

SIGNS: Final = frozenset(
    {
        "library-bad",
        "pair-unexpected",
        "pair-imported",
        "system-name",
        "one-place",
        "made-to-fit",
        "missing-functions",
        "passes-calls-on",
        "away",
        "redirected",
    }
)
"""Traits that a pair has of its own, whatever lies beside it, and that published software lacks."""
