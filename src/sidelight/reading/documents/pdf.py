"""PDF: the text of each page, with the number of the page."""

import io
import logging
from itertools import islice
from typing import TYPE_CHECKING, Final

from sidelight.errors import EvidenceError
from sidelight.reading.document import LONGEST, Content, Piece

if TYPE_CHECKING:
    from pypdf import PdfReader

_PAGES: Final = 2_000


def read(data: bytes, name: str) -> Content:
    """Read every page.

    Raises:
        EvidenceError: it is protected by a password, broken, or a scan without text.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - slow to import
    from pypdf.errors import DependencyError, PyPdfError  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise EvidenceError(
                "is protected by a password", where=name, hint="save a copy without one"
            )
        return _content(reader, name)
    except EvidenceError:
        raise
    except DependencyError:
        raise EvidenceError(
            "is encrypted with AES",
            where=name,
            hint="save a copy that is not, or install pypdf[crypto]",
        ) from None
    except (PyPdfError, ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise EvidenceError(f"cannot be read as PDF: {error}", where=name) from None
    except (AttributeError, IndexError, NotImplementedError, ImportError) as error:
        raise EvidenceError(f"cannot be read as PDF: {error}", where=name) from None


def _content(reader: "PdfReader", name: str) -> Content:
    texts: list[str] = []
    size = 0
    for page in islice(reader.pages, _PAGES):
        texts.append(page.extract_text() or "")
        size += len(texts[-1])
        if size > LONGEST:
            break
    empty = [number for number, text in enumerate(texts, 1) if not text.strip()]
    if len(empty) == len(texts):
        raise EvidenceError(
            f"has {len(texts)} pages and no text: it is a scan, or pictures only",
            where=name,
            hint="run text recognition over it first",
        )
    pieces, size = [], 0
    for number, text in enumerate(texts, 1):
        pieces.append(Piece(size, "page", number))
        size += len(text) + 1
    notes = [f"Pages without text: {', '.join(map(str, empty))}."] if empty else []
    if len(reader.pages) > len(texts):
        notes.append(f"{len(reader.pages)} pages; the first {len(texts)} were read.")
    title = str(reader.metadata.title or "") if reader.metadata else ""
    return Content("\n".join(texts), pieces, title=title, notes=tuple(notes))
