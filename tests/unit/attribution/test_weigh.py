import math
from dataclasses import replace

import pytest

from sidelight.attribution.lore import Actor, Delivery, Held, Lore
from sidelight.attribution.notes import Note
from sidelight.attribution.observation import Observed, folded
from sidelight.attribution.weigh import weigh
from sidelight.findings.resemblance import Hypothesis, Resemblance

SURE = Held((("Vendor", 0.8, 2024.0),), ("vendor-2024",))
RARE, COMMON, PUBLIC = "malware--rare", "malware--common", "tool--public"
SEEN = ("f1",)
SHARE = 0.5 / 60
START = SHARE / (1 - 2 * SHARE)


def lore(**more: Actor) -> Lore:
    heron = Actor(
        "heron", "Grey Heron", ("G1",), {RARE: SURE, COMMON: SURE}, frozenset({"T1", "T2"})
    )
    crane = Actor("crane", "Slow Crane", (), {COMMON: SURE, PUBLIC: SURE}, frozenset({"T1", "T3"}))
    return Lore(
        {"heron": heron, "crane": crane, **more},
        {RARE: "MirrorCall", COMMON: "OftenSeen", PUBLIC: "Every Tool"},
        {"S0001": RARE, "S0002": COMMON, "S0003": PUBLIC},
        {RARE: 1.0, COMMON: 29.0, PUBLIC: 71.0, "T1": 90.0, "T2": 2.0, "T3": 12.0},
        (1104, 4300),
        (Delivery(RARE, "player.exe", "codec.dll", ("vendor-2024",)),),
    )


def of(came: Resemblance, name: str) -> Hypothesis:
    return next(each for each in came.hypotheses if each.id == name)


def odds(came: Resemblance, name: str) -> float:
    return of(came, name).probability / came.unknown


def test_nothing_seen_leaves_every_set_a_small_share_and_unknown_the_rest() -> None:
    came = weigh(Observed(), lore())
    assert [each.probability for each in came.hypotheses] == [pytest.approx(SHARE)] * 2
    assert came.unknown == pytest.approx(1 - 2 * SHARE)
    many = {
        f"set{number}": replace(lore().actors["heron"], id=f"set{number}") for number in range(98)
    }
    assert weigh(Observed(), lore(**many)).unknown == pytest.approx(0.5)
    assert came.told == ()
    assert came.reason.startswith("no finding of level medium")


def test_a_tool_that_one_set_has_tells_and_one_that_many_have_does_not() -> None:
    rare = weigh(Observed(numbers={"S0001": SEEN}), lore())
    common = weigh(Observed(numbers={"S0002": SEEN}), lore())
    assert rare.told[0].name == "Grey Heron"
    assert odds(rare, "heron") > 5 * odds(common, "heron")
    assert odds(common, "heron") == pytest.approx(odds(common, "crane"))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_techniques_alone_name_nobody(count: int) -> None:
    seen = {f"T{number}": SEEN for number in range(1, count + 1)}
    came = weigh(Observed(techniques=seen), lore())
    assert came.told == ()
    assert came.unknown >= 1 - 2 * SHARE - 1e-12
    assert "techniques alone name nobody" in came.reason
    assert all(odds(came, each.id) <= START + 1e-12 for each in came.hypotheses)
    assert came.alike[0].name == {1: "Slow Crane", 2: "Grey Heron", 3: "Grey Heron"}[count]


def test_techniques_strengthen_a_set_whose_tool_was_seen_by_no_more_than_the_tool_did() -> None:
    alone = weigh(Observed(numbers={"S0001": SEEN}), lore())
    rare = dict.fromkeys(("T2", "T4", "T5", "T6", "T7", "T8", "T9"), SEEN)
    heron = replace(lore().actors["heron"], techniques=frozenset(rare))
    both = weigh(Observed(numbers={"S0001": SEEN}, techniques=rare), lore(heron=heron))
    gained = odds(both, "heron") / odds(alone, "heron")
    assert 1 < gained <= odds(alone, "heron") / START * 1.0001


def test_the_lines_multiply_to_what_moved_the_odds() -> None:
    seen = Observed(
        numbers={"S0001": SEEN, "S0003": SEEN},
        techniques={"T1": SEEN, "T2": SEEN},
        roles={"jump-host": SEEN},
    )
    came = weigh(seen, lore())
    for each in came.hypotheses:
        moved = math.prod(line.factor for line in each.lines)
        assert odds(came, each.id) == pytest.approx(START * moved)


def test_a_delivery_shows_a_tool_less_surely_than_a_rule_that_names_it() -> None:
    pair = weigh(Observed(pairs={"player.exe|codec.dll": SEEN}), lore())
    other = weigh(Observed(pairs={"other.exe|codec.dll": SEEN}), lore())
    rule = weigh(Observed(numbers={"S0001": SEEN}), lore())
    assert odds(rule, "heron") > odds(pair, "heron") > odds(other, "heron") > START
    both = Observed(pairs={"player.exe|codec.dll": SEEN}, numbers={"S0001": SEEN})
    assert odds(weigh(both, lore()), "heron") == pytest.approx(odds(rule, "heron"))


def test_a_program_alone_delivers_nothing() -> None:
    known = replace(lore(), deliveries=(Delivery(RARE, "player.exe", "", ()),))
    assert weigh(Observed(pairs={"player.exe|any.dll": SEEN}), known).tools == ()


