"""A host is hunted in its logs and by a look at it, and what both tell of is one finding."""

import json
from pathlib import Path
from typing import Any

from .conftest import CommandLine

NODE = "med-1"
LIBRARY = "/dev/shm/.cache/libmed.so"
HOUR = 3600
BEGIN = 1_767_322_800  # 2026-01-02T03:00:00Z


def started(pid: int, at: int, program: str, *words: str) -> str:
    """Make the records that auditd writes of one start."""
    place = f"node={NODE} "
    stamp = f"msg=audit({at}.000:{pid})"
    words = (program, *words)
    arguments = " ".join(f'a{number}="{word}"' for number, word in enumerate(words))
    return (
        f"{place}type=SYSCALL {stamp}: arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid={pid}"
        f' auid=0 uid=0 gid=0 comm="{program.rpartition("/")[2]}" exe="{program}" key="exec"\n'
        f"{place}type=EXECVE {stamp}: argc={len(words)} {arguments}\n"
    )


def collected(ahead: int) -> str:
    """Make a collection of the same processes by a clock that is *ahead*, one of them preloaded."""

    def stamp(seconds: int) -> str:
        hour, rest = divmod(seconds - BEGIN, HOUR)
        return f"2026-01-02T{3 + hour:02}:{rest // 60:02}:{rest % 60:02}.00Z"

    header = {"schema": "sidelight-host", "version": 1, "type": "host", "host": NODE,
              "time": stamp(BEGIN + 600 + ahead)}  # fmt: skip
    lines: list[dict[str, Any]] = [header]
    for pid in (100, 200, 300):
        process = {"type": "process", "pid": pid, "ppid": 1, "user": "root", "seen": 2,
                   "exe": f"/usr/sbin/daemon{pid}", "argv": [f"/usr/sbin/daemon{pid}"],
                   "started": stamp(BEGIN + pid + ahead)}  # fmt: skip
        if pid == 300:
            process["env"] = {"LD_PRELOAD": LIBRARY}
            process["regions"] = [["1000", "2000", "r-xp", "0", LIBRARY, None]]
        lines.append(process)
    lines.append({"type": "end", "processes": 3, "gone": 0, "denied": {}})
    return "".join(json.dumps(line) + "\n" for line in lines)


def hunt(sidelight: CommandLine, folder: Path, ahead: int) -> list[dict[str, Any]]:
    folder.mkdir()
    log = "".join(
        started(pid, BEGIN + pid, f"/usr/sbin/daemon{pid}") for pid in (100, 200, 300)
    ) + started(250, BEGIN + 250, "/usr/bin/env", f"LD_PRELOAD={LIBRARY}", "/usr/sbin/daemon300")
    (folder / "audit.log").write_text(log, encoding="utf-8")
    (folder / "host.jsonl").write_text(collected(ahead), encoding="utf-8")
    ran = sidelight("hunt", folder, "--quiet", "--format", "jsonl", "--fail-level", "never")
    assert ran.code == 0, ran.err
    return [json.loads(line) for line in ran.out.splitlines()]


def test_one_library_on_two_surfaces_is_one_finding(sidelight: CommandLine, tmp_path: Path) -> None:
    lines = hunt(sidelight, tmp_path / "case", HOUR)
    findings = [line for line in lines if line["kind"] == "finding" and LIBRARY in str(line)]
    [one] = [line for line in findings if line["class"] == "sideload"]
    assert [seen["surface"] for seen in one["surfaces"]] == ["log", "live"], one
    assert {event["source"].rpartition("/")[2] for event in one["evidence"]} == {
        "audit.log",
        "host.jsonl",
    }
    [coverage] = [line for line in lines if line["kind"] == "coverage"]
    [clock] = coverage["clocks"]
    assert (clock["host"], clock["ahead_seconds"], clock["agreed"]) == (NODE, HOUR, 3)
    assert "1 h ahead of that of the logs" in clock["text"]


def test_a_clock_that_is_right_is_said_to_be_right(sidelight: CommandLine, tmp_path: Path) -> None:
    [coverage] = [
        line for line in hunt(sidelight, tmp_path / "case", 0) if line["kind"] == "coverage"
    ]
    assert coverage["clocks"][0]["ahead_seconds"] == 0
    shown = sidelight("hunt", tmp_path / "case", "--fail-level", "never").out.decode()
    assert "Seen in event logs (1) and the running host (1)" in shown
    assert "Clocks that differ" not in shown
