"""A data class of ours is what the standard library makes of the same declaration."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace
from itertools import product
from typing import Any, get_type_hints

import pytest

from sidelight import values


def declared(dataclass: Any, **options: bool) -> list[type[Any]]:
    @dataclass(slots=True, **options)
    class Point:
        """Has positions, defaults, made defaults, and one that is by name."""

        x: int
        y: "int" = 2
        z: list[int] = field(default_factory=list)
        name: str = field(default="n", kw_only=True)

    @dataclass(slots=True, **options)
    class Derived:
        a: int
        b: int = field(init=False, default=5)
        c: list[int] = field(init=False, default_factory=lambda: [1])
        d: int = field(default=0, repr=False, compare=False)
        e: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "e", self.a + self.d)

    @dataclass(slots=True, **options)
    class Told:
        a: int

        def __repr__(self) -> str:
            return "told"

        def __hash__(self) -> int:
            return 7

    @dataclass(slots=True, **options)
    class Compared:  # noqa: PLW1641 - the decorator makes it
        a: int

        def __eq__(self, other: object) -> bool:
            return True

    @dataclass(slots=True, **options)
    class Empty:
        """Has nothing."""

    return [Point, Derived, Told, Compared, Empty]


OPTIONS = [
    {"frozen": frozen, "order": order, "eq": eq}
    for frozen, order, eq in product((False, True), repeat=3)
    if eq or not order
]
PAIRS = [
    pytest.param(plain, late, id=f"{plain.__name__}-{'-'.join(k for k, v in each.items() if v)}")
    for each in OPTIONS
    for plain, late in zip(
        declared(dataclasses.dataclass, **each), declared(values.dataclass, **each), strict=True
    )
]
ARGUMENTS = [
    ((), {}),
    ((1,), {}),
    ((2,), {}),
    ((1, 3), {}),
    ((1, 3, [4]), {}),
    ((1,), {"name": "m"}),
    ((1,), {"d": 4}),
    ((1, 2, 3, 4), {}),
    ((), {"nosuch": 1}),
]


def outcome(make: Callable[[], object]) -> object:
    """What it gives, or how it fails."""
    try:
        return make()
    except (TypeError, AttributeError, FrozenInstanceError) as error:
        return type(error), str(error)


def story(kind: type[Any]) -> list[object]:
    """All that can be seen of a class and its values."""
    told: list[object] = [
        str(inspect.signature(kind)),
        str(inspect.signature(kind.__init__)),
        get_type_hints(kind.__init__),
        kind.__init__.__qualname__,
        kind.__slots__,
        kind.__match_args__,
        [(each.name, each.type) for each in fields(kind)],
        is_dataclass(kind),
    ]
    made = []
    names = [each.name for each in fields(kind)]
    for positional, named in ARGUMENTS:
        value = outcome(lambda: kind(*positional, **named))  # noqa: B023
        made += [value] if isinstance(value, kind) else []
        told.append(repr(value).split(" at 0x")[0])
    for one in made:
        told += [
            outcome(lambda: repr(hash(one)) if kind.__hash__ is not object.__hash__ else ""),  # noqa: B023
            *(outcome(lambda: setattr(copy.copy(one), name, 3)) for name in names),  # noqa: B023
            *(outcome(lambda: delattr(copy.copy(one), name)) for name in names),  # noqa: B023
            # Of which the standard library says something else from version to version.
            type(outcome(lambda: setattr(one, "nosuch", 3))),  # noqa: B023
            repr(outcome(lambda: replace(one, a=9))).split(" at 0x")[0],  # noqa: B023
            repr(dataclasses.asdict(copy.deepcopy(one))),
        ]
    for one, other in product(made, repeat=2):
        told += [one == other, one != other, outcome(lambda: one < other)]  # noqa: B023
        told += [outcome(lambda: one >= other), one == 3]  # noqa: B023
    return told


@pytest.mark.parametrize(("plain", "late"), PAIRS)
def test_it_is_what_the_standard_library_makes(plain: type[Any], late: type[Any]) -> None:
    assert story(late) == story(plain)


@values.dataclass(frozen=True, slots=True)
class Sent:
    """Goes to another process."""

    a: int
    b: tuple[str, ...] = ()


def test_a_value_can_be_sent_to_another_process() -> None:
    sent = Sent(1, ("x",))
    assert pickle.loads(pickle.dumps(sent)) == sent


def test_methods_are_not_written_before_they_are_used() -> None:
    """That is what it is for; told by what the class holds, since a clock would be noise."""

    @values.dataclass(frozen=True, slots=True)
    class Unused:
        """Is never made."""

        a: int

    held = {name: type(Unused.__dict__[name]).__name__ for name in ("__init__", "__eq__")}
    assert held == {"__init__": "_Late", "__eq__": "_Late"}
    assert Unused(1).a == 1
    assert inspect.isfunction(Unused.__dict__["__init__"])
    assert not inspect.isfunction(Unused.__dict__["__eq__"])


def test_one_without_slots_or_of_another_is_left_to_the_standard_library() -> None:
    @values.dataclass(frozen=True)
    class Loose:
        """Has no slots."""

        a: int

    @values.dataclass
    class Bare:
        """Has no options."""

        a: int

    @values.dataclass(slots=True)
    class Below(Bare):
        """Has a data class above it."""

        b: int = 3

    assert vars(Loose(1)) == {"a": 1}
    assert Bare(1) == Bare(1)
    assert Below(1) == Below(1, 3) != Below(1, 4)


@pytest.mark.parametrize("frozen", [False, True])
def test_what_is_below_one_is_frozen_if_it_is(*, frozen: bool) -> None:
    dataclass: Any = values.dataclass

    @dataclass(frozen=frozen, slots=True)
    class Above:
        """Is late."""

        a: int

    def below(**options: bool) -> Any:
        @dataclass(slots=True, **options)
        class Below(Above):
            """Is not."""

            b: int = 3

        return Below

    kind = below(frozen=frozen)
    assert kind(1) == kind(1, 3) != kind(1, 4)
    assert repr(kind(1)).endswith("Below(a=1, b=3)")
    with pytest.raises(TypeError, match="cannot inherit"):
        below(frozen=not frozen)
