import pyarrow as pa
import pytest

from analytic_cases import KINDS, frames_of, load, write
from sidelight.analytics.columns import role_of
from sidelight.analytics.scan import fact_columns, facts_of
from sidelight.findings.facts import FACTS
from sidelight.schema import Kind

THREAD = {"is": "thread", "SourceImage": r"C:\a.exe", "StartAddress": "0x10000"}
EVENTS = (
    load(r"C:\a\a.exe", r"C:\a\b.dll", "-"),
    write(r"C:\a\a.exe", r"C:\a\b.dll"),
    {**THREAD, "StartModule": "-"},
    {"is": "start", "Image": r"C:\a\a.exe", "OriginalFileName": "a.exe"},
    {
        "is": "share",
        "ShareName": r"\\*\C$",
        "RelativeTargetName": r"a\b.dll",
        "AccessMask": "0x2",
    },
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event["is"])
def test_a_scan_reads_only_the_columns_it_asks_for(event: dict[str, str]) -> None:
    asked = {name.lower() for name in fact_columns(KINDS[event["is"]])}
    cut = {name: text for name, text in event.items() if name == "is" or name.lower() in asked}
    [whole], [bare] = frames_of([{**event, "Other": "x"}]), frames_of([cut])
    for name, table in facts_of([whole]).items():
        assert table.equals(facts_of([bare])[name])
        assert table.schema.equals(FACTS[name])
    assert sum(table.num_rows for table in facts_of([whole]).values()) == 1


def test_kinds_that_say_nothing_cost_nothing() -> None:
    kind = Kind("windows", "Application", "1000")
    assert role_of(kind) == ""
    assert fact_columns(kind) == frozenset()
    assert role_of(Kind("linux", "auditd", "", "file_event")) == ""
    assert role_of(Kind("windows", "edr", "", "image_load")) == "load"


def test_no_facts_are_empty_tables_of_every_schema() -> None:
    assert {name: table.schema for name, table in facts_of(()).items()} == dict(FACTS)
    assert sum(table.num_rows for table in facts_of(()).values()) == 0


def test_a_module_that_is_not_told_is_unknown_event_by_event() -> None:
    [frame] = frames_of([THREAD, {**THREAD, "StartModule": ""}, {**THREAD, "StartModule": "-"}])
    assert facts_of([frame])["signals"].column("record").to_pylist() == [2, 3]


def test_of_plain_loads_the_earliest_is_kept_and_of_others_all() -> None:
    inside = r"C:\Windows\System32\a.dll"
    events = [
        *(load(r"C:\a.exe", inside, "Microsoft", at=at) for at in (3, 1, 2)),
        *(load(r"C:\a.exe", r"D:\b.dll", "Acme", at=at) for at in (4, 5)),
        *(load(r"C:\a.exe", inside, "-", at=at) for at in (6, 7)),
        {"is": "load", "Image": r"C:\a.exe"},
    ]
    [frame] = frames_of(events)
    table: pa.Table = facts_of([frame])["loads"]
    assert sorted(table.column("record").to_pylist()) == [2, 4, 5, 6, 7]


def test_of_data_files_the_earliest_of_a_folder_is_kept_where_users_write() -> None:
    tool = r"C:\a.exe"
    names = (r"D:\x\2.bin", r"D:\x\1.bin", r"D:\y\1.bin", r"C:\Windows\1.bin", r"C:\Windows\1.dll")
    [frame] = frames_of([write(tool, name, at=9 - n) for n, name in enumerate(names)])
    assert sorted(facts_of([frame])["writes"].column("target").to_pylist()) == [
        r"C:\Windows\1.dll",
        r"D:\x\1.bin",
        r"D:\y\1.bin",
    ]
