import io
import re
import zipfile
from pathlib import Path

import pytest

from shared_paths import SHARED, needs_shared
from sidelight.evidence import auditd
from sidelight.evidence.audit_names import SYSCALLS
from sidelight.evidence.audit_record import parse_record, unhex
from sidelight.evidence.auditd import OPEN_EVENTS, RECORDS_PER_EVENT, Joiner, join, sniff
from sidelight.evidence.losses import GAPS_PER_SOURCE
from sidelight.evidence.stream import Stream
from sidelight.schema import Frame, Gap, want_all


def record(serial: int, text: str = "type=CWD", body: str = 'cwd="/"'):
    found = parse_record(f"{text} msg=audit(1795536000.000:{serial}): {body}")
    assert found is not None
    return found


def items(data: bytes) -> tuple[list[Frame], list[Gap]]:
    found = list(auditd.read([Stream("audit.log", io.BytesIO(data))], want_all))
    frames = [item for item in found if isinstance(item, Frame)]
    return frames, [item for item in found if isinstance(item, Gap)]


def test_records_alternate_freely_within_the_window() -> None:
    joiner = Joiner()
    done = [
        event
        for step in range(2)
        for serial in range(OPEN_EVENTS)
        for event in joiner.add(record(serial, body=f'cwd="/{step}"'), serial + 1)
    ]
    assert done == []
    left = list(joiner.finish())
    assert [event.line for event in left] == list(range(1, OPEN_EVENTS + 1))
    assert all(event.fields["cwd"] == ["/0", "/1"] for event in left)


def test_the_oldest_event_is_taken_when_the_window_is_full() -> None:
    joiner = Joiner()
    for serial in range(OPEN_EVENTS):
        assert list(joiner.add(record(serial), serial)) == []
    assert [event.line for event in joiner.add(record(OPEN_EVENTS), 999)] == [0]


def test_an_event_of_endless_records_is_ended() -> None:
    joiner = Joiner()
    done = [e for number in range(RECORDS_PER_EVENT) for e in joiner.add(record(1), number)]
    assert len(done) == 1
    assert list(joiner.finish()) == []


def test_one_serial_of_two_nodes_is_two_events() -> None:
    joiner = Joiner()
    for node in ("a", "b"):
        assert list(joiner.add(record(1, f"node={node} type=CWD"), 1)) == []
    assert [event.host for event in joiner.finish()] == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("6C73002D6C00", "ls -l"),
        ("6C7", "6C7"),
        ("6G", "6G"),
        ("", ""),
        ("FF", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_only_hexadecimal_of_even_length_is_decoded(value: str, text: str) -> None:
    assert unhex(value) == text


def test_a_quoted_value_that_looks_like_hexadecimal_is_kept() -> None:
    assert record(1, "type=PATH", 'name="6C73"').fields == {"name": "6C73"}


def test_arguments_of_more_than_ten_are_in_order() -> None:
    body = " ".join(f'a{index}="{index}"' for index in range(12))
    event = join([record(1, "type=EXECVE", f"argc=12 {body}")], 1)
    assert event.fields["CommandLine"] == "0 1 2 3 4 5 6 7 8 9 10 11"


def test_words_are_joined_as_sysmon_for_linux_joins_them() -> None:
    """Rules are written for that: ``sh -c /sbin/modprobe …`` has no quote in it."""
    body = 'argc=3 a0="sh" a1="-c" a2=6964202D61'
    event = join([record(1, "type=EXECVE", body)], 1)
    assert event.fields["CommandLine"] == "sh -c id -a"


def test_lines_that_are_no_records_are_few_gaps_that_count_them_all() -> None:
    good = b'type=CWD msg=audit(1795536000.000:1): cwd="/"\n'
    _, gaps = items((good + b"what\n") * (GAPS_PER_SOURCE + 50))
    assert len(gaps) == GAPS_PER_SOURCE + 1
    assert sum(gap.events or 0 for gap in gaps) == GAPS_PER_SOURCE + 50
    assert gaps[0].offset == len(good)


def test_a_page_that_cites_an_audit_record_is_no_audit_log() -> None:
    assert not sniff(b"We saw this:\ntype=CWD msg=audit(1.000:1): cwd=1\nand were afraid.\n")


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "i386": Path("/usr/include/x86_64-linux-gnu/asm/unistd_32.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("arch", HEADERS)
def test_numbers_of_system_calls_are_those_of_the_kernel_headers(arch: str) -> None:
    if not HEADERS[arch].exists():
        pytest.skip(f"the kernel headers of {arch} are not installed")
    defined = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", re.MULTILINE)
    numbers = {(number, name) for name, number in defined.findall(HEADERS[arch].read_text())}
    assert set(SYSCALLS[arch].items()) <= numbers


@needs_shared
@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("audit-userspace/test2.log", 0),
        ("audit-userspace/test3.log", 0),
        ("plaso/audit_enriched.log", 0),
        ("go-libaudit/audit-rhel7.log", 1),
    ],
)
def test_real_logs_give_as_many_events_as_they_have_serials(path: str, lost: int) -> None:
    data = (SHARED / "evidence" / path).read_bytes()
    assert sniff(data)
    lines = [line for line in data.splitlines() if b"type=EOE" not in line]
    stamps = {found[0] for line in lines if (found := re.search(rb"audit\([^)]*\)", line))}
    frames, gaps = items(data)
    assert sum(map(len, frames)) == len(stamps)
    assert sum(gap.events or 0 for gap in gaps) == lost


@needs_shared
def test_a_real_execve_is_a_process_creation() -> None:
    folder = SHARED / "evidence/Security-Datasets/atomic/linux/defense_evasion/host"
    with zipfile.ZipFile(folder / "sh_binary_padding_dd.zip") as archive:
        data = archive.read(archive.namelist()[0])
    frames, gaps = items(data)
    assert gaps == []
    starts = [frame for frame in frames if frame.kind.category == "process_creation"]
    texts = {text for frame in starts for text in frame.columns["CommandLine"].values.to_pylist()}
    assert "dd if=/dev/zero bs=1 count=1" in texts
