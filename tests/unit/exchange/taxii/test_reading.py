"""TAXII 2.1, sections 3.2 to 3.5, 5.3, 5.4, 5.6 and 5.8."""

from dataclasses import replace

import pytest

from allies import NOW, World, address, indicator, names, objects, pages, parsed
from sidelight.exchange import instants
from sidelight.exchange.query import PAGE_OCTETS
from sidelight.exchange.taxii.message import Response

MANIFEST = "/exchange/collections/finds/manifest/"
FIRST, LAST = "X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"


def at(number: int, place: str = "") -> str:
    return f"{objects()}{indicator(number)['id']}/{place}"


def dates(reply: Response) -> tuple[str, str]:
    head = dict(reply.headers)
    return head[FIRST], head[LAST]


def versions_of(world: World, *modified: str) -> None:
    for each in modified:
        world.add("A", indicator(1, modified=each, name=each))


def test_3_2_both_headers_are_on_every_answer_that_lists(world: World) -> None:
    world.add("A", indicator(1), indicator(2))
    for path in (objects(), MANIFEST):
        assert dates(world.ask("B", path)) == (instants.show(NOW), instants.show(NOW + 1))
    for path in (at(2), at(2, "versions/")):
        assert dates(world.ask("B", path)) == (instants.show(NOW + 1),) * 2


def test_3_2_an_empty_answer_dates_from_where_it_was_asked(world: World) -> None:
    assert dates(world.ask("B", objects())) == ("1970-01-01T00:00:00.000000Z",) * 2
    after = "2027-01-15T08:00:00.000005Z"
    assert dates(world.ask("B", objects(), ("added_after", after))) == (after,) * 2


def test_2_timestamps_have_six_digits_and_empty_lists_are_left_out(world: World) -> None:
    assert world.ask("B", objects()).body == b"{}"
    assert world.ask("B", MANIFEST).body == b"{}"
    world.add("A", indicator())
    (record,) = parsed(world.ask("B", MANIFEST))["objects"]  # type: ignore[misc]
    assert record["date_added"] == "2027-01-15T08:00:00.000000Z"


def test_3_3_what_was_added_first_comes_first(world: World) -> None:
    world.add("A", indicator(3), indicator(1))
    world.now -= 10_000_000  # a clock that was set back
    world.add("A", indicator(2))
    assert names(world.ask("B", objects())) == ["number 3", "number 1", "number 2"]
    records = parsed(world.ask("B", MANIFEST))["objects"]
    assert isinstance(records, list)
    added = [one["date_added"] for one in records]
    assert added == sorted(set(added))


def test_3_4_added_after_is_exclusive_and_pages_without_next_lose_nothing(world: World) -> None:
    world.add("A", *(indicator(number) for number in range(7)))
    found: list[object] = []
    query: tuple[tuple[str, str], ...] = ()
    while True:
        reply = world.ask("B", objects(), ("limit", "2"), *query)
        found += names(reply)
        if not parsed(reply).get("more"):
            break
        query = (("added_after", dates(reply)[1]),)
    assert found == [f"number {number}" for number in range(7)]


@pytest.mark.parametrize("limit", ["1", "2", "3", "7", "8", "1000"])
def test_3_5_pages_by_next_have_everything_once(world: World, limit: str) -> None:
    world.add("A", *(indicator(number) for number in range(7)))
    found = pages(world, "B", objects(), ("limit", limit))
    assert len(found) == 7
    records = pages(world, "B", MANIFEST, ("limit", limit))
    assert [one["id"] for one in records] == [one["id"] for one in found]  # type: ignore[index]
    reply = parsed(world.ask("B", objects(), ("limit", "7")))
    assert "more" not in reply


def test_3_5_versions_page_by_next_too(world: World) -> None:
    stamps = [f"2026-01-0{day}T00:00:00.000Z" for day in range(1, 8)]
    versions_of(world, *stamps)
    assert pages(world, "B", at(1, "versions/"), ("limit", "2"), key="versions") == stamps


