"""The rules that come with Sidelight."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest

import sidelight
from sidelight.cli.app import run
from sidelight.findings.attack import classify
from sidelight.rules import trial
from sidelight.rules.check import check
from sidelight.rules.files import read_documents
from sidelight.rules.load import load_rules
from sidelight.rules.rule import Rule
from sidelight.schema import Event
from sigma_rows import holds

RULES = Path(sidelight.__file__).parent / "content" / "rules"
LOADED = load_rules([RULES])


def judge(rule: Rule, events: Sequence[Event]) -> list[bool]:
    return [holds(rule.condition, event) for event in events]


TRIALS = [each for path in trial.find([RULES]) for each in trial.read(path)]


def test_every_rule_can_be_run() -> None:
    assert LOADED.refused == ()
    assert len(LOADED.rules) >= 25
    assert len(LOADED.correlations) >= 3


@pytest.mark.parametrize("each", TRIALS, ids=lambda each: f"{each.path.stem}-{each.line}")
def test_the_samples_beside_a_rule_hold(each: trial.Trial) -> None:
    [verdict] = trial.run([each], LOADED.rules, judge)
    assert verdict.failed == ()


def test_every_rule_has_samples_that_fire_and_that_stay_silent() -> None:
    beside = {(t.path.name.removesuffix(".test.yml"), t.rule) for t in TRIALS}
    for rule in LOADED.rules:
        stem = rule.meta.path.rpartition("/")[2].removesuffix(".yml")
        assert (stem, rule.meta.id) in beside or (stem, "") in beside, rule.meta.path
    assert all(each.fires and each.silent for each in TRIALS)


def test_reading_the_rules_critically_finds_nothing() -> None:
    files, _ = read_documents([RULES])
    issues = [issue for issue in check(files) if issue.severity != "note"]
    assert issues == []


def test_every_rule_is_ours_and_has_its_own_identity() -> None:
    metas = [rule.meta for rule in (*LOADED.rules, *LOADED.correlations)]
    identities = [UUID(meta.id) for meta in metas]
    assert len(set(identities)) == len(identities)
    assert {identity.version for identity in identities} == {4}
    assert {(meta.author, meta.license) for meta in metas} == {("Sidelight", "Apache-2.0")}


def windows(second: int, channel: str, event_id: int, **fields: str) -> str:
    head = {
        "@timestamp": f"2031-02-03T04:{second // 60:02}:{second % 60:02}.000Z",
        "Hostname": "ws-1",
        "Channel": channel,
        "EventID": event_id,
        "SourceName": "x",
    }
    return json.dumps(head | fields)


def loads(
    names: Sequence[str], step: int, image: str = "C:\\Windows\\System32\\svchost.exe"
) -> list[str]:
    sysmon = "Microsoft-Windows-Sysmon/Operational"
    return [
        windows(
            number * step,
            sysmon,
            7,
            Image=image,
            ProcessGuid="{1}",
            ImageLoaded=f"C:\\Windows\\System32\\{name}.dll",
        )
        for number, name in enumerate(names)
    ]


def audit(second: int, pid: int, call: str) -> str:
    return (
        f"type=SYSCALL msg=audit(1800000{second:03}.000:{second + 1}): arch=c000003e {call} "
        f'success=yes exit=0 items=0 ppid=1 pid={pid} uid=0 comm="x" exe="/usr/sbin/x"'
    )


def commands(*pairs: tuple[int, str]) -> list[str]:
    return [
        f"Jun 30 10:{minute:02}:10 10.0.0.9 admin tty1 10.0.0.5 stop task_id=1 timezone=UTC "
        f"service=shell user=admin priv-lvl=15 cmd={command} <cr>"
        for minute, command in pairs
    ]


CREDENTIALS = ("cryptdll", "samlib", "vaultcli", "hid", "WinSCard")
PRINT = "Microsoft-Windows-PrintService"
SOCKET, FILTER = "syscall=41 a0=11 a1=3 a2=300 a3=0", "syscall=54 a0=3 a1=1 a2=1a a3=7ff"
DRIVER = windows(0, f"{PRINT}/Operational", 316, Param1="Generic")


def refusal(second: int) -> str:
    module = "C:\\Windows\\system32\\spool\\DRIVERS\\x64\\3\\a.dll"
    return windows(second, f"{PRINT}/Admin", 808, PluginDllName=module, ErrorCode="0x45a")


def hops(minutes: int) -> list[str]:
    return commands(*((at * minutes, f"ssh -l noc 10.9.9.{at}") for at in range(5)))


def failures(count: int, source: str = "203.0.113.9") -> list[str]:
    return [
        f"Jun 30 10:00:{at:02} hss01 sshd[7]: Failed password for invalid user u{at} "
        f"from {source} port 4711 ssh2"
        for at in range(count)
    ]


def refused(hosts: int) -> list[str]:
    return [
        f'date=2031-02-03 time=04:00:{at:02} devname="fw1" devid="F1" logid="0000000013" '
        f'type="traffic" subtype="forward" srcip=10.1.2.3 dstip=10.9.9.{at} dstport=445 '
        f'action="deny"'
        for at in range(hosts)
    ]


def locked_out(count: int) -> list[str]:
    return [
        f"Mar  1 18:48:{at:02} r1 {at}: Mar  1 18:48:{at:02}.483 UTC: %SEC_LOGIN-4-LOGIN_FAILED: "
        "Login failed [user: a] [Source: 10.1.2.3] [localport: 22]"
        for at in range(count)
    ]


def probes(hosts: int, port: str = "445") -> list[str]:
    sysmon = "Microsoft-Windows-Sysmon/Operational"
    return [
        windows(
            at,
            sysmon,
            3,
            Image="C:\\x\\a.exe",
            Initiated="true",
            DestinationIp=f"10.9.9.{at}",
            DestinationPort=port,
        )
        for at in range(hosts)
    ]


CORRELATED = [
    ("spray_logons", failures(12), True),
    ("spray_logons", failures(8), False),
    ("firewall_scan", refused(32), True),
    ("firewall_scan", refused(20), False),
    ("router_logons_fail", locked_out(12), True),
    ("router_logons_fail", locked_out(6), False),
    ("scan_hosts", probes(35), True),
    ("scan_hosts", probes(20), False),
    ("scan_hosts", probes(35, "443"), False),
    ("load_credential_libraries", loads(CREDENTIALS, 1), True),
    ("load_credential_libraries", loads(CREDENTIALS, 50), False),
    ("load_credential_libraries", loads(CREDENTIALS[:4] * 3, 1), False),
    ("load_credential_libraries", loads(CREDENTIALS, 1, "C:\\Windows\\System32\\lsass.exe"), False),
    ("print_module_refused", [DRIVER, refusal(60)], True),
    ("print_module_refused", [DRIVER, refusal(300)], False),
    ("open_packet_socket", [audit(0, 7, SOCKET), audit(1, 7, FILTER)], True),
    ("open_packet_socket", [audit(0, 7, SOCKET), audit(1, 8, FILTER)], False),
    ("open_packet_socket", [audit(0, 7, SOCKET), audit(90, 7, FILTER)], False),
    (
        "router_guest_shell_in_and_out",
        commands((1, "guestshell enable"), (20, "guestshell destroy")),
        True,
    ),
    (
        "router_guest_shell_in_and_out",
        commands((1, "guestshell destroy"), (20, "guestshell enable")),
        False,
    ),
    ("router_hops", hops(2), True),
    ("router_hops", hops(5), False),
]


@pytest.mark.parametrize(("stem", "lines", "fires"), CORRELATED)
def test_a_correlation_fires_on_its_events_and_not_on_near_misses(
    stem: str, lines: list[str], fires: bool, tmp_path: Path
) -> None:
    (tmp_path / "evidence.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    [path] = RULES.rglob(f"{stem}.yml")
    out = tmp_path / "out.jsonl"
    run(["hunt", str(tmp_path / "evidence.log"), "--rules", str(path), "--no-own", "--quiet",
         "--output", str(out), "--fail-level", "never"])  # fmt: skip
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    ids = {each.meta.id for each in LOADED.correlations}
    hits = [each for each in found if each["kind"] == "finding" and each["rules"][0]["id"] in ids]
    assert bool(hits) is fires


def test_tags_of_other_frameworks_stand_beside_and_change_nothing() -> None:
    for rule in (*LOADED.rules, *LOADED.correlations):
        tags = rule.meta.tags
        ours = [tag for tag in tags if tag.startswith("attack.")]
        assert {tag.partition(".")[0] for tag in tags} <= {"attack", "fight", "motif"}
        assert classify(tags) == classify(ours) != "other"


def test_every_new_rule_says_what_defeats_it() -> None:
    silent = {rule.meta.id for rule in (*LOADED.rules, *LOADED.correlations) if rule.silent}
    metas = [rule.meta for rule in (*LOADED.rules, *LOADED.correlations)]
    said = [meta for meta in metas if "Defeated by: " in meta.description]
    assert len(said) >= 0.9 * (len(metas) - len(silent))
