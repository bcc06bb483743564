import numpy as np

from sidelight.rules.columns import Columns
from sidelight.schema import NO_TIME, Column, Frame, Kind, constant, decode, encode


def frame(**columns: Column) -> Frame:
    size = len(next(iter(columns.values())).codes)
    numbers = np.zeros(size, np.int64)
    return Frame(
        kind=Kind("linux", "auditd"),
        sources=("x",),
        source=np.zeros(size, np.int32),
        record=numbers,
        time=numbers + NO_TIME,
        host=constant("h", size),
        columns=columns,
        detail=lambda rows: [{} for _ in rows],
    )


def cells(some: Frame, name: str) -> list[str | None]:
    column = Columns(some).find(name)
    assert column is not None
    return decode(column)


def test_an_event_with_a_field_in_two_spellings_has_both_values() -> None:
    numbers = encode(["59", "59", None, None, "execve", "59"])
    names = encode(["execve", None, "socket", None, "execve", "execve"])
    assert cells(frame(syscall=numbers, SYSCALL=names), "syscall") == [
        "execve\x0059",
        "59",
        "socket",
        None,
        "execve",
        "execve\x0059",
    ]


def test_the_order_of_columns_does_not_show() -> None:
    one, two, three = encode(["a"]), encode(["b"]), encode([""])
    expected = ["b\0\0a"]
    assert cells(frame(uid=one, UID=two, Uid=three), "uid") == expected
    assert cells(frame(Uid=three, uid=one, UID=two), "uid") == expected


def test_a_column_without_values_joins() -> None:
    empty = encode([None, None])
    assert cells(frame(uid=empty, UID=encode(["a", None])), "uid") == ["a", None]
    assert cells(frame(uid=empty, UID=empty), "uid") == [None, None]