def test_3_5_a_cursor_can_be_asked_for_again_and_survives_writes(world: World) -> None:
    world.add("A", *(indicator(number) for number in range(4)))
    cursor = ("next", str(parsed(world.ask("B", objects(), ("limit", "2")))["next"]))
    once = names(world.ask("B", objects(), ("limit", "2"), cursor))
    world.add("A", indicator(9))
    world.ask("A", at(0), method="DELETE")
    assert (
        names(world.ask("B", objects(), ("limit", "2"), cursor))
        == once
        == [
            "number 2",
            "number 3",
        ]
    )
    assert names(world.ask("B", objects(), cursor))[-1] == "number 9"


def test_3_5_a_cursor_is_bound_to_filter_endpoint_and_reader(world: World) -> None:
    world.add("A", *(indicator(number) for number in range(4)))
    cursor = ("next", str(parsed(world.ask("B", objects(), ("limit", "2")))["next"]))
    assert world.ask("B", objects(), cursor, ("match[type]", "malware")).status == 400
    assert world.ask("B", MANIFEST, cursor).status == 400
    assert world.ask("A", objects(), cursor).status == 400
    assert world.ask("B", objects(), ("next", "AAAA")).status == 400


def test_3_4_fields_are_anded_and_values_ored(world: World) -> None:
    world.add("A", indicator(1), indicator(2), address("192.0.2.1"))
    first, second = str(indicator(1)["id"]), str(indicator(2)["id"])
    both = ("match[id]", f"{first},{second}")
    assert len(names(world.ask("B", objects(), both))) == 2
    assert names(world.ask("B", objects(), both, ("match[type]", "ipv4-addr"))) == []
    kinds = ("match[type]", "ipv4-addr,indicator")
    assert len(names(world.ask("B", objects(), kinds))) == 3
    assert len(names(world.ask("B", MANIFEST, ("match[type]", "indicator")))) == 2
    assert names(world.ask("B", objects(), ("match[type]", "x-unknown"))) == []


def test_3_4_1_version_is_last_unless_asked_otherwise(world: World) -> None:
    one, two, three = (f"2026-01-0{day}T00:00:00.000Z" for day in (1, 2, 3))
    versions_of(world, two, three, one)  # the order they come in is not their order

    def seen(*query: tuple[str, str]) -> list[object]:
        return names(world.ask("B", objects(), *query))

    assert seen() == [three]
    assert seen(("match[version]", "first")) == [one]
    assert seen(("match[version]", "all")) == [two, three, one]
    assert seen(("match[version]", "last,first")) == [three, one]
    assert seen(("match[version]", two)) == [two]
    assert seen(("match[version]", "2026-01-02T00:00:00Z")) == [two]
    assert seen(("match[version]", f"first,{two}")) == [two, one]
    assert seen(("match[version]", "2020-01-01T00:00:00Z")) == []
    assert names(world.ask("B", at(1), ("match[version]", "first"))) == [one]


def test_3_4_1_versions_are_spelled_as_the_object_spells_them(world: World) -> None:
    odd = "2026-01-01T00:00:00.1234567Z"
    versions_of(world, "2026-01-01T00:00:00Z", odd)
    assert parsed(world.ask("B", at(1, "versions/")))["versions"] == ["2026-01-01T00:00:00Z", odd]
    assert names(world.ask("B", objects())) == [odd]
    assert names(world.ask("B", objects(), ("match[version]", odd))) == [odd]


def test_3_4_1_an_object_without_modified_has_created_as_its_version(world: World) -> None:
    item = indicator(1)
    del item["modified"]
    world.add("A", item)
    (record,) = parsed(world.ask("B", MANIFEST))["objects"]  # type: ignore[misc]
    assert record["version"] == item["created"]


def test_3_4_1_an_observable_has_a_version_that_stays(world: World) -> None:
    world.add("A", address("192.0.2.1"))
    (record,) = parsed(world.ask("B", MANIFEST))["objects"]  # type: ignore[misc]
    assert record["version"] == record["date_added"]
    same = ("match[version]", str(record["version"]))
    assert len(names(world.ask("B", objects(), same))) == 1