def test_a_pair_that_delivered_two_tools_says_less_of_each() -> None:
    one = weigh(Observed(pairs={"player.exe|codec.dll": SEEN}), lore())
    rows = (*lore().deliveries, Delivery(PUBLIC, "player.exe", "codec.dll", ()))
    two = weigh(Observed(pairs={"player.exe|codec.dll": SEEN}), replace(lore(), deliveries=rows))
    assert START < odds(two, "heron") < odds(one, "heron")
    (line,) = (each for each in of(two, "heron").lines if each.key == "delivery:mirrorcall")
    assert 1 < line.factor < 0.6 * odds(one, "heron") / START


@pytest.mark.parametrize(
    ("titles", "tools"),
    [
        (("MirrorCall's Loader",), ("MirrorCall",)),
        (("Mirrorcalls Seen",), ()),
        (("A Call, a Mirror",), ()),
        (("Every-Tool Started",), ("Every Tool",)),
        (("Every User", "Tool Started"), ()),
        (("Every Odd Tool",), ()),
    ],
)
def test_titles_name_tools_by_whole_names_within_one_title(
    titles: tuple[str, ...], tools: tuple[str, ...]
) -> None:
    seen = Observed(titles={folded(title): SEEN for title in titles})
    assert weigh(seen, lore()).tools == tools


@pytest.mark.parametrize("name", ["Tor", "Medusa", "Ninja"])
def test_a_title_that_holds_a_common_word_names_no_tool(name: str) -> None:
    known = replace(lore(), tools={RARE: name})
    assert weigh(Observed(titles={folded(f"{name} Started"): SEEN}), known).tools == ()
    assert weigh(Observed(numbers={"S0001": SEEN}), known).tools == (name,)


def test_a_claim_loses_weight_with_age_and_a_second_publisher_adds_some() -> None:
    fresh = Observed(numbers={"S0001": SEEN}, last=1_718_064_000 * 10**9)
    late = replace(fresh, last=2_218_064_000 * 10**9)
    assert odds(weigh(fresh, lore()), "heron") > odds(weigh(late, lore()), "heron")
    two = Held((("Other", 0.8, 2024.0), *SURE.rows), ())
    heron = replace(lore().actors["heron"], tools={RARE: two, COMMON: SURE})
    assert odds(weigh(fresh, lore(heron=heron)), "heron") > odds(weigh(fresh, lore()), "heron")


def test_tools_that_no_one_set_has_call_for_a_remark() -> None:
    crane = Actor("crane", "Slow Crane", (), {PUBLIC: SURE}, frozenset())
    known = replace(lore(crane=crane), users={**lore().users, PUBLIC: 3.0})
    came = weigh(Observed(numbers={"S0001": SEEN, "S0002": SEEN, "S0003": SEEN}), known)
    assert came.ties == (("Every Tool", ("Slow Crane",)), ("MirrorCall", ("Grey Heron",)))
    assert "one actor with the tools of others" in came.remark
    assert weigh(Observed(numbers={"S0001": SEEN, "S0002": SEEN}), known).remark == ""
    assert weigh(Observed(), known).remark == ""


def note(about: str, factor: float, line: str = "") -> Note:
    return Note("n1", 1, "2026-01-01T00:00:00Z", "anna", about, "because", line, factor)


def test_an_analyst_adds_evidence_and_weighs_lines() -> None:
    seen = Observed(numbers={"S0001": SEEN})
    plain = weigh(seen, lore())
    for name in ("heron", "Grey Heron", "G1"):
        more = weigh(seen, lore(), (note(name, 3.0),))
        assert odds(more, "heron") == pytest.approx(3 * odds(plain, "heron"))
        assert odds(more, "crane") == pytest.approx(odds(plain, "crane"))
    nothing = weigh(seen, lore(), (note("heron", 0.0, "tool:mirrorcall"),))
    assert odds(nothing, "heron") == pytest.approx(START)
    both = Observed(numbers={"S0002": SEEN})
    for about, same in (("heron", False), ("unknown", True)):
        less = weigh(both, lore(), (note(about, 0.0, "tool:oftenseen"),))
        assert odds(less, "heron") == pytest.approx(START)
        assert (odds(less, "crane") == pytest.approx(START)) is same
    doubt = weigh(seen, lore(), (note("unknown", 4.0),))
    assert odds(doubt, "heron") == pytest.approx(odds(plain, "heron") / 4)


def test_a_note_alone_can_name_a_set() -> None:
    came = weigh(Observed(), lore(), (note("Slow Crane", 12.0),))
    assert [each.name for each in came.told] == ["Slow Crane"]


def test_without_any_set_all_is_unknown() -> None:
    came = weigh(Observed(numbers={"S0001": SEEN}), replace(lore(), actors={}))
    assert (came.unknown, came.hypotheses) == (1.0, ())


def test_that_sets_are_too_many_is_not_said_to_be_the_tools_fault() -> None:
    many = {
        f"set{number:03}": replace(lore().actors["crane"], id=f"set{number:03}")
        for number in range(5000)
    }
    came = weigh(Observed(numbers={"S0001": SEEN}), lore(**many))
    assert came.told == ()
    assert came.reason == "what was seen of tools (MirrorCall) makes no set as likely as 5 %"
