import random

import orjson

from allies import NOW, TRILATERAL, indicator, uuid4
from sidelight.exchange.intake import admit
from sidelight.exchange.preview import foresee, pseudonym
from sidelight.exchange.register import Register, renewed
from sidelight.intel.markings import Marking

HIDDEN = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["B", "G"]\nhidden = ["A"]')


def read(text: str) -> Register:
    chance = random.Random(1)
    return renewed(text, Register(), where="t", now=NOW, mint=lambda: uuid4(chance))


def told(register: Register, owner: str, tlp: Marking = "amber") -> set[str]:
    who = register.named(owner)
    assert who
    items = admit([orjson.dumps(indicator(1, tlp))])
    place = register.collections[0]
    return {
        each.recipient for each in foresee(items, place, who.id, register.alliances, b"k", now=NOW)
    }


def hidden_from(register: Register, onlooker: str, *others: str) -> set[str]:
    ids = {name: found.id for name in (onlooker, *others) if (found := register.named(name))}
    return {pseudonym(ids[name], ids[onlooker], b"k") for name in others}


def test_a_hidden_member_and_its_clients_have_pseudonyms_that_differ_by_onlooker() -> None:
    register = read(HIDDEN)
    assert told(register, "B") == {"B", "G", *hidden_from(register, "B", "A", "C")}
    assert told(register, "A") == {"A", "B", "G", "C"}
    assert hidden_from(register, "B", "A") != hidden_from(register, "G", "A")


def test_who_stands_to_no_circle_is_not_named() -> None:
    register = read(TRILATERAL)
    assert told(register, "A") == {"A", "B", "C", "G"}
    assert told(register, "A", "clear") == {"A", "B", "C", "G", "all others"}
