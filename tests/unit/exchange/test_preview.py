import random

import orjson
import pytest

from allies import NOW, TRILATERAL, indicator, uuid4
from sidelight.exchange.alliance import veiled
from sidelight.exchange.intake import Unfit, admit, unnamed
from sidelight.exchange.preview import Foreseen, foresee
from sidelight.exchange.register import Register, renewed
from sidelight.intel.markings import Marking

HIDDEN = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["B", "G"]\nhidden = ["A"]')


def read(text: str) -> Register:
    chance = random.Random(1)
    return renewed(text, Register(), where="t", now=NOW, mint=lambda: uuid4(chance))


HIDDEN_LINE = "whoever is hidden from you"


def verdicts(register: Register, owner: str, tlp: Marking = "amber") -> list[Foreseen]:
    who = register.named(owner)
    assert who
    items = admit([orjson.dumps(indicator(1, tlp))], now=NOW)
    place = register.collections[0]
    return list(foresee(items, place, who.id, register.alliances, now=NOW))


def told(register: Register, owner: str, tlp: Marking = "amber") -> set[str]:
    return {each.recipient for each in verdicts(register, owner, tlp)}


def test_a_hidden_member_and_its_clients_are_not_in_it() -> None:
    register = read(HIDDEN)
    assert told(register, "B") == {"B", "G", HIDDEN_LINE}
    assert told(register, "A") == {"A", "B", "G", "C", HIDDEN_LINE}


@pytest.mark.parametrize("tlp", ["clear", "green", "amber", "amber+strict"])
@pytest.mark.parametrize("more", ["", 'client_of = ["B"]\n'])
def test_it_is_the_same_whether_or_not_somebody_is_hidden(tlp: Marking, more: str) -> None:
    """A is hidden, or no member at all, or a client of an open member besides."""
    hidden = HIDDEN.replace('name = "A"\n', f'name = "A"\n{more}', 1)
    absent = hidden.replace('\nhidden = ["A"]', "")
    for onlooker in ("B", "G"):
        assert verdicts(read(hidden), onlooker, tlp) == verdicts(read(absent), onlooker, tlp)


def test_who_stands_to_no_circle_is_not_named() -> None:
    register = read(TRILATERAL)
    assert told(register, "A") == {"A", "B", "C", "G", HIDDEN_LINE}
    assert told(register, "A", "clear") == {"A", "B", "C", "G", "all others"}


def test_who_is_hidden_does_not_tell_who_it_is() -> None:
    identity = "identity--22222222-2222-4222-8222-222222222222"
    item = orjson.dumps(indicator(1, created_by_ref=identity))
    for text, rules in ((HIDDEN, ["names-hidden"]), (TRILATERAL, [])):
        alliances = read(text.replace('name = "A"', f'name = "A"\nidentity = "{identity}"', 1))
        a = alliances.named("A")
        assert a
        veil = veiled(a.id, alliances.collections[0].circles, alliances.alliances)
        found = unnamed(admit([item], now=NOW), veil)
        assert [each.rule for each in found if isinstance(each, Unfit)] == rules
