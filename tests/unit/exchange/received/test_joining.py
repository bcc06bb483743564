"""Events that belong together, as correlations: what is written, and what is refused."""

import io
import json
import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import orjson
import pytest

from allies import NOW, indicator
from sidelight.cli.received import Hunting, hunt_received
from sidelight.exchange.received.joining import written
from sidelight.exchange.received.lookout import Sought, Unrunnable, look
from sidelight.exchange.received.lookout import indicator as read_indicator
from sidelight.exchange.received.pattern import read_pattern
from sidelight.exchange.received.record import Record
from sidelight.intel.warning import own_lists, read_warnings

WARNINGS = read_warnings(None, also=own_lists("exchange/benign.toml"))
FIRST, SECOND, THIRD = "[file:name = 'firstone.exe']", "[file:name = 'second.exe']", "[file:name = 'thirdone.dll']"  # fmt: skip # noqa: E501
KINDS = ("AND", "FOLLOWEDBY")


def documents(pattern: str) -> list[dict[str, object]]:
    texts, notes = written(read_pattern(pattern), "It", WARNINGS)
    assert notes == ()
    return [json.loads(each) for each in texts]


@pytest.mark.parametrize(
    ("word", "kind"), [("AND", "temporal"), ("FOLLOWEDBY", "temporal_ordered")]
)
def test_a_correlation_is_written_after_the_rules_of_its_events(word: str, kind: str) -> None:
    *rules, last = documents(f"({FIRST} {word} {SECOND}) WITHIN 300 SECONDS")
    made = last["correlation"]
    assert isinstance(made, dict)
    assert (made["type"], made["timespan"]) == (kind, "300s")
    assert made["rules"] == [each["id"] for each in rules]
    half = len(rules) // 2
    ids = [str(each["id"]) for each in rules]
    assert made["condition"] == f"({' or '.join(ids[:half])}) and ({' or '.join(ids[half:])})"


def test_a_rule_that_is_part_of_more_still_fires_where_it_stands_alone() -> None:
    both = f"{FIRST} OR ({FIRST} AND {SECOND}) WITHIN 300 SECONDS"
    ids = [each["id"] for each in documents(both)]
    assert len(set(ids)) == len(ids)
    found = look(read(both), WARNINGS, lambda _: None)
    assert isinstance(found, Sought)
    alone = {str(each["id"]) for each in documents(FIRST)}
    assert sum(not each.silent for each in found.rules.rules) == len(alone)


def read(pattern: str, number: int = 1):  # type: ignore[no-untyped-def] # as `read_indicator`
    found = read_indicator(indicator(number, pattern=pattern), NOW)
    assert found
    return found


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (f"({FIRST} AND {FIRST}) WITHIN 9 SECONDS", "could be two"),
        ("([file:name = 'x-agent.exe'] AND [process:command_line LIKE '%attacker%'])"
         " WITHIN 9 SECONDS", "could be two"),
        (f"({FIRST} AND [file:name LIKE '%one.exe']) WITHIN 9 SECONDS", "could be two"),
        ("([ipv4-addr:value = '45.77.1.2'] AND [ipv4-addr:value = '45.77.1.3'])"
         " WITHIN 9 SECONDS", "could be two"),
        (f"({FIRST} AND [ipv4-addr:value = '8.8.8.8']) WITHIN 9 SECONDS", "harmless"),
        (f"({FIRST} AND [mutex:name = 'x']) WITHIN 9 SECONDS", "no log here"),
        (f"({FIRST} AND {SECOND} AND {THIRD} AND [file:name = 'fourthone.dll'])"
         " WITHIN 9 SECONDS", "more than 64 ways"),
        (f"{FIRST} AND {SECOND}", "WITHIN what time"),
    ],
)  # fmt: skip
def test_what_no_correlation_says_is_refused_in_words(pattern: str, why: str) -> None:
    found = look(read(pattern), WARNINGS, lambda _: None)
    assert isinstance(found, Unrunnable), found
    assert why in found.why


def test_what_is_refused_keeps_nothing_from_the_rest() -> None:
    found = look(
        read(f"{FIRST} OR ({FIRST} AND {FIRST}) WITHIN 9 SECONDS"), WARNINGS, lambda _: None
    )
    assert isinstance(found, Sought)
    assert found.notes == ("one event could be two of those that it tells of together",)


Event = tuple[int, int]
"""Seconds and the number of a program."""


def holds(programs: Sequence[Sequence[int]], ordered: bool, within: int, all_: Sequence[Event]) -> bool:  # fmt: skip # noqa: E501
    """Say the obvious: there are different observations, one for each, in time and in order."""
    choices = [[n for n, (_, what) in enumerate(all_) if what in some] for some in programs]
    for one in product(*choices):
        times = [all_[each][0] for each in one]
        if (
            len(set(one)) == len(one)
            and max(times) - min(times) <= within
            and (not ordered or times == sorted(times))
        ):
            return True
    return False


def test_a_hunt_finds_what_the_pattern_says_and_nothing_else(tmp_path: Path) -> None:
    """The oracle tries every choice of observations; the hunt runs all patterns at once."""
    chance = random.Random(11)
    programs = [f"program{each}.exe" for each in "abcdef"]
    start, events = 1_767_225_600, list[Event]()
    for _ in range(14):
        events.append((chance.randrange(60), chance.randrange(len(programs))))
    lines = [
        {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "ws1",
         "@timestamp": _stamp(start + seconds), "Image": f"C:\\x\\{programs[what]}"}
        for seconds, what in events
    ]  # fmt: skip
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "events.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
    cases = []
    for number in range(120):
        size = chance.choice([2, 2, 3])
        left = chance.sample(range(len(programs)), size + chance.randrange(2))
        parts = [[each] for each in left[:size]]
        if len(left) > size:
            parts[0].append(left[size])
        word, within = chance.choice(KINDS), chance.choice([1, 2, 3, 5, 8, 13])
        texts = [_observation([programs[each] for each in some]) for some in parts]
        pattern = f"({f' {word} '.join(texts)}) WITHIN {within} SECONDS"
        cases.append((indicator(number, pattern=pattern), parts, word == "FOLLOWEDBY", within))
    kept = tmp_path / "kept"
    request = Hunting([tmp_path / "logs"], kept, 600, out=io.StringIO())
    hunt_received([orjson.dumps(item) for item, *_ in cases], request)
    found = {each.id: each.found for each in Record(kept).lines() if each.became == "hunted"}
    wanted = {str(item["id"]): holds(parts, ordered, within, events)
              for item, parts, ordered, within in cases if str(item["id"]) in found}  # fmt: skip
    assert len(wanted) > 100, "the others come twice"
    assert {ident: found[ident] > 0 for ident in wanted} == wanted
    assert 20 < sum(wanted.values()) < len(wanted) - 20, "both happen"


def _observation(names: Sequence[str]) -> str:
    return "(" + " OR ".join(f"[process:name = '{each}']" for each in names) + ")"


def _stamp(second: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
