import random

import pytest

from allies import NOW, TRILATERAL, uuid4
from sidelight.errors import UsageError
from sidelight.exchange.register import Register, renewed, restored, stored


def read(text: str, before: Register | None = None, now: int = NOW) -> Register:
    chance = random.Random(now)
    return renewed(text, before or Register(), where="t.toml", now=now, mint=lambda: uuid4(chance))


def test_ids_and_joining_are_kept_by_name() -> None:
    first = read(TRILATERAL)
    again = read(TRILATERAL, first, NOW + 5)
    assert again == first
    wider = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "B"]\nhidden = ["X"]')
    third = read(wider, first, NOW + 9)
    circle = next(iter(third.alliances.circles.values()))
    joined = {member.joined: member.hidden for member in circle.members}
    assert joined == {NOW: False, NOW + 9: True}


def test_what_is_kept_is_what_was_written() -> None:
    register = read(TRILATERAL)
    assert restored(stored(register)) == register


def test_the_last_day_of_an_agreement_still_counts() -> None:
    text = '[[circle]]\nname = "c"\nlegal_basis = "x"\nlegal_until = '
    day = next(iter(read(text + "2027-01-15").alliances.circles.values()))
    assert day.legal_until == NOW - NOW % 86_400_000_000 + 86_400_000_000
    instant = next(iter(read(text + "2027-01-15T08:00:00Z").alliances.circles.values()))
    assert instant.legal_until == NOW


ORGANISATION = '[[organisation]]\nname = "A"\ncountry = "FI"\nrole = "operator"\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "is no TOML"),
        ("other = 1", "unknown key 'other'"),
        ("organisation = 1", "is written as [[organisation]]"),
        ('[[organisation]]\nname = "A"\n', "role is missing"),
        ('[[organisation]]\nname = ""\n', "name is missing"),
        (ORGANISATION.replace("FI", "Finland"), "two capital letters"),
        (ORGANISATION.replace("operator", "bank"), "role 'bank' is none of"),
        (ORGANISATION * 2, "'A' occurs more than once"),
        (ORGANISATION + 'client_of = ["Z"]\n', "names 'Z', which is not in this file"),
        (ORGANISATION + 'client_of = "A"\n', "is a list of names"),
        (ORGANISATION + 'client_of = [["A"]]\n', "not in this file"),
        ("a = " + "[" * 5000, "is no TOML"),
        (ORGANISATION + 'id = "7"\n', "is no UUID"),
        (ORGANISATION + 'gives = {government = "red"}\n', "a role and one of"),
        (ORGANISATION + "gives = 1\n", "gives is written as"),
        ('[[circle]]\nname = "c"\nhistory = "some"\n', "history is"),
        ('[[circle]]\nname = "c"\nlegal_until = 7\n', "legal_until is a date"),
        ('[[circle]]\nname = "c"\nlegal_until = 2027-01-01T00:00:00\n', "with its offset"),
        (
            ORGANISATION + '[[circle]]\nname = "c"\nmembers = ["A"]\nhidden = ["A"]\n',
            "more than once",
        ),
        ('[[collection]]\ntitle = "t"\ncircles = ["c"]\n', "names 'c'"),
        (
            '[[collection]]\ntitle = "t"\nalias = "a"\n[[collection]]\ntitle = "u"\nalias = "a"\n',
            "alias",
        ),
    ],
)
def test_a_register_that_is_wrong_says_where(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as error:
        read(text)
    assert reason in str(error.value)
    assert "t.toml" in error.value.where
