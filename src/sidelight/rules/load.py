"""Rule files become a rule set: every document a rule, a correlation, a filter or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from operator import attrgetter
from pathlib import Path
from typing import Final

from sidelight.errors import RuleError
from sidelight.rules import correlation_document, filters
from sidelight.rules.collection import merged
from sidelight.rules.correlation_document import Draft
from sidelight.rules.detection import Node
from sidelight.rules.document import BrokenError, Document, documents
from sidelight.rules.files import RuleFile, read_documents
from sidelight.rules.filters import Filter
from sidelight.rules.logsource import refusal
from sidelight.rules.meta import logsource, meta, text
from sidelight.rules.reading import AS_WRITTEN, Reading
from sidelight.rules.rule import Meta, Refusal, Rule, RuleSet
from sidelight.rules.search import detection
from sidelight.values import dataclass


def load_rules(paths: Sequence[Path], *, reading: Reading = AS_WRITTEN) -> RuleSet:
    """Read and compile every rule under *paths*: files, folders, zip packages."""
    files, digest = read_documents(paths)
    return compile_documents(files, digest=digest, reading=reading)


def compile_documents(
    files: Sequence[RuleFile], *, digest: str, reading: Reading = AS_WRITTEN
) -> RuleSet:
    """Compile what `read_documents` read. Depends on nothing but its arguments."""
    heap = _Heap(reading)
    for file in files:
        heap.add(file)
    rules, unfiltered = filters.apply(heap.rules, heap.filters)
    resolved = correlation_document.resolve(rules, heap.drafts)
    return RuleSet(
        rules=tuple(sorted(resolved.rules, key=_PLACE)),
        correlations=tuple(sorted(resolved.correlations, key=_PLACE)),
        refused=tuple(sorted((*heap.refused, *unfiltered, *resolved.refused))),
        digest=digest,
    )


_PLACE: Final = attrgetter("meta.path", "meta.line")


@dataclass(slots=True)
class _Heap:
    """What was found so far, in the order it was found."""

    reading: Reading
    rules: list[Rule] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def add(self, file: RuleFile) -> None:
        """Compile each document of *file*."""
        if file.problem:
            self.refused.append(Refusal(file.path, 0, file.problem))
            return
        try:
            for document in merged(documents(file.data)):
                self._add(file.path, document)
        except BrokenError as error:
            self.refused.append(Refusal(file.path, error.line, error.reason))

    def _add(self, path: str, document: Document) -> None:
        content, line = document.content, document.line
        if not isinstance(content, dict):
            self.refused.append(Refusal(path, line, "it is not a map of keys and values"))
            return
        try:
            self._compile(content, path, line)
        except RuleError as error:
            title, identity = text(content.get("title")), text(content.get("id"))
            self.refused.append(Refusal(path, line, str(error), title, identity))

    def _compile(self, content: Mapping[str, Node], path: str, line: int) -> None:
        if "correlation" in content:
            draft = correlation_document.read(content, path, line)
            self._claim(draft.correlation.meta)
            self.drafts.append(draft)
        elif "filter" in content:
            found = filters.read(content, path, line, self.reading)
            self._claim(found.meta)
            self.filters.append(found)
        elif "detection" in content:
            rule = compile_rule(content, path, line, self.reading)
            self._claim(rule.meta)
            self.rules.append(rule)
        else:
            raise RuleError("it has neither detection, correlation nor filter")

    def _claim(self, about: Meta) -> None:
        key = about.id.lower()
        if key in self.places:
            raise RuleError(f"its id is already that of {self.places[key]}")
        self.places[key] = f"{about.path}, line {about.line}"


def compile_rule(content: Mapping[str, Node], path: str, line: int, reading: Reading) -> Rule:
    """Compile one rule over single events.

    Raises:
        RuleError: it cannot be run as written.
    """
    about = meta(content, path, line)
    if (taxonomy := text(content.get("taxonomy"))) not in {"", "sigma"}:
        raise RuleError(f"its fields are named by taxonomy {taxonomy!r}, not by Sigma's own")
    source = logsource(content.get("logsource"))
    if reason := refusal(source):
        raise RuleError(reason)
    return Rule(about, source, detection(content.get("detection"), reading))
