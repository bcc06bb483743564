"""What a scan keeps for analytics: narrow tables of rows that merge as sets.

Rule 1. A fact is what one event says, under Sigma's field names, with nothing concluded from
any other event. Conclusions are drawn from all facts together, once reading is over.
Rule 2. Which facts are kept follows from the event alone, or is the earliest of equal ones, so
cutting the evidence elsewhere changes no conclusion.
"""

from typing import Final

import pyarrow as pa

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())

_PLACE: Final[list[tuple[str, pa.DataType]]] = [
    ("host", _TEXT),  # as the event spells it
    ("process", _TEXT),  # key of the acting process, "" where not known
    ("image", _TEXT),  # its executable, "" where not named
    ("time", pa.int64()),  # UTC nanoseconds, NO_TIME where unknown
    ("source", _TEXT),
    ("record", pa.int64()),
    ("channel", _TEXT),
    ("event_id", _TEXT),
]

LOADS: Final = pa.schema(
    [
        *_PLACE,
        ("library", _TEXT),  # path of the image that was loaded
        ("signed", _TEXT),  # "true", "false", or "" where the source does not say
        ("signer", _TEXT),
        ("status", _TEXT),  # of the signature, as the source words it
        ("original", _TEXT),  # name that the library's version resource gives it
        ("company", _TEXT),
        ("hashes", _TEXT),
    ]
)
"""Images that processes loaded, the executables themselves included.

All loads from outside the folders that are protected, all that are not validly signed and all of
runtimes; of the others the earliest of each source, host, executable, library, signature and
version.
"""

WRITES: Final = pa.schema(
    [
        *_PLACE,
        ("target", _TEXT),  # path of the file
        ("via", _TEXT),  # "file", or "share" where it came over the network
        ("origin", _TEXT),  # address of the machine it came from, or ""
    ]
)
"""Files that were created or written."""

SIGNALS: Final = pa.schema(
    [
        *_PLACE,
        ("signal", _TEXT),  # id in `sidelight.analytics.catalogue`
        ("points", pa.int64()),  # what it weighs; may be below zero
        ("subject", _TEXT),  # path or process key that it is about besides the actor
        ("other", _TEXT),  # key of a second process that it touches
        ("said", _TEXT),  # a sentence built from the event's fields
        ("against", _TEXT),  # a sentence that speaks against it, or ""
        ("files", _TEXT),  # pairs of path and what became of it, as a JSON array, or ""
        ("fields", _TEXT),  # the fields it was built from, as a JSON object
    ]
)
"""Events that speak by themselves, judged by what they hold."""

CONNECTS: Final = pa.schema(
    [
        *_PLACE,
        ("remote", _TEXT),  # address
        ("port", _TEXT),
        ("local", _TEXT),  # address of this host
    ]
)
"""Network connections that processes opened.

All of programs outside the system's and programs' folders; of the others the earliest
`sidelight.analytics.connects.EACH_HOUR` of each process, address, port and hour.
"""

FILES: Final = pa.schema(
    [
        *_PLACE,
        (
            "sort",
            _TEXT,
        ),  # program, library, blob, catalog, or the trace: prefetch, amcache, shimcache
        ("machine", _TEXT),
        ("certified", _TEXT),  # "true" where there is a certificate table
        ("original", _TEXT),  # name in the version resource
        ("company", _TEXT),
        ("product", _TEXT),
        ("imports", _TEXT),  # names of libraries, folded, joined by U+0000; so are those below
        ("delayed", _TEXT),
        ("named", _TEXT),
        ("members", _TEXT),  # digests of a catalog, files of a prefetch, joined by U+0000
        ("path", _TEXT),  # on the host, of the program that a trace is of
    ]
)
"""Files that lay on a disk; `source` is the file."""

FACTS: Final = {
    "loads": LOADS,
    "writes": WRITES,
    "signals": SIGNALS,
    "connects": CONNECTS,
    "files": FILES,
}
