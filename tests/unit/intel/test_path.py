from intel_samples import HERON, LANTERN, NETTLE, OBJECTS, SIDELOAD, STORK, kept, thing, tie
from sidelight.intel.derive import derive
from sidelight.intel.path import paths

RARE = "tool--cccccccc-cccc-4ccc-8ccc-cccccccccccc"


def ways(objects: list[dict[str, object]], start: str, end: str) -> list[list[str]]:
    found = paths(derive(kept(objects)), start, end)
    return [[way[0].start, *(step.end for step in way)] for way in found]


def test_two_actors_hang_together_by_the_tool_they_share() -> None:
    assert ways(OBJECTS, HERON, STORK) == [[HERON, NETTLE, STORK]]
    assert ways(OBJECTS, STORK, SIDELOAD) == [[STORK, NETTLE, HERON, LANTERN, SIDELOAD]]


def test_a_rare_tool_comes_before_one_that_everybody_has() -> None:
    crowd = [f"intrusion-set--{number:08}-aaaa-4aaa-8aaa-aaaaaaaaaaaa" for number in range(9)]
    objects = [
        *OBJECTS,
        thing(RARE, "Rare"),
        tie(10, HERON, "uses", RARE),
        tie(11, STORK, "uses", RARE),
        *(thing(each, each) for each in crowd),
        *(tie(20 + place, each, "uses", NETTLE) for place, each in enumerate(crowd)),
    ]
    assert ways(objects, HERON, STORK) == [[HERON, RARE, STORK], [HERON, NETTLE, STORK]]


def test_there_may_be_no_way_and_a_direct_one_is_enough() -> None:
    alone = "tool--dddddddd-dddd-4ddd-8ddd-dddddddddddd"
    assert ways([*OBJECTS, thing(alone, "Alone")], HERON, alone) == []
    assert ways(OBJECTS, HERON, LANTERN) == [[HERON, LANTERN]]
