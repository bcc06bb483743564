"""Events of PowerShell repeat much around what they ran, and only that is judged, once."""

import time

import numpy as np
import pytest

from sidelight.analytics import scripts
from sidelight.analytics.scripts import script_marks, script_rows
from sidelight.schema import Frame, Kind, constant, encode

LOADER = "$a=[Reflection.Assembly]::Load($b); VirtualAlloc; CreateThread"
CONTEXT = "\n\tSequenceNumber={number}\n\tHostApplication={host}\n\tPipelineId=1\n"


def frame_of(texts: list[str | None], event_id: str = "800", field: str = "Data") -> Frame:
    size = len(texts)
    return Frame(
        kind=Kind("windows", "Windows PowerShell", event_id),
        sources=("log",),
        source=np.zeros(size, np.int32),
        record=np.arange(1, size + 1),
        time=np.arange(size),
        host=constant("h", size),
        columns={field: encode(texts)},
        detail=lambda rows: [],
    )


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\n\tHostApplication=powershell -enc AAAA\nb", "a\n\nb"),
        (" \tHost Application = powershell\r\nb", "\nb"),
        ("HostApplication=x", ""),
        ("a HostApplication=x\nb", "a HostApplication=x\nb"),
        ("a\n\tHostApplication=HostApplication=x\nHostApplication=y\nb", "a\n\n\nb"),
        ("a\n\tSequenceNumber=17\r\nb", "a\n\nb"),
        ("a\n Sequence Number = 17\nb", "a\n\nb"),
        ("a\n\tSequenceNumber=17; VirtualAlloc\nb", "a\n\tSequenceNumber=17; VirtualAlloc\nb"),
        ("a\n\tSequenceNumber=\nb", "a\n\tSequenceNumber=\nb"),
        ("é\n\tHostApplication=é\né", "é\n\né"),
    ],
)
def test_lines_that_say_nothing_are_left_out(text: str, left: str) -> None:
    assert scripts._without(text.encode()).decode() == left


@pytest.mark.parametrize("line", ["HostApplication=\n", "SequenceNumber=1\n"])
def test_many_lines_that_say_nothing_cost_no_more_each(line: str) -> None:
    begun = time.process_time()
    assert scripts._without(line.encode() * 300_000) == b"\n" * 300_000
    assert time.process_time() - begun < 10


def test_events_that_only_their_numbers_tell_apart_are_judged_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[str] = []
    monkeypatch.setattr(
        scripts, "_remembered_marks", lambda text: judged.append(text) or script_marks(text)
    )
    texts = [f"{LOADER}{CONTEXT.format(number=n, host='powershell')}" for n in range(5)]

    rows = script_rows(frame_of([None, *texts, "-", "plain"]))

    assert len(judged) == 1
    assert set(rows.column("record").to_pylist()) == {2, 3, 4, 5, 6}
    shown = [str(text) for text in rows.column("fields").to_pylist()]
    assert sorted({text.count("SequenceNumber=3") for text in shown}) == [0, 1]


def test_the_command_line_of_the_host_is_not_judged_again() -> None:
    text = CONTEXT.format(number=1, host=f"powershell {LOADER}")

    assert script_rows(frame_of([text])).num_rows == 0
    assert script_rows(frame_of([text], "400")).num_rows > 0


def test_a_field_that_is_absent_says_nothing() -> None:
    frame = frame_of([None, None])

    assert script_rows(frame).num_rows == 0
    assert script_rows(frame_of([LOADER], field="Other")).num_rows == 0