def test_3_4_1_only_the_latest_spec_version_unless_asked_otherwise(world: World) -> None:
    old = indicator(1)
    del old["spec_version"]
    world.add("A", {**old, "name": "old"}, indicator(1, name="new"))

    def seen(*query: tuple[str, str]) -> list[object]:
        return names(world.ask("B", objects(), *query))

    assert seen() == ["new"]
    assert seen(("match[spec_version]", "2.0")) == ["old"]
    assert seen(("match[spec_version]", "2.0,2.1")) == ["old", "new"]
    assert seen(("match[spec_version]", "3.0")) == []
    (record,) = parsed(world.ask("B", MANIFEST, ("match[spec_version]", "2.0")))["objects"]  # type: ignore[misc]
    assert record["media_type"] == "application/stix+json;version=2.0"


def test_5_4_objects_are_served_as_the_bytes_they_came_as(world: World) -> None:
    text = (
        b'{ "type":"indicator","id":"%s", "spec_version":"2.1",\n "created":"2026-01-01T00:00:00Z"'
        % (str(indicator(1)["id"]).encode())
    )
    text += b',"modified":"2026-01-01T00:00:00Z","x":1.10,"u":"\\u0041",'
    text += b'"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}'
    body = b'{"objects":[' + text + b"]}"
    assert world.ask("A", objects(), method="POST", body=body).status == 202
    assert world.ask("B", objects()).body == body


def test_5_6_an_object_that_is_not_there_is_404_and_a_filter_without_match_is_empty(
    world: World,
) -> None:
    assert world.ask("B", at(1)).status == 404
    assert world.ask("B", at(1, "versions/")).status == 404
    world.add("A", indicator(1))
    nothing = ("match[version]", "2020-01-01T00:00:00Z")
    assert world.ask("B", at(1), nothing).body == b"{}"


def test_what_a_reader_may_not_see_does_not_exist(world: World) -> None:
    world.add("A", indicator(1, "amber"), indicator(2, "green"))
    for path in (at(1), at(1, "versions/")):
        absent = path.replace("000001", "00ffff")
        assert world.ask("G", path) == world.ask("G", absent)
        assert world.ask("G", path, method="DELETE") == world.ask("G", absent, method="DELETE")
    reply = parsed(world.ask("G", objects(), ("limit", "1")))
    assert len(reply["objects"]) == 1  # type: ignore[arg-type]
    assert "more" not in reply


def test_last_is_the_last_version_that_the_reader_may_see(world: World) -> None:
    world.add("A", indicator(1, "green", name="open"))
    world.add("A", indicator(1, "amber", "2026-02-01T00:00:00.000Z", name="narrow"))
    assert names(world.ask("G", objects())) == ["open"]
    assert names(world.ask("B", objects())) == ["narrow"]
    assert len(parsed(world.ask("G", at(1, "versions/")))["versions"]) == 1  # type: ignore[arg-type]


def test_3_4_a_page_ends_at_its_octets_and_the_next_goes_on(world: World) -> None:
    world.server = replace(world.server, largest=2 * PAGE_OCTETS)
    some = [indicator(number, description="x" * (PAGE_OCTETS // 3)) for number in range(7)]
    some.append(indicator(7, description="x" * (PAGE_OCTETS + 1)))
    for each in some:
        world.add("A", each)
    first = world.ask("B", objects(), ("limit", "1000"))
    assert len(first.body) < PAGE_OCTETS + 1000
    assert parsed(first)["more"] is True
    found = pages(world, "B", objects(), ("limit", "1000"))
    assert [each["name"] for each in found] == [f"number {n}" for n in range(8)]  # type: ignore[index]
    path = f"{objects()}{some[7]['id']}/"
    assert names(world.ask("B", path)) == ["number 7"]
    assert world.ask("A", path, method="DELETE").status == 200


def test_a_new_version_is_seen_also_where_another_passed_on_the_one_before(world: World) -> None:
    world.add("A", indicator(1))
    world.ask("B", objects())
    assert world.add("B", indicator(1))["failure_count"] == 0
    world.add("A", indicator(1, modified="2026-02-01T00:00:00.000Z", name="newer"))
    for who in ("A", "B", "G"):
        assert names(world.ask(who, objects())) == ["newer"]
        assert names(world.ask(who, objects(), ("match[version]", "all"))) == ["number 1", "newer"]
