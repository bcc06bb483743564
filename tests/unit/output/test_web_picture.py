import xml.etree.ElementTree as ET

from intel_samples import HERON, NETTLE, OBJECTS, SIDELOAD, STORK, kept, stated, thing, tie
from sidelight.intel.derive import derive
from sidelight.intel.identifier import catalogue_id
from sidelight.intel.markings import MARKINGS
from sidelight.intel.web import Web, weave
from sidelight.output.web_picture import picture_html, picture_svg

SVG = "{http://www.w3.org/2000/svg}"
OBJECTS_WITH_MORE = [
    *OBJECTS[:3],
    {**OBJECTS[3], "name": "Nettle <script>alert(1)</script>"},
    *OBJECTS[4:],
    tie(30, HERON, "uses", SIDELOAD),
    tie(31, STORK, "uses", SIDELOAD),
]


def drawn() -> ET.Element:
    knowledge = derive(kept(OBJECTS_WITH_MORE))
    web = weave(knowledge, [HERON, STORK], tools=9, techniques=9)
    return ET.fromstring(picture_svg(web, knowledge))


def test_everything_is_drawn_once_and_shared_tools_stand_out() -> None:
    root = drawn()
    nodes = {each.get("data-id"): each for each in root.iter(f"{SVG}g")}
    assert len(nodes) == 5
    assert [key for key, each in nodes.items() if each.get("class") == "shared"] == [NETTLE]
    assert len(list(root.iter(f"{SVG}path"))) == 5
    assert "2 of these" in "".join(nodes[NETTLE].itertext())


def test_a_name_cannot_become_markup_and_nothing_is_fetched() -> None:
    knowledge = derive(kept([*OBJECTS_WITH_MORE, thing(STORK, 'x" onload="y')]))
    web = weave(knowledge, [HERON, STORK], tools=9, techniques=9)
    page = picture_html(web, knowledge)
    assert "<script>alert" not in page
    assert 'onload="' not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_picture_bears_the_strictest_marking_of_what_it_shows() -> None:
    marked = tie(1, HERON, "uses", NETTLE, object_marking_refs=[MARKINGS["amber"]])
    clear = tie(2, STORK, "uses", NETTLE, object_marking_refs=[MARKINGS["clear"]])
    for ties, label in (([clear], "TLP:CLEAR"), ([clear, marked], "TLP:AMBER"), ([], "")):
        knowledge = derive(kept([*OBJECTS[:5], *ties]))
        web = weave(knowledge, [HERON, STORK], tools=9, techniques=9)
        assert web.marking == label
        assert label in picture_svg(web, knowledge)
    assert "TLP:" not in picture_svg(web, knowledge)


def test_a_thing_that_is_only_a_number_shows_it_once() -> None:
    knowledge = stated()
    number = catalogue_id("attack-pattern", "T1574.001")
    web = Web((), (), (number,), (), 0)
    assert picture_svg(web, knowledge).count(">T1574.001<") == 2  # in the box, and pointed at
