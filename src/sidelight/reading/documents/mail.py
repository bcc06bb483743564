"""E-mail (.eml): subject, sender and date, then the text; attachments are named.

Source: RFC 5322 and RFC 2045, as the standard library reads them.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Final

from sidelight.reading.document import Content, Piece
from sidelight.reading.documents import html, plain

HEADERS: Final = ("subject", "from", "date")


def read(data: bytes, name: str) -> Content:
    """Read the headers that a person reads and the body that a person sees."""
    message = message_from_bytes(data, policy=policy.default)
    headers = {key: _header(message, key) for key in HEADERS}
    head = "\n".join(f"{key.title()}: {value}" for key, value in headers.items() if value)
    body, notes = _body(message, name)
    attached = [part.get_filename() or part.get_content_type() for part in _attachments(message)]
    if attached:
        notes.append(f"Attachments, not read: {', '.join(attached)}.")
    pieces = [Piece(0, "part", 0), Piece(len(head) + 2, "part", 1)]
    return Content(
        f"{head}\n\n{body}",
        pieces,
        title=headers["subject"],
        published=headers["date"],
        notes=tuple(notes),
    )


def _header(message: EmailMessage, key: str) -> str:
    try:
        return " ".join(str(message.get(key, "")).split())
    except (ValueError, IndexError, AttributeError, LookupError):  # of the library's own parser
        return ""


def _body(message: EmailMessage, name: str) -> tuple[str, list[str]]:
    part = message.get_body(("plain", "html"))
    if part is None:
        return "", ["The message has no text."]
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(_charset(part))
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    if part.get_content_type() == "text/html":
        page = html.read(text.encode(), name)
        return page.text, list(page.notes)
    return text, []


def _charset(part: Message) -> str:
    """Give the encoding of *part*; here UTF-16 may be true, since headers stand outside of it."""
    declared = part.get_content_charset() or "utf-8"
    return declared if declared.startswith(("utf-16", "utf-32")) else plain.charset(declared)


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    return list(message.iter_attachments())
