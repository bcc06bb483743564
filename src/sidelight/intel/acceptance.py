"""A person's word that a spelling means a thing.

It is a STIX note, so it has a version and an author, can be taken back, and travels with the rest.
"""

from datetime import UTC, datetime
from typing import Final

from sidelight.intel.identifier import named_id
from sidelight.intel.stix import Refusal, StixObject, check_object
from sidelight.intel.store import Document, Import, Store

LOCAL: Final = named_id("identity", "local")
"""Who writes at this store, whichever person it is: a note names its author itself."""


_IMPORTER: Final = "acceptance"


def is_acceptance(entry: Import) -> bool:
    """Tell a person's word from documents that were imported: a store numbers both alike."""
    return any(document.importer == _IMPORTER for document in entry.documents)


def accept_into(  # noqa: PLR0913
    store: Store,
    written: str,
    entity: str,
    *,
    who: str,
    why: str,
    at: datetime,
    withdrawn: bool = False,
) -> None:
    """Keep in *store* that *who* takes *written* as a name of *entity*, or no longer does."""
    note = _note(written, entity, who, why, at, withdrawn=withdrawn)
    number = store.begin(f"accepted by {who}", at.astimezone(UTC).isoformat(timespec="seconds"))
    document = Document(note.id, note.digest.hex(), _IMPORTER)
    store.add(number, document, [note])
    store.finish(number)


def _note(  # noqa: PLR0913
    written: str, entity: str, who: str, why: str, at: datetime, *, withdrawn: bool
) -> StixObject:
    time = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
    note = check_object(
        {
            "type": "note",
            "spec_version": "2.1",
            "id": named_id("note", "accepted", written, entity),
            "created_by_ref": LOCAL,
            "created": time,
            "modified": time,
            "revoked": withdrawn,
            "content": why,
            "authors": [who],
            "object_refs": [entity],
            "x_sidelight_name": written,
        },
        written,
    )
    if isinstance(note, Refusal):
        raise AssertionError(note.reason)
    return note
