"""What a sender may not see makes no difference to what it is told."""

import random
from dataclasses import replace

import pytest

from sidelight.exchange.intake import Arrival, Unfit
from sidelight.exchange.settling import History, Past, Sender, settle
from sidelight.intel.markings import Marking

KEYS = ["1", "2", "3"]
OWN, OTHER, THIRD = "own", "other", "third"
MARKS: tuple[Marking, ...] = ("clear", "green", "amber", "amber+strict")


def arrival(chance: random.Random) -> Arrival:
    kind, key = chance.choice(["indicator", "ipv4-addr", "marking-definition"]), chance.choice(KEYS)
    key = "" if kind == "ipv4-addr" else key
    return Arrival(
        f"{kind}--1", kind, "2.1", key, key, chance.choice(MARKS), chance.choice("ab"), b"",
        chance.choice(["", "i-own", "i-other", "i-third"]), chance.random() < 0.2,
    )  # fmt: skip


def past(chance: random.Random) -> Past:
    owner, seen = chance.choice([OWN, OTHER, THIRD]), chance.random() < 0.5
    seen = seen or owner == OWN
    given = seen and owner != OWN and chance.random() < 0.5
    version = chance.choice(KEYS)
    return Past(
        chance.choice("xy"), "2.1", version, version, owner, chance.choice("ab"),
        chance.random() < 0.2, seen, given,
    )  # fmt: skip


def test_a_receipt_is_the_same_without_what_the_sender_does_not_see() -> None:
    chance = random.Random(11)
    identities = {"i-own": OWN, "i-other": OTHER, "i-third": THIRD}
    rules: set[str] = set()
    alarms = 0
    for _ in range(20_000):
        item = arrival(chance)
        held = [past(chance) for _ in range(chance.randint(0, 4))]
        given = frozenset(each.version for each in held if each.given)
        whole = History(held, given, chance.random() < 0.1)
        seen = replace(whole, held=[each for each in held if each.seen])
        sender = Sender(OWN, frozenset({OWN, OTHER}))
        first = settle(item, whole, sender, "x", identities)
        assert first.receipt == settle(item, seen, sender, "x", identities).receipt
        stranger = {key: one for key, one in identities.items() if one in sender.knows}
        assert first.receipt == settle(item, whole, sender, "x", stranger).receipt
        rules |= {first.receipt.rule} if isinstance(first.receipt, Unfit) else set()
        alarms += bool(first.alarms)
    assert rules == {"tampered", "not-creator", "resharing", "revoked", "recalled"}
    assert alarms


@pytest.mark.parametrize("kind", ["marking-definition", "indicator"])
def test_a_marking_definition_does_not_change(kind: str) -> None:
    one = Past("x", "2.1", "1", "1", OWN, "a", revoked=False)
    item = Arrival(f"{kind}--1", kind, "2.1", "2", "2", "clear", "b", b"")
    found = settle(item, History([one]), Sender(OWN, frozenset({OWN})), "x", {})
    assert isinstance(found.receipt, Unfit) is (kind == "marking-definition")
