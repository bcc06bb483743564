import hashlib
import io
import json
from pathlib import Path

import pytest
from evtx import PyEvtxParser

from sidelight.errors import UsageError
from sidelight.evidence import evtx
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, want_all
from sidelight.training.range import RangeOptions, RangeReport, write_range

SMALL = RangeOptions(events=4_000, days=5)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> RangeReport:
    return write_range(SMALL, tmp_path_factory.mktemp("range"))


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def records(path: Path) -> list[dict[str, object]]:
    raw = io.BytesIO(path.read_bytes())
    return [json.loads(r["data"])["Event"] for r in PyEvtxParser(raw).records_json()]


def test_the_same_seed_gives_the_same_bytes(small: RangeReport, tmp_path: Path) -> None:
    write_range(SMALL, tmp_path)
    assert contents(small.folder) == contents(tmp_path)


def test_another_seed_gives_other_bytes(small: RangeReport, tmp_path: Path) -> None:
    write_range(RangeOptions(seed=7, events=4_000, days=5), tmp_path)
    assert contents(small.folder) != contents(tmp_path)


def test_every_step_left_traces_that_are_where_it_says(small: RangeReport) -> None:
    assert len(small.steps) >= 15
    logs: dict[str, dict[int, dict[str, object]]] = {}
    for step in small.steps:
        assert step.events, step.name
        for trace in step.events:
            path = small.folder / trace.source
            if path.suffix != ".evtx":
                continue
            if trace.source not in logs:
                found = records(path)
                logs[trace.source] = {e["System"]["EventRecordID"]: e for e in found}  # type: ignore[index]
            system = logs[trace.source][trace.record]["System"]
            assert (trace.channel, int(trace.event_id)) == (system["Channel"], system["EventID"])  # type: ignore[index]


def test_line_traces_point_at_the_first_line_of_their_event(small: RangeReport) -> None:
    [tool] = [step for step in small.steps if step.technique == "T1074.001"]
    audit = [trace for trace in tool.events if trace.source.endswith("audit.log")]
    lines = (small.folder / "med01" / "audit.log").read_text().splitlines()
    assert audit
    assert all(lines[trace.record - 1].startswith("node=med01 type=SYSCALL") for trace in audit)
    assert any("/dev/shm/" in lines[trace.record - 1] for trace in audit)
    forwarded = (small.folder / "NOC-WS01" / "winlogbeat.ndjson").read_text().splitlines()
    for step in small.steps:
        for trace in step.events:
            if trace.source.endswith(".ndjson"):
                event = json.loads(forwarded[trace.record - 1])
                assert trace.event_id == event["winlog"]["event_id"]


def test_events_stand_in_the_order_of_their_times(small: RangeReport) -> None:
    path = small.folder / "BILL-WS01" / "Microsoft-Windows-Sysmon%4Operational.evtx"
    times = [
        event["System"]["TimeCreated"]["#attributes"]["SystemTime"]  # type: ignore[index]
        for event in records(path)
    ]
    assert sorted(times) == times


def test_the_report_counts_what_is_on_disk(small: RangeReport) -> None:
    evtx = sum(len(records(path)) for path in small.folder.rglob("*.evtx"))
    lines = (small.folder / "NOC-WS01" / "winlogbeat.ndjson").read_bytes().count(b"\n")
    audit = (small.folder / "med01" / "audit.log").read_bytes().count(b"type=SYSCALL")
    syslog = sum(
        (small.folder / "med01" / name).read_bytes().count(b"\n") for name in ("auth.log", "syslog")
    )
    assert evtx + lines + audit + syslog == small.events


def test_without_the_intrusion_nothing_is_labelled(tmp_path: Path) -> None:
    report = write_range(RangeOptions(events=1_500, days=2, hosts=8, attack=False), tmp_path)
    assert report.steps == ()
    assert json.loads((tmp_path / "truth.json").read_bytes())["steps"] == []
    assert (tmp_path / "BILL-WS02").is_dir()


@pytest.mark.parametrize("days", [1, 3, 11])
def test_the_story_fits_any_number_of_days_in_its_order(days: int, tmp_path: Path) -> None:
    report = write_range(RangeOptions(events=600, days=days), tmp_path)
    times = [step.time for step in report.steps]
    assert sorted(times) == times
    assert times[-1][:10] < "2024-06-15"


@pytest.mark.parametrize("wrong", [{"days": 0}, {"hosts": 5}, {"events": -1}])
def test_sizes_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="or more"):
        RangeOptions(**wrong)  # type: ignore[arg-type]


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        write_range(RangeOptions(events=0, days=1), tmp_path / "out")


def test_our_own_reader_reads_every_record_without_a_gap(small: RangeReport) -> None:
    for path in sorted(small.folder.rglob("*.evtx")):
        with path.open("rb") as raw:
            found = list(evtx.read([Stream(path.name, raw)], want_all))
        assert [item for item in found if isinstance(item, Gap)] == []
        frames = [item for item in found if isinstance(item, Frame)]
        assert sum(len(frame) for frame in frames) == len(records(path))
        channel = path.stem.replace("%4", "/")
        assert {frame.kind.channel for frame in frames} == {channel}
