"""YAML documents as plain values, read so that no hostile file costs more than its size.

Rule 1. An alias is refused: a few of them can stand for billions of values.
Rule 2. A key that stands twice in a map is refused: one of the two would be lost.
Rule 3. Dates stay the text they are; merge keys are ordinary keys.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import yaml

from sidelight.errors import RuleError
from sidelight.rules.detection import Node
from sidelight.rules.files import MAX_BYTES
from sidelight.values import dataclass

MAX_DEPTH: Final = 100

if TYPE_CHECKING or not hasattr(yaml, "CSafeLoader"):  # noqa: SIM108
    _Base = yaml.SafeLoader
else:
    _Base = yaml.CSafeLoader
_TAG: Final = "tag:yaml.org,2002:"
_LEFT_OUT: Final = (f"{_TAG}timestamp", f"{_TAG}merge")
_PLAIN: Final[Mapping[str, list[tuple[str, re.Pattern[str]]]]] = {
    first: [pair for pair in pairs if pair[0] not in _LEFT_OUT]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_DEFAULT: Final = {
    yaml.ScalarNode: f"{_TAG}str",
    yaml.SequenceNode: f"{_TAG}seq",
    yaml.MappingNode: f"{_TAG}map",
}


class _Loader(_Base):
    """Tells types of scalars apart by fewer patterns, and no types by their path."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            for tag, pattern in _PLAIN.get(value[:1], ()):
                if pattern.match(value):
                    return tag
        return _DEFAULT[kind]

    def descend_resolver(self, parent: yaml.Node | None, index: object) -> None:
        del parent, index

    def ascend_resolver(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document.

    Args:
        line: 1-based line of its first key.
        content: what it holds.
    """

    line: int
    content: Node


class BrokenError(RuleError):
    """The rest of a file is no YAML that can be read.

    Args:
        line: 1-based line where it breaks.
    """

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def documents(data: bytes) -> Iterator[Document]:
    """Yield the documents in *data*, empty ones left out.

    Raises:
        BrokenError: what follows cannot be read.
    """
    if len(data) > MAX_BYTES:
        raise BrokenError(f"the file has more than {MAX_BYTES >> 20} MiB", 1)
    loader = None
    try:
        loader = _Loader(data)
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                break
            content = _Values(loader).value(node, 0)
            if content is not None:
                yield Document(node.start_mark.line + 1, content)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BrokenError(f"not YAML: {error.problem or error.context}", line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenError(f"not YAML: {' '.join(str(error).split())}", 1) from None
    finally:
        if loader is not None:
            loader.dispose()


class _Values:
    """Builds values from nodes; knows every node it has been at."""

    def __init__(self, loader: "yaml.SafeLoader") -> None:
        self._loader = loader
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, depth: int) -> Node:
        if isinstance(node, yaml.ScalarNode):
            return _scalar(self._loader, node)
        line = node.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise BrokenError("maps and lists nest too deep", line)
        if id(node) in self._seen:
            raise BrokenError("an alias stands for a map or a list, which is not taken", line)
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, depth + 1) for child in node.value]
        return self._map(node, depth)

    def _map(self, node: yaml.Node, depth: int) -> Node:
        out: dict[str, Node] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise BrokenError("a key is not a text", line)
            key = key_node.value
            if key in out:
                raise BrokenError(f"key {key!r} stands twice", line)
            out[key] = self.value(value_node, depth + 1)
        return out


_STR: Final = f"{_TAG}str"
_CONSTRUCT: Final = {
    f"{_TAG}{name}": getattr(yaml.SafeLoader, f"construct_yaml_{name}")
    for name in ("null", "bool", "int", "float")
}


def _scalar(loader: "yaml.SafeLoader", node: yaml.ScalarNode) -> Node:
    if node.tag == _STR:
        return _clean(node.value)
    construct = _CONSTRUCT.get(node.tag)
    value: Node = node.value if construct is None else construct(loader, node)
    return value


def _clean(text: str) -> str:
    """Put into *text* what readers put into cells for a NUL and for half a character."""
    if "\0" in text:
        text = text.replace("\0", "\N{SYMBOL FOR NULL}")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
