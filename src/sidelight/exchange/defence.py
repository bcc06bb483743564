"""Defence as objects to share: Sigma rules, allow-lists, baselines, playbooks.

A Sigma rule is a STIX indicator of pattern type ``sigma`` (STIX 2.1, section 4.7 and the open
vocabulary in 10.16). The others are objects of a type of their own, which an extension of kind
``new-sdo`` defines (section 7.3). Their content is the file, unchanged.

Rule 1. An id follows from the author and from what the thing is called: packing it again makes a
new version of it, and the same thing changed by somebody else another object, derived from it.
Rule 2. What goes into an object was read as what it says it is; what comes out is read again.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Final, Literal, TypeAlias
from uuid import UUID, uuid5

import orjson

from sidelight.analytics import baseline
from sidelight.errors import UsageError
from sidelight.exchange.extension import DEFENCE, SIGNATURE
from sidelight.exchange.keys import PublicKey
from sidelight.hunt.allow_file import allow_file_of
from sidelight.intel.markings import MARKINGS, Marking
from sidelight.rules.document import BrokenError, documents
from sidelight.rules.files import RuleFile
from sidelight.rules.load import compile_documents
from sidelight.rules.meta import text as said
from sidelight.values import dataclass

Json: TypeAlias = Mapping[str, object]
Kind: TypeAlias = Literal["sigma-rule", "allow-list", "baseline", "playbook"]

TYPE: Final = "sidelight-defence"
BORN: Final = "2026-01-01T00:00:00.000Z"
"""``created`` of what has an id that follows from its content, whoever makes it."""
MOST: Final = 4 << 20
"""Octets of the largest file that is shared; a server takes 10 MiB in one request."""
_SPACE: Final = UUID("a228b516-fef5-4f35-a487-7610c86eae50")
_TOOL: Final = "identity--43ab661b-5e3e-4a80-a852-c027a8a5b694"
_SUFFIXES: Final[Mapping[Kind, str]] = {
    "sigma-rule": ".yml",
    "allow-list": ".toml",
    "baseline": ".jsonl",
    "playbook": ".json",
}
_FOLDERS: Final[Mapping[Kind, str]] = {
    "sigma-rule": "rules",
    "allow-list": "allow-lists",
    "baseline": "baselines",
    "playbook": "playbooks",
}
_PLAYBOOK: Final = re.compile(r"playbook--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Defence:
    """A thing to defend with.

    Args:
        key: what it is called among the things of its kind and author.
        title: for people.
        text: the whole file.
        warnings: what whoever runs or shares it should know.
    """

    kind: Kind
    key: str
    title: str
    text: str
    warnings: tuple[str, ...] = ()

    def place(self, ident: str, *, whole: bool = False) -> PurePath:
        """Name the file for it below a folder, by its title and the beginning of its id.

        Nothing in it leads elsewhere; with *whole*, all of the id makes it the only one.
        """
        words = re.sub(r"[^a-z0-9]+", "-", self.title.lower())[:60].strip("-") or self.kind
        uuid = ident.partition("--")[2]
        name = f"{words}-{uuid if whole else uuid[:8]}{_SUFFIXES[self.kind]}"
        return PurePath(_FOLDERS[self.kind], name)


def read_defence(data: bytes, name: str) -> Defence:
    """Recognise what the file *name* holds.

    Raises:
        UsageError: it is nothing of the kinds there are, or damaged.
    """
    if len(data) > MOST:
        raise UsageError(f"has more than {MOST >> 20} MiB, too much to share", where=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"is no UTF-8: {error}", where=name) from None
    return _READERS[_kind_of(data, name)](text, name)


def _kind_of(data: bytes, name: str) -> Kind:
    suffix = PurePath(name).suffix.lower()
    if suffix in {".yml", ".yaml"}:
        return "sigma-rule"
    if suffix == ".toml":
        return "allow-list"
    if b"sidelight-baseline" in data.partition(b"\n")[0]:
        return "baseline"
    if suffix == ".json":
        return "playbook"
    hint = "a Sigma rule (.yml), an allow-list (.toml), a baseline, or a CACAO playbook (.json)"
    raise UsageError("is nothing that can be shared as defence", where=name, hint=hint)


def _rule(text: str, name: str) -> Defence:
    try:
        heads = [each.content for each in documents(text.encode())]
    except BrokenError as error:
        raise UsageError(f"line {error.line}: {error.reason}", where=name) from None
    maps = [head for head in heads if isinstance(head, dict)]
    if not maps:
        raise UsageError("holds no Sigma rule", where=name)
    found = compile_documents([RuleFile(PurePath(name).name, text.encode())], digest="")
    unfit = tuple(f"cannot be run here: {each.reason}" for each in found.refused)
    if not any("detection" in head or "correlation" in head or "filter" in head for head in maps):
        raise UsageError(f"is no Sigma rule: {found.refused[0].reason}", where=name)
    title = said(maps[0].get("title")) or PurePath(name).stem
    return Defence("sigma-rule", said(maps[0].get("id")) or title, title, text, unfit)


def _allow_list(text: str, name: str) -> Defence:
    entries = allow_file_of(text.encode(), Path(name)).entries
    if not entries:
        raise UsageError("is an allow-list without entries", where=name)
    owners = sorted({each.owner for each in entries})
    hosts = sorted({host for each in entries for host in dict(each.scope).get("host", ())})
    told = [f"names who vouches: {', '.join(owners)}"]
    told += [f"names hosts: {', '.join(hosts)}"] if hosts else []
    title = PurePath(name).stem
    return Defence("allow-list", title, title, text, tuple(told))


def _baseline(text: str, name: str) -> Defence:
    try:
        found = baseline.parsed(text.encode().splitlines(keepends=True))
    except ValueError as error:
        raise UsageError(str(error), where=name) from None
    told = f"names hosts ({len(found.hosts):,}) and pairs of programs ({len(found.pairs):,})"
    title = PurePath(name).stem
    return Defence("baseline", title, title, text, (told,))


def _playbook(text: str, name: str) -> Defence:
    try:
        found = orjson.loads(text)
    except ValueError as error:
        raise UsageError(f"is no JSON: {error}", where=name) from None
    # CACAO 2.0, section 3.1: what every playbook has.
    if not isinstance(found, dict) or found.get("type") != "playbook":
        raise UsageError("is no CACAO playbook", where=name)
    ident, version = str(found.get("id")), found.get("spec_version")
    if version != "cacao-2.0" or not _PLAYBOOK.fullmatch(ident):
        raise UsageError("is no CACAO 2.0 playbook: its version or id is another", where=name)
    title = found.get("name")
    return Defence("playbook", ident, title if isinstance(title, str) else ident, text)


_READERS: Final[Mapping[Kind, Callable[[str, str], Defence]]] = {
    "sigma-rule": _rule,
    "allow-list": _allow_list,
    "baseline": _baseline,
    "playbook": _playbook,
}


def ident_of(thing: Defence, author: PublicKey) -> str:
    """Name the object that holds *thing* of *author*."""
    kind = "indicator" if thing.kind == "sigma-rule" else TYPE
    return (
        f"{kind}--{uuid5(_SPACE, orjson.dumps([author.identity, thing.kind, thing.key]).decode())}"
    )


def object_of(thing: Defence, author: PublicKey, marking: Marking, now: str) -> dict[str, object]:
    """Make the object that holds *thing*; *now* is a STIX timestamp."""
    head: dict[str, object] = {
        "spec_version": "2.1",
        "id": ident_of(thing, author),
        "created_by_ref": author.identity,
        "created": BORN,
        "modified": now,
        "name": thing.title,
        "object_marking_refs": [MARKINGS[marking]],
    }
    if thing.kind == "sigma-rule":
        rule = {"pattern": thing.text, "pattern_type": "sigma", "valid_from": now}
        return {"type": "indicator", **head, **rule}
    own = {"kind": thing.kind, "key": thing.key, "content": thing.text}
    return {"type": TYPE, **head, **own, "extensions": {DEFENCE: {"extension_type": "new-sdo"}}}


def is_defence(item: Json) -> bool:
    """Tell whether an object holds, or should hold, a thing to defend with."""
    kind = item.get("type")
    return kind == TYPE or (kind, item.get("pattern_type")) == ("indicator", "sigma")


def thing_of(item: Json) -> Defence | str:
    """Give what an object holds, or why it is not as it should be."""
    title = item.get("name")
    name = title if isinstance(title, str) and title.strip() else "without a name"
    kind: object = "sigma-rule"
    text, key = item.get("pattern"), ""
    if item.get("type") == TYPE:
        kind, text, key = item.get("kind"), item.get("content"), str(item.get("key"))
    known = next((each for each in _READERS if each == kind), None)
    if known is None or not isinstance(text, str):
        return f"holds {kind!r}, which is not known here"
    if len(text) > MOST:
        return f"has more than {MOST >> 20} MiB"
    try:
        found = _READERS[known](text, f"{name}{_SUFFIXES[known]}")
    except UsageError as error:
        return error.reason
    return Defence(found.kind, key or found.key, name, text, found.warnings)


def derivation(made: str, source: str, author: PublicKey, marking: Marking) -> dict[str, object]:
    """Say that one object was made of another (STIX 2.1, section 3.6.1)."""
    return {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{uuid5(_SPACE, f'{made} {source} {marking}')}",
        "created_by_ref": author.identity,
        "created": BORN,
        "modified": BORN,
        "relationship_type": "derived-from",
        "source_ref": made,
        "target_ref": source,
        "object_marking_refs": [MARKINGS[marking]],
    }


def definitions(author: PublicKey) -> Iterator[dict[str, object]]:
    """Give what explains the objects to whoever never saw one: the author, and the extensions."""
    clear = {"object_marking_refs": [MARKINGS["clear"]]}
    if author.own_identity:
        person = {"name": author.author, "identity_class": "organization"}
        yield {**_fixed(author.identity, author.made), **person, **clear}
    yield {
        **_fixed(_TOOL, BORN),
        "name": "Sidelight",
        "description": "Defines how defence is shared",
        "identity_class": "system",
        **clear,
    }
    page = "docs/reference/shared-defence.md of Sidelight"
    for ident, title, kind in (
        (DEFENCE, "Shared defence", "new-sdo"),
        (SIGNATURE, "Signature of the author", "property-extension"),
    ):
        about = {"name": title, "schema": page, "version": "1.0.0", "extension_types": [kind]}
        yield {**_fixed(ident, BORN), "created_by_ref": _TOOL, **about, **clear}


def _fixed(ident: str, at: str) -> dict[str, object]:
    kind = ident.partition("--")[0]
    return {"type": kind, "spec_version": "2.1", "id": ident, "created": at, "modified": at}
