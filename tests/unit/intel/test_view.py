from pathlib import Path

from intel_samples import OBJECTS, kept
from sidelight.intel.derive import derive
from sidelight.intel.knowledge import join
from sidelight.intel.sqlite import SqliteStore
from sidelight.intel.statements import load_bundled
from sidelight.intel.store import Document
from sidelight.intel.view import knowledge_of


def test_what_is_remembered_is_what_would_be_made_again(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "intel.db") as store:
        assert knowledge_of(store) == join(load_bundled())
        for number, piece in enumerate((OBJECTS[:6], OBJECTS[6:])):
            document = Document("x", f"{number}", "stix 1")
            store.add(store.begin("x", ""), document, kept(piece))
            first, again = knowledge_of(store), knowledge_of(store)
            assert first == again
            assert first == join(load_bundled(), derive(store.current()))
        assert again is not first
