"""Labels of an evidence folder, and which label a source path means."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CLASSES: Final = ("sideload", "memory")
HARMLESS: Final = frozenset({"benign", "other-attack"})
SELFMADE: Final = "selfmade-linux"
_PACKED: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".gz", ".xz", ".bz2", ".7z")
_PROVIDERS: Final[Mapping[str, frozenset[int]]] = {
    "PowerShell": frozenset({400, 800, 4103, 4104}),
    "Security": frozenset({4688, 4697, 4985, 5145}),
    "System": frozenset({7045}),
    "PrintService": frozenset({316, 354, 808}),
    "DNS Server": frozenset({150, 770, 771}),
    "Sysmon": frozenset(range(30)),
}


class TruthError(Exception):
    """Labels that cannot be read."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of one file.

    Args:
        path: below the evidence folder, with slashes.
        shown: the classes that it is an example of; empty where of none.
        benign: nothing at all happens in it.
        neutral: an alert in it is neither right nor wrong.
        whole: no records are named: all of it is evidence.
        records: what shows it, by kind of telemetry.
    """

    path: str
    corpus: str
    shown: tuple[str, ...]
    benign: bool
    neutral: bool
    variant: str
    case: str
    events: int
    whole: bool
    records: Mapping[str, frozenset[int]]

    @property
    def harmless(self) -> bool:
        """Whether an alert in it is wrong."""
        return not self.shown and not self.neutral

    def kinds_of(self, record: int | None) -> tuple[str, ...]:
        """Name the kinds of telemetry in which *record* shows it; none where it shows nothing."""
        if self.whole:
            return tuple(self.records)
        return tuple(kind for kind, known in self.records.items() if record in known)


def read_truth(path: Path, evidence: Path) -> tuple[Label, ...]:
    """Give the labels of the files that are there, in the order of the table.

    Raises:
        TruthError: the table is not readable, or none of its files is there.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            labels = tuple(
                _label(row)
                for row in csv.DictReader(file)
                if row["pack_path"] and (evidence / row["pack_path"]).is_file()
            )
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise TruthError(f"{path}: {error!r}") from error
    if not labels:
        raise TruthError(f"no file that {path} names is below {evidence}")
    return labels


def _label(row: Mapping[str, str]) -> Label:
    cls, whole = row["class"], row["ids_kind"] == "whole file"
    named = {cls, *re.split(r"[\s,;]+", row.get("also") or "")}
    if cls not in HARMLESS and cls not in CLASSES:
        raise ValueError(f"class {cls!r}")
    return Label(
        path=row["pack_path"].replace("\\", "/").strip("/"),
        corpus=row["corpus"],
        shown=tuple(sorted(named & set(CLASSES), key=lambda name: name != cls)),
        benign=cls == "benign",
        neutral=row["fp_neutral"] == "yes",
        variant=row["variant"],
        case=row["dup_group"],
        events=int(row["n_events"] or 0),
        whole=whole,
        records={row["telemetry"]: frozenset()} if whole else _records(row),
    )


def _records(row: Mapping[str, str]) -> Mapping[str, frozenset[int]]:
    """Take apart what names records, such as ``eid7:3-5,9 | eid11:2``."""
    found: dict[str, frozenset[int]] = {}
    for column in ("evidence_ids", "evidence_record_ids"):
        for group in (row.get(column) or "").split("|"):
            event, colon, ids = group.strip().partition(":")
            if colon:
                kind = _kind(event.removeprefix("eid"))
                found[kind] = found.get(kind, frozenset()) | frozenset(_numbers(ids))
    return found


def _numbers(text: str) -> Iterator[int]:
    for part in filter(None, text.replace(" ", "").split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _kind(event: str) -> str:
    number = int(event) if event.isdecimal() else -1
    provider = next((name for name, ids in _PROVIDERS.items() if number in ids), "event")
    return f"{provider} {event}"


@dataclass(slots=True)
class Shelf:
    """Labels by the path that a finding gives."""

    labels: Sequence[Label]
    _known: dict[str, Label | None] = field(default_factory=dict)
    _whole: dict[str, Label] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._whole = {label.path: label for label in self.labels}

    def find(self, source: str) -> Label | None:
        """Give the label of a source, which may be a member of an archive; None for none."""
        if source not in self._known:
            found = map(self._match, _forms(source.replace("\\", "/")))
            self._known[source] = next(filter(None, found), None)
        return self._known[source]

    def _match(self, path: str) -> Label | None:
        parts = [part for part in path.split("/") if part not in {"", "."}]
        tails = ("/".join(parts[start:]) for start in range(len(parts)))
        label = next((self._whole[tail] for tail in tails if tail in self._whole), None)
        if label is not None or not parts:
            return label
        longer = [each for each in self.labels if each.path.endswith("/" + "/".join(parts))]
        return longer[0] if len(longer) == 1 else None


def _forms(path: str) -> Iterator[str]:
    yield path
    for at in range(len(path) - 1, -1, -1):
        if path[at] in "!/" and path[:at].lower().endswith(_PACKED):
            yield path[:at]
