"""Rule files become a rule set: every document a rule, a correlation, a filter or a refusal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sidelight.errors import RuleError
from sidelight.rules.condition import parse
from sidelight.rules.detection import Node, disjunction, search
from sidelight.rules.document import BrokenError, Document, documents
from sidelight.rules.expr import Expr
from sidelight.rules.files import RuleFile, read_documents
from sidelight.rules.logsource import refusal
from sidelight.rules.meta import logsource, meta, text
from sidelight.rules.rule import Refusal, Rule, RuleSet
from sidelight.rules.values import Placeholders

NO_PLACEHOLDERS: Final[Placeholders] = {}


def load_rules(paths: Sequence[Path], *, placeholders: Placeholders = NO_PLACEHOLDERS) -> RuleSet:
    """Read and compile every rule under *paths*: files, folders, zip packages."""
    files, digest = read_documents(paths)
    return compile_documents(files, digest=digest, placeholders=placeholders)


def compile_documents(
    files: Sequence[RuleFile], *, digest: str, placeholders: Placeholders = NO_PLACEHOLDERS
) -> RuleSet:
    """Compile what `read_documents` read. Depends on nothing but its arguments."""
    heap = _Heap(placeholders)
    for file in files:
        heap.add(file)
    return RuleSet(
        rules=tuple(sorted(heap.rules, key=lambda rule: (rule.meta.path, rule.meta.line))),
        correlations=(),
        refused=tuple(sorted(heap.refused)),
        digest=digest,
    )


@dataclass(slots=True)
class _Heap:
    placeholders: Placeholders
    rules: list[Rule] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def add(self, file: RuleFile) -> None:
        if file.problem:
            self.refused.append(Refusal(file.path, 0, file.problem))
            return
        try:
            for document in merged(documents(file.data)):
                self._document(file.path, document)
        except BrokenError as error:
            self.refused.append(Refusal(file.path, error.line, error.reason))

    def _document(self, path: str, document: Document) -> None:
        content = document.content
        if not isinstance(content, dict):
            self.refused.append(Refusal(path, document.line, "it is not a map of keys and values"))
            return
        try:
            rule = compile_rule(content, path, document.line, self.placeholders)
            first = self.ids.setdefault(rule.meta.id.lower(), f"{path}, line {document.line}")
            if first != f"{path}, line {document.line}":
                raise RuleError(f"its id is taken by {first}")
            self.rules.append(rule)
        except RuleError as error:
            self.refused.append(
                Refusal(
                    path,
                    document.line,
                    str(error),
                    text(content.get("title")),
                    text(content.get("id")),
                )
            )


def merged(found: Iterator[Document]) -> Iterator[Document]:
    """Apply the ``action`` of documents: what ``global`` ones say holds for all after them."""
    common: dict[str, Node] = {}
    last: dict[str, Node] = {}
    for document in found:
        if not isinstance(document.content, dict):
            yield document
            continue
        content = {key: value for key, value in document.content.items() if key != "action"}
        match document.content.get("action"):
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
    """Put *over* upon *under*; maps in both are joined likewise."""
    out = dict(under)
    for key, value in over.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = overlaid(old, value)  # noqa: PLW2901
        out[key] = value
    return out


def compile_rule(
    content: Mapping[str, Node], path: str, line: int, placeholders: Placeholders
) -> Rule:
    """Compile one rule over single events.

    Raises:
        RuleError: it cannot be run as written.
    """
    about = meta(content, path, line)
    source = logsource(content.get("logsource"))
    if reason := refusal(source):
        raise RuleError(reason)
    condition = detection(content.get("detection"), placeholders)
    return Rule(about, source, condition)


def detection(node: Node, placeholders: Placeholders) -> Expr:
    """Compile a detection section, condition included."""
    if not isinstance(node, dict):
        raise RuleError("it has no detection")
    searches = {
        name: search(value, placeholders)
        for name, value in node.items()
        if name not in _NO_SEARCHES
    }
    conditions = node.get("condition")
    written = conditions if isinstance(conditions, list) else [conditions]
    if not written or not all(isinstance(each, str) for each in written):
        raise RuleError("its detection has no condition")
    return disjunction([parse(str(each), searches) for each in written])


_NO_SEARCHES: Final = frozenset({"condition", "timeframe"})
