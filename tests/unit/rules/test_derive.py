"""Columns made of others (readings: Microsoft's descriptions of events 4657 and 4688)."""

import numpy as np
import pytest

from sidelight.rules.derive import derive
from sidelight.schema import Event, Frame, Kind, constant, decode, encode


def frame(**columns: list[str | None]) -> Frame:
    size = max(map(len, columns.values()))

    def detail(rows: object) -> list[Event]:
        del rows
        return []

    return Frame(
        kind=Kind("windows", "Security", "4657"),
        sources=("x",),
        source=np.zeros(size, np.int32),
        record=np.arange(size),
        time=np.zeros(size, np.int64),
        host=constant("h", size),
        columns={name: encode(cells) for name, cells in columns.items()},
        detail=detail,
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (r"\REGISTRY\MACHINE\SOFTWARE\A", "b", r"HKLM\SOFTWARE\A\b"),
        (r"\Registry\User\S-1-5-21", None, r"HKU\S-1-5-21"),
        (r"\REGISTRY\MACHINE\A", "-", r"HKLM\A"),
        (r"\Other", "x", r"\Other\x"),
        (None, "x", None),
    ],
)
def test_a_registry_path_is_spelled_as_sysmon_spells_it(
    key: str | None, value: str | None, expected: str | None
) -> None:
    column = derive("4657.targetobject", frame(ObjectName=[key], ObjectValueName=[value]))
    assert column is not None
    assert decode(column) == [expected]


def test_an_integrity_label_is_met_by_its_name_and_by_itself() -> None:
    column = derive("4688.integritylevel", frame(MandatoryLabel=["S-1-16-12288", None, "x"]))
    assert column is not None
    assert decode(column) == ["S-1-16-12288\0High", None, "x"]


def test_no_column_is_made_of_nothing() -> None:
    assert derive("4657.details", frame(Other=["a"])) is None
    assert derive("CommandLine", frame(Other=["a"])) is None
