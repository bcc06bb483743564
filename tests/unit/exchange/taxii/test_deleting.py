"""TAXII 2.1, section 5.7."""

from allies import World, indicator, names, objects, parsed
from sidelight.exchange.store import audit

STAMPS = [f"2026-01-0{day}T00:00:00.000Z" for day in (1, 2, 3)]
PATH = f"{objects()}{indicator(1)['id']}/"


def held(world: World) -> list[object]:
    for each in STAMPS:
        world.add("A", indicator(1, modified=each, name=each))
    return names(world.ask("A", PATH, ("match[version]", "all")))


def test_5_7_all_versions_go_and_the_object_is_404_then(world: World) -> None:
    assert held(world) == STAMPS
    reply = world.ask("A", PATH, method="DELETE")
    assert (reply.status, reply.body) == (200, b"")
    for who in ("A", "B"):
        assert world.ask(who, PATH).status == 404
        assert world.ask(who, objects()).body == b"{}"
        assert world.ask(who, "/exchange/collections/finds/manifest/").body == b"{}"
    assert world.ask("A", PATH, method="DELETE").status == 404
    assert [one.action for one in audit.entries(world.library.engine)][-1] == "delete"


def test_5_7_match_version_deletes_that_version(world: World) -> None:
    held(world)
    query = ("match[version]", f"first,{STAMPS[1]}")
    assert world.ask("A", PATH, query, method="DELETE").status == 200
    assert parsed(world.ask("A", PATH + "versions/"))["versions"] == [STAMPS[2]]


def test_5_7_last_is_the_last_alone(world: World) -> None:
    held(world)
    assert world.ask("A", PATH, ("match[version]", "last"), method="DELETE").status == 200
    assert names(world.ask("A", PATH)) == [STAMPS[1]]


def test_5_7_spec_version_deletes_in_that_version_alone(world: World) -> None:
    old = indicator(1, name="old")
    del old["spec_version"]
    world.add("A", old, indicator(1, name="new"))
    assert world.ask("A", PATH, ("match[spec_version]", "2.1"), method="DELETE").status == 200
    assert names(world.ask("A", PATH)) == ["old"]


def test_5_7_the_object_of_another_is_forbidden_or_not_there(world: World) -> None:
    world.add("A", indicator(1, "amber"))
    assert world.ask("B", PATH, method="DELETE").status == 403
    assert world.ask("G", PATH, method="DELETE").status == 404
    assert names(world.ask("A", PATH)) == ["number 1"]


def test_5_7_a_malformed_version_is_400(world: World) -> None:
    held(world)
    assert world.ask("A", PATH, ("match[version]", "x"), method="DELETE").status == 400
    assert names(world.ask("A", PATH)) == [STAMPS[2]]
