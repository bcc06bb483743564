"""MISP to STIX and back; the marking is on every object and is never lost."""

from contextlib import suppress

import orjson
import pytest

from allies import NOW, indicator
from misp_events import HASH, attribute, event, uuid, whole
from sidelight.errors import ExchangeError
from sidelight.exchange.intake import Arrival, admit
from sidelight.exchange.misp.event import Leaving, leaving
from sidelight.exchange.misp.terms import Audience
from sidelight.intel.markings import MARKINGS

pytest.importorskip("misp_stix_converter")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries that are imported

from sidelight.exchange.misp.conversion import Event, to_event, to_stix  # noqa: E402


def stix_of(made: dict[str, object]) -> list[bytes]:
    found = leaving(made, Audience())
    assert isinstance(found, Leaving)
    return [orjson.dumps(each) for each in to_stix(found)[0]]


def back(objects: list[bytes], distribution: int = 0) -> dict[str, object]:
    found = to_event(objects, distribution).document["Event"]
    assert isinstance(found, dict)
    return found


def test_every_object_is_fit_for_the_exchange() -> None:
    items = admit(stix_of(whole()), now=NOW)

    assert all(isinstance(each, Arrival) for each in items), items
    assert {each.marking for each in items if isinstance(each, Arrival)} == {"green", "amber"}


@pytest.mark.parametrize("tag", ["TLP:CLEAR", "tlp:clear", "TLP:WHITE", "TLP:AMBER+STRICT"])
def test_a_label_in_capitals_is_a_marking_and_no_label(tag: str) -> None:
    objects = stix_of(event(attribute(17, "sha256", HASH), tlp=tag))

    strict = "STRICT" in tag
    for each in map(orjson.loads, objects):
        assert each["object_marking_refs"] == [MARKINGS["amber+strict" if strict else "clear"]]
        assert not [text for text in each.get("labels", []) if text.lower().startswith("tlp")]


def test_a_link_is_as_strict_as_its_stricter_end() -> None:
    objects = [orjson.loads(each) for each in stix_of(whole())]
    amber = {each["id"] for each in objects if each["id"].endswith(uuid(19))}
    links = [each for each in objects if each["type"] == "relationship"]

    assert links
    for each in links:
        ends = {each["source_ref"], each["target_ref"]}
        marking = "amber" if ends & amber else "green"
        assert each["object_marking_refs"] == [MARKINGS[marking]]


def test_an_object_names_none_that_is_marked_more_strictly() -> None:
    """Who may see the event but not an attribute of it learns no id of that."""
    objects = [orjson.loads(each) for each in stix_of(whole())]
    amber = [each["id"] for each in objects if each["id"].endswith(uuid(19))]
    green = [each for each in objects if MARKINGS["green"] in each["object_marking_refs"]]

    assert amber
    assert green
    assert not [ident for ident in amber if ident in str(green)]


def test_what_stays_behind_is_in_no_object() -> None:
    text = b"".join(stix_of(whole()))

    for each in (b"gone.attacker", b"ours.attacker", b"Operator B", b"analyst@"):
        assert each not in text


def test_a_round_trip_keeps_what_the_table_says() -> None:
    """The table is in the how-to; what is not in it as kept may be lost."""
    found = back(stix_of(whole()))

    attributes = {str(each["uuid"]): each for each in found["Attribute"]}  # type: ignore[attr-defined]
    kept = {
        key: (each["type"], each["value"], each["category"], each["to_ids"])
        for key, each in attributes.items()
    }
    assert kept == {
        uuid(17): ("sha256", HASH, "Payload delivery", True),
        uuid(18): ("ip-dst", "45.77.1.2", "Network activity", False),
        uuid(19): ("domain", "c2.attacker-site.net", "Network activity", True),
    }
    assert (found["uuid"], found["info"]) == (whole()["uuid"], whole()["info"])
    assert {"name": "tlp:amber"} in found["Tag"]  # type: ignore[operator]
    assert [tag["name"] for tag in attributes[uuid(17)]["Tag"]] == ["tlp:green"]
    assert "Tag" not in attributes[uuid(19)]
    [sighting] = attributes[uuid(17)]["Sighting"]
    assert sighting == {"uuid": uuid(33), "type": "0", "date_sighting": "1767312001"}
    [thing] = found["Object"]  # type: ignore[misc]
    values = {each["object_relation"]: each["value"] for each in thing["Attribute"]}  # type: ignore[index]
    assert values == {"filename": "evilfile.dll", "md5": HASH[:32]}
    assert {tag["name"] for each in thing["Attribute"] for tag in each["Tag"]} == {"tlp:green"}  # type: ignore[index]
    assert "Fireant" in str(found["Galaxy"])
    assert (found["published"], str(found["distribution"])) == (False, "0")


def test_objects_of_others_become_an_event_too() -> None:
    found = back([orjson.dumps(indicator(1, pattern=f"[file:hashes.'SHA-256' = '{HASH}']"))])

    assert HASH in str(found["Attribute"])
    assert found["Tag"][-1] == {"name": "tlp:green"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("tlp", "widest"), [("clear", 3), ("green", 1), ("amber", 0), ("amber+strict", 0)]
)
def test_a_distribution_is_never_wider_than_the_marking_bears(tlp: str, widest: int) -> None:
    objects = [orjson.dumps(indicator(1, tlp, pattern="[domain-name:value = 'a.net']"))]  # type: ignore[arg-type]

    assert str(back(objects, widest)["distribution"]) == str(widest)
    with pytest.raises(ExchangeError, match="bears no wider"):
        back(objects, widest + 1)


def test_what_is_unmarked_does_not_become_an_event() -> None:
    with pytest.raises(ExchangeError, match="unmarked"):
        back([orjson.dumps(indicator(1, None))])
    both = [
        orjson.dumps(indicator(1, None)),
        orjson.dumps(indicator(2, pattern="[domain-name:value = 'a.net']")),
    ]
    found = to_event(both, 0)
    assert isinstance(found, Event)
    assert [each.why.partition(":")[0] for each in found.left] == ["unmarked"]


@pytest.mark.parametrize(
    "broken",
    [
        {"Attribute": [attribute(17, "sha256", "x", timestamp="never")]},
        {"info": None},
        {"timestamp": {}},
        {"Attribute": [attribute(17, "ip-dst", "no address at all")]},
        {
            "Object": [
                {"uuid": uuid(49), "distribution": "5", "Attribute": [attribute(1, "md5", "")]}
            ]
        },
    ],
)
def test_an_event_that_is_broken_is_an_error_in_words_or_none(broken: dict[str, object]) -> None:
    """Nothing else than our own error comes out of the library."""
    found = leaving({**event(), **broken}, Audience())
    assert isinstance(found, Leaving)
    with suppress(ExchangeError):
        for each in to_stix(found)[0]:
            assert each["object_marking_refs"] == [MARKINGS["green"]]
