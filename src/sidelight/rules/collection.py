"""Documents of one file that share parts: the ``action`` key of older rule collections."""

from collections.abc import Iterator, Mapping

from sidelight.rules.detection import Node
from sidelight.rules.document import Document


def merged(found: Iterator[Document]) -> Iterator[Document]:
    """Apply the actions of documents.

    What a ``global`` document says holds for all after it, until a ``reset``; a ``repeat``
    document is the one before it with changes.
    """
    common: dict[str, Node] = {}
    last: dict[str, Node] = {}
    for document in found:
        if not isinstance(document.content, dict):
            yield document
            continue
        action = document.content.get("action")
        content = {key: value for key, value in document.content.items() if key != "action"}
        match action:
            case "global":
                common = overlaid(common, content)
                continue
            case "reset":
                common = {}
                continue
            case "repeat":
                last = overlaid(last, content)
            case _:
                last = overlaid(common, content)
        yield Document(document.line, last)


def overlaid(under: Mapping[str, Node], over: Mapping[str, Node]) -> dict[str, Node]:
    """Put *over* upon *under*; maps that both have are joined likewise."""
    out = dict(under)
    for key, value in over.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            out[key] = overlaid(old, value)
        else:
            out[key] = value
    return out
