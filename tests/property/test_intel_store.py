"""Laws of the store: what was added decides, not how, in what order or how often."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from intel_samples import (
    FIGHT,
    HERON,
    LANTERN,
    NETTLE,
    OBJECTS,
    REPORT,
    STORK,
    galaxy,
    kept,
    latest,
    stated,
    tie,
)
from sidelight.intel.derive import derive
from sidelight.intel.importers.fight import read_fight
from sidelight.intel.importers.formats import IMPORTERS, recognised
from sidelight.intel.importers.galaxy import read_galaxy
from sidelight.intel.knowledge import join
from sidelight.intel.sqlite import SqliteStore
from sidelight.intel.stix import Refusal, StixObject
from sidelight.intel.store import Document

AT = "2026-01-02T03:04:05.678Z"
ATTACK = kept(
    [
        *OBJECTS,
        # The same report, cited in other words.
        tie(40, STORK, "uses", LANTERN, external_references=[{**REPORT, "description": "Heron."}]),
    ]
)
EVERY = [
    *ATTACK,
    *(each for each in read_galaxy(galaxy()) if isinstance(each, StixObject)),
    *(each for each in read_fight(FIGHT, AT) if isinstance(each, StixObject)),
]
TIMES = ["2024-05-06T07:08:09Z", "2024-05-06T07:08:09.1Z", "2024-05-06T07:08:09.12Z"]
CREATORS = [f"identity--{digit * 8}-aaaa-4aaa-8aaa-aaaaaaaaaaaa" for digit in "ab"]


@st.composite
def versions(draw: st.DrawFn) -> list[StixObject]:
    """Draw versions of few things that differ in one field at a time."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([HERON, STORK, LANTERN, NETTLE]),
                st.sampled_from(CREATORS),
                st.sampled_from(TIMES),
                st.sampled_from(["x", "y"]),
            ),
            max_size=12,
        )
    )
    return kept(
        {
            "type": identity.partition("--")[0],
            "id": identity,
            "created_by_ref": creator,
            "modified": time,
            "name": name,
        }
        for identity, creator, time, name in rows
    )


def stored(*pieces: list[StixObject]) -> list[StixObject]:
    """Add *pieces* to a fresh store, each as a document, and give what is current."""
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder) / "s.db") as store:
        for number, piece in enumerate(pieces):
            store.add(store.begin("x", ""), Document("x", f"{number}", "stix 1"), piece)
        return list(store.current())


@settings(max_examples=60, deadline=None)
@given(versions(), st.data())
def test_order_cuts_and_repetition_change_nothing(
    objects: list[StixObject], data: st.DataObject
) -> None:
    """The store agrees with the oracle however the objects reach it."""
    wanted = list(latest(objects))
    shuffled = data.draw(st.permutations(objects))
    cut = data.draw(st.integers(0, len(objects)))
    assert stored(objects) == wanted
    assert stored(shuffled[cut:], shuffled[:cut], objects[:cut]) == wanted


@settings(max_examples=40, deadline=None)
@given(st.permutations(EVERY), st.permutations(range(3)))
def test_knowledge_does_not_depend_on_the_order_of_what_is_joined(
    shuffled: list[StixObject], order: list[int]
) -> None:
    """Objects in any order, and parts in any order and twice, give one and the same value."""
    first, again = derive(EVERY), derive(shuffled)
    parts = [stated(), first, derive(ATTACK)]
    joined = join(*parts)
    rejoined = join(*(parts[place] for place in order), again)
    for a, b in ((first, again), (joined, rejoined)):
        assert (a.names, a.claims) == (b.names, b.claims)
        assert list(a.entities.items()) == list(b.entities.items())
        assert list(a.sources.items()) == list(b.sources.items())


_TEXT = st.text(max_size=6) | st.sampled_from([HERON, "2024-05-06T07:08:09Z", "T1574.001"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["stix", "galaxy", "fight", "event"]), st.data())
def test_any_value_anywhere_is_kept_or_refused(kind: str, data: st.DataObject) -> None:
    """A catalogue with one value replaced by any other gives objects and refusals only."""
    value = _one_replaced(_document(kind), data.draw(_JSON), data)
    name = recognised(value)
    if name is None or not isinstance(value, dict):
        return
    found = list(IMPORTERS[name].read(value, AT))
    assert isinstance(IMPORTERS[name].version(value), str)
    assert all(isinstance(each, StixObject | Refusal) for each in found)
    derive(each for each in found if isinstance(each, StixObject))


def _document(kind: str) -> object:
    match kind:
        case "stix":
            return {"type": "bundle", "id": f"bundle--{HERON[-36:]}", "objects": list(OBJECTS)}
        case "galaxy":
            return galaxy()
        case "fight":
            return FIGHT
        case _:
            uuid = HERON[-36:]
            attribute = {"uuid": uuid, "type": "ip-dst", "value": "198.51.100.1"}
            event = {"uuid": uuid, "info": "x", "timestamp": "1", "Orgc": {"name": "A"}}
            return {"Event": {**event, "Attribute": [attribute], "Tag": [{"name": "tlp:red"}]}}


def _one_replaced(value: object, other: object, data: st.DataObject) -> object:
    """Walk to a random place in *value*, and put *other* there."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 5)):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: _one_replaced(value[key], other, data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 5)):
        place = data.draw(st.integers(0, len(value) - 1))
        changed = _one_replaced(value[place], other, data)
        return [*value[:place], changed, *value[place + 1 :]]
    return other
