from sidelight.coverage import BlindSpot
from sidelight.output.blindness import sentence

HOUR = 477_240  # 2024-06-11T00:00Z


def spot(
    hosts: tuple[str, ...],
    *stretches: tuple[int, int],
    roles: tuple[str, ...] = ("load",),
    analytics: tuple[str, ...] = ("sideload.load", "sideload.planted"),
) -> BlindSpot:
    moved = tuple((HOUR + first, HOUR + last) for first, last in stretches)
    return BlindSpot(roles, analytics, hosts, moved, 10)


def test_a_stretch_is_named_from_its_beginning_to_its_end() -> None:
    assert sentence(spot(("WS1",), (3, 8))) == (
        "no image-load events from WS1 between 2024-06-11T03:00Z and 09:00Z: "
        "2 sideload analytics blind"
    )
    assert "and 2024-06-12T00:00Z:" in sentence(spot(("WS1",), (3, 23)))


def test_several_stretches_are_summed_up() -> None:
    said = sentence(spot(("WS1",), (1, 2), (5, 9), (12, 12)))
    assert "for 8 hours in 3 stretches, the longest between 2024-06-11T05:00Z and 10:00Z" in said


def test_a_host_that_never_had_a_source_is_one_line() -> None:
    assert sentence(spot(("WS1",), analytics=("memory.clr",))) == (
        "WS1: no image-load events at all; 1 memory analytic blind"
    )


def test_hundreds_of_hosts_are_counted() -> None:
    hosts = tuple(f"h{n}" for n in range(300))
    said = sentence(spot(hosts, roles=("load", "share", "thread")))
    assert said == (
        "no image-load, share-access or remote-thread events at all, 2 sideload analytics blind: "
        "h0, h1, h2 and 297 more hosts"
    )
    assert sentence(spot(hosts[:4])).endswith(": h0, h1, h2 and h3")


def test_a_host_without_a_name_and_an_unknown_analytic_break_nothing() -> None:
    assert sentence(spot(("",), analytics=("x",))).startswith("an unnamed host: ")
