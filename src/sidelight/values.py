"""Data classes whose methods are written when they are first used.

`dataclasses.dataclass` writes, compiles and runs the texts of six methods for each frozen class.
That takes half a millisecond. A short command declares hundreds of classes, makes values of most,
and compares and prints few. `tests/unit/test_values.py` holds the two against each other.
"""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

__all__ = ["dataclass"]

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({"init": False, "repr": False, "eq": False})
_ORDER: Final = ("__lt__", "__le__", "__gt__", "__ge__")
_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "__repr__": {"repr": True},
        "__eq__": {"eq": True},
        "__hash__": {"unsafe_hash": True},
        **{name: {"eq": True, "order": True} for name in _ORDER},
    }
)
"""What the standard library is asked for to write a method."""


class _Factory:
    """Stands, as the default of a parameter, for what a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


class _Late:
    """Stands where a method will, until it is asked for."""

    __slots__ = ("_name", "_owner", "_write")

    def __init__(self, owner: type[Any], name: str, write: Callable[[type[Any], str], Any]) -> None:
        self._owner = owner
        self._name = name
        self._write = write

    def __get__(self, value: object, kind: type | None = None) -> Callable[..., Any]:
        method = self._write(self._owner, self._name)
        setattr(self._owner, self._name, method)
        bound: Callable[..., Any] = method.__get__(value, kind)
        return bound


def _slotted(owner: type[Any], *, frozen: bool, eq: bool, order: bool) -> type[Any]:
    """Declare the class that `dataclasses.dataclass` would make of *owner*, with slots."""
    if not owner.__doc__:
        owner.__doc__ = owner.__name__  # else its signature, which needs an `__init__`
    # Python has none where only `__eq__` is declared; that is no choice of the class.
    own = {name for name, value in owner.__dict__.items() if (name, value) != ("__hash__", None)}
    made = dataclasses.dataclass(slots=True, **_NOTHING)(owner)
    # By which the standard library tells what may be below it.
    made.__dataclass_params__.frozen, made.__dataclass_params__.eq = frozen, eq
    methods: dict[str, object] = {"__init__": _Late(made, "__init__", _INITS[frozen])}
    names = ["__repr__", *(["__eq__"] if eq else ()), *(_ORDER if order else ())]
    names += ["__hash__"] if eq and frozen else ()
    methods |= {name: _Late(made, name, _written) for name in names}
    if eq and not frozen:
        methods["__hash__"] = None
    methods.update(_FROZEN if frozen else {})
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _written(owner: type[Any], name: str) -> Any:
    """Have the standard library write a method, for a class that is alike."""
    twin = dataclasses.make_dataclass(
        owner.__name__,
        [(each.name, each.type, each) for each in dataclasses.fields(owner)],
        namespace={"__module__": owner.__module__, "__qualname__": owner.__qualname__},
        **{**_NOTHING, **_OPTIONS[name]},
    )
    return twin.__dict__[name]


def _frozen_init(owner: type[Any], _: str) -> Any:
    """Write an `__init__` that sets slots themselves."""
    setters = {f"_set_{each.name}": getattr(owner, each.name).__set__ for each in _fields(owner)}
    return _init(owner, "_set_{0}(self, {1})", setters)


def _open_init(owner: type[Any], _: str) -> Any:
    return _init(owner, "self.{0} = {1}", {})


_MADE: Final = _Factory()
_INITS: Final = MappingProxyType({True: _frozen_init, False: _open_init})
_fields: Final = dataclasses.fields


def _init(owner: type[Any], setting: str, known: dict[str, object]) -> Any:
    fields = _fields(owner)
    asked = [each for each in fields if each.init]
    head = ["self", *(_parameter(each) for each in asked if not each.kw_only)]
    named = [_parameter(each) for each in asked if each.kw_only]
    head += ["*", *named] if named else ()
    body = [setting.format(each.name, value) for each in fields if (value := _value(each))]
    body += ["self.__post_init__()"] if hasattr(owner, "__post_init__") else ()
    known |= {f"_default_{each.name}": each.default for each in fields}
    known |= {f"_make_{each.name}": each.default_factory for each in fields}
    known |= {"__name__": owner.__module__, "_made": _MADE}
    lines = [f"def __init__({', '.join(head)}):", *(body or ["pass"])]
    exec("\n ".join(lines), known)  # noqa: S102 - made of names of fields alone
    method: Any = known["__init__"]
    method.__qualname__ = f"{owner.__qualname__}.__init__"
    method.__annotations__ = {each.name: each.type for each in asked} | {"return": None}
    return method


def _parameter(field: "dataclasses.Field[Any]") -> str:
    if field.default is not dataclasses.MISSING:
        return f"{field.name}=_default_{field.name}"
    made = field.default_factory is not dataclasses.MISSING
    return f"{field.name}=_made" if made else field.name


def _value(field: "dataclasses.Field[Any]") -> str:
    name = field.name
    if field.default_factory is not dataclasses.MISSING:
        return f"_make_{name}() if {name} is _made else {name}" if field.init else f"_make_{name}()"
    if field.init:
        return name
    return f"_default_{name}" if field.default is not dataclasses.MISSING else ""


def _refuse_setting(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, field.name) for field in _fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for field, value in zip(_fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_FROZEN: Final[Mapping[str, object]] = MappingProxyType(
    {
        "__setattr__": _refuse_setting,
        "__delattr__": _refuse_deleting,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
)

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(owner=None, /, *, frozen=False, slots=False, eq=True, order=False):
        """Declare a data class as `dataclasses.dataclass` does.

        Only one with slots, without data classes among its bases, is spared its methods.
        """

        def declare(owner):
            if slots and not any(map(dataclasses.is_dataclass, owner.__bases__)):
                return _slotted(owner, frozen=frozen, eq=eq, order=order)
            return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq, order=order)(owner)

        return declare if owner is None else declare(owner)
