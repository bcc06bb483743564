"""What of a MISP event may leave; where there is a doubt, nothing does."""

import pytest

from misp_events import EVENT, attribute, event, uuid, whole
from sidelight.exchange.misp.event import Leaving, events_of, leaving
from sidelight.exchange.misp.terms import Audience, Left

GROUP = uuid(99)


def left_of(found: Leaving | Left) -> str:
    if isinstance(found, Left):
        return found.why
    return "; ".join(each.why for each in found.left)


@pytest.mark.parametrize(
    ("tag", "marking"),
    [
        ("tlp:green", "green"),
        ("TLP:GREEN", "green"),
        ("Tlp: Green", "green"),
        ("TLP:CLEAR", "clear"),
        ("tlp:white", "clear"),
        ("TLP:AMBER+STRICT", "amber+strict"),
        ("tlp:amber-strict", "amber+strict"),
    ],
)
def test_tlp_is_read_in_every_spelling(tag: str, marking: str) -> None:
    found = leaving(event(tlp=tag), Audience())

    assert isinstance(found, Leaving)
    assert found.marking == marking
    assert found.event["Tag"] == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"tlp": ""}, "no TLP tag"),
        ({"tlp": "green"}, "no TLP tag"),
        ({"tlp": "tlp:red"}, "named people"),
        ({"tlp": "tlp:unknown"}, "is no TLP label"),
        ({"Tag": [{"name": "tlp:green"}, {"name": "TLP:AMBER"}]}, "exactly one"),
        ({"distribution": "0"}, "your organisation only"),
        ({"distribution": "1"}, "--community"),
        ({"distribution": "4"}, "without a UUID"),
        ({"distribution": "4", "SharingGroup": {"uuid": uuid(98)}}, uuid(98)),
        ({"distribution": "5"}, "not known"),
        ({"distribution": "6"}, "not known"),
        ({"distribution": None}, "not known"),
        ({"published": False}, "--drafts"),
        ({"uuid": "1"}, "no UUID"),
    ],
)
def test_an_event_that_nobody_may_see_does_not_leave(more: dict[str, object], why: str) -> None:
    found = leaving(event(**more), Audience(groups=frozenset({GROUP})))  # type: ignore[arg-type]

    assert isinstance(found, Left)
    assert why in found.why


@pytest.mark.parametrize(
    ("more", "audience"),
    [
        ({"distribution": "2"}, Audience()),
        ({"distribution": 3}, Audience()),
        ({"distribution": "1"}, Audience(community=True)),
        ({"distribution": "4", "SharingGroup": {"uuid": GROUP.upper()}},
         Audience(groups=frozenset({GROUP}))),
    ],
)  # fmt: skip
def test_what_reaches_the_allies_leaves(more: dict[str, object], audience: Audience) -> None:
    assert isinstance(leaving(event(**more), audience), Leaving)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"deleted": True}, "deleted"),
        ({"deleted": 1}, "deleted"),
        ({"deleted": "1"}, "deleted"),
        ({"distribution": "0"}, "your organisation only"),
        ({"distribution": "1"}, "--community"),
        ({"distribution": None}, "not known"),
        ({"Tag": [{"name": "TLP:RED"}]}, "named people"),
        ({"Tag": [{"name": "tlp:green"}, {"name": "tlp:clear"}]}, "exactly one"),
        ({"uuid": ""}, "no UUID"),
    ],
)
def test_an_attribute_that_nobody_may_see_stays(more: dict[str, object], why: str) -> None:
    one = attribute(17, "domain", "secret.attacker-site.net", **more)
    inside = {"uuid": uuid(49), "name": "file", "distribution": "5", "Attribute": [one]}

    for each in (event(one), event(Object=[inside])):
        found = leaving(each, Audience())
        assert isinstance(found, Leaving)
        assert "secret.attacker-site.net" not in str(found.event)
        assert why in left_of(found)


def test_a_tag_of_a_part_tightens_and_never_loosens() -> None:
    found = leaving(
        event(
            attribute(17, "domain", "a.net", Tag=[{"name": "TLP:CLEAR"}]),
            attribute(18, "domain", "b.net", Tag=[{"name": "tlp:amber+strict"}]),
            attribute(19, "domain", "c.net"),
        ),
        Audience(),
    )

    assert isinstance(found, Leaving)
    assert [found.markings[uuid(each)] for each in (17, 18, 19)] == [
        "green",
        "amber+strict",
        "green",
    ]


def test_names_of_people_and_members_stay_behind() -> None:
    group = {"uuid": GROUP, "SharingGroupOrg": [{"Organisation": {"name": "A Hidden Member"}}]}
    found = leaving(
        {
            **whole(),
            "distribution": "4",
            "SharingGroup": group,
            "ShadowAttribute": [attribute(70, "domain", "proposed.attacker-site.net")],
            "Tag": [{"name": "tlp:green"}, {"name": "our-own-note", "local": True}],
        },
        Audience(groups=frozenset({GROUP})),
    )

    assert isinstance(found, Leaving)
    for text in ("Hidden", "analyst@", "Operator B", "The Host", "proposed", "our-own-note"):
        assert text not in str(found.event), text
    assert "ShadowAttribute never leaves" in left_of(found)


@pytest.mark.parametrize(
    "document",
    [
        {"Event": event()},
        [{"Event": event()}],
        {"response": [{"Event": event()}]},
        {"response": {"Event": event()}},
        event(),
    ],
)
def test_events_are_found_as_an_instance_exports_them(document: object) -> None:
    assert [each["uuid"] for each in events_of(document)] == [EVENT]


@pytest.mark.parametrize("document", [None, 3, "x", {}, {"Event": 3}, {"response": [1, None]}])
def test_what_is_no_event_is_none(document: object) -> None:
    assert events_of(document) == []
