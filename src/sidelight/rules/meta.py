"""What a document says of itself: title, id, level and the rest."""

from collections.abc import Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from sidelight.errors import RuleError
from sidelight.rules.detection import Node
from sidelight.rules.rule import LogSource, Meta
from sidelight.rules.values import canonical
from sidelight.schema import LEVELS, Level


def meta(content: Mapping[str, Node], path: str, line: int) -> Meta:
    """Read what *content* says of itself.

    Raises:
        RuleError: its level is none of Sigma's.
    """
    title = text(content.get("title")) or path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return Meta(
        id=text(content.get("id")) or str(uuid5(NAMESPACE_URL, f"{path}\n{title}")),
        title=title,
        level=_level(text(content.get("level"))),
        status=text(content.get("status")),
        path=path,
        line=line,
        description=text(content.get("description")),
        author=text(content.get("author")),
        date=text(content.get("date")),
        tags=texts(content.get("tags")),
        references=texts(content.get("references")),
        falsepositives=texts(content.get("falsepositives")),
        license=text(content.get("license")),
        name=text(content.get("name")),
    )


def _level(written: str) -> Level:
    wanted = written.lower() or "medium"
    for level in LEVELS:
        if level == wanted:
            return level
    raise RuleError(f"there is no level {written!r}")


def logsource(node: Node) -> LogSource:
    """Read a logsource.

    Raises:
        RuleError: it is not there, or names neither product, category nor service.
    """
    if not isinstance(node, dict):
        raise RuleError("it has no logsource")
    source = LogSource(*[text(node.get(key)).lower() for key in _LOGSOURCE])
    if source == LogSource():
        raise RuleError("its logsource names neither product, category nor service")
    return source


_LOGSOURCE: Final = ("product", "category", "service")


def text(node: Node) -> str:
    """Give *node* as one text; lists are joined by commas, maps give nothing."""
    if isinstance(node, list):
        return ", ".join(texts(node))
    return "" if isinstance(node, dict) else canonical(node).strip()


def texts(node: Node) -> tuple[str, ...]:
    """Give *node* as texts; a bare value is a list of one."""
    children = node if isinstance(node, list) else [node]
    return tuple(text for text in map(_bare, children) if text)


def _bare(node: Node) -> str:
    return "" if isinstance(node, list | dict) else canonical(node).strip()
