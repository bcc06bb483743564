import numpy as np
import pytest

from sidelight.evidence.reading import Digest
from sidelight.hunt.host import Names, name_host
from sidelight.schema import NO_TIME, Column, Frame, Gap, Kind, decode, encode, strings


def frame(host: Column) -> Frame:
    size = len(host.codes)
    numbers = np.zeros(size, np.int64)
    return Frame(
        kind=Kind("linux", "auditd"),
        sources=("x",),
        source=np.zeros(size, np.int32),
        record=numbers,
        time=numbers + NO_TIME,
        host=host,
        columns={},
        detail=lambda rows: [{} for _ in rows],
    )


@pytest.mark.parametrize(
    ("hosts", "named"),
    [
        ([None, "a", "", None], ["n", "a", "n", "n"]),
        ([None], ["n"]),
        (["a", "n"], ["a", "n"]),
        (["n", None], ["n", "n"]),
        ([], []),
    ],
)
def test_only_events_without_a_host_are_given_one(
    hosts: list[str | None], named: list[str]
) -> None:
    given = frame(encode(hosts))
    after = name_host(given, "n")
    assert decode(after.host) == named
    assert after.host.codes.dtype == np.int32
    assert decode(given.host) == hosts


def test_every_empty_value_counts() -> None:
    some = Column(np.array([0, 1, 2], np.int32), strings(["", "a", ""]))
    assert decode(name_host(frame(some), "n").host) == ["n", "a", "n"]


def test_without_a_name_nothing_changes() -> None:
    given = frame(encode([None, "", "a"]))
    assert name_host(given, "") is given


def test_sources_that_say_nothing_are_called_something_else() -> None:
    names = Names("n", {"x": "host:a"})
    assert names.frame(frame(encode([None]))).sources == ("host:a",)
    assert decode(names.frame(frame(encode([None]))).host) == ["n"]
    assert names.gap(Gap("x", 0, "denied", "no")).source == "host:a"
    assert names.gap(Gap("y", 0, "denied", "no")).source == "y"
    assert names.digest(Digest("x", "host", 1, "")).source == "host:a"
    given = frame(encode(["a"]))
    assert Names(sources={"y": "z"}).frame(given) is given
