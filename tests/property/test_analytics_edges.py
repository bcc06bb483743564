"""Analytics at the edges: unknown times, cuts, hostile sizes, ordinary software."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

import numpy as np
import pyarrow as pa
import pytest

from sidelight.analytics import MEDIUM, estate
from sidelight.analytics.aftermath import follow
from sidelight.analytics.conclude import Concluded, Facts, conclude_facts, suspicions_of
from sidelight.analytics.estate import Estate
from sidelight.analytics.excerpt import unite_facts
from sidelight.analytics.lateral import link
from sidelight.analytics.paths import Zone, place_of
from sidelight.analytics.scan import facts_of
from sidelight.analytics.story import Story, tell
from sidelight.analytics.suspicion import Cited, Reason, Suspicion
from sidelight.findings.conclude import Limits, RuleInfo
from sidelight.findings.facts import CONNECTS, FACTS, LOADS, SIGNALS, WRITES
from sidelight.findings.finding import RuleRef
from sidelight.findings.hits import HITS, PROCESSES, union
from sidelight.findings.shelf import Shelf
from sidelight.schema import NO_TIME, Frame, Kind, encode

SECOND: Final = 1_000_000_000
SYSMON: Final = "Microsoft-Windows-Sysmon/Operational"
GUID: Final = "11111111-2222-3333-4444-{:012d}"
ORDINARY: Final = {
    "host": "H1",
    "process": GUID.format(1),
    "source": "a.evtx",
    "channel": SYSMON,
    "record": 1,
    "time": 100 * SECOND,
}
VLC: Final = r"C:\Users\ann\AppData\Roaming\v\vlc.exe"


def table(schema: pa.Schema, *rows: Mapping[str, object]) -> pa.Table:
    """Build a table of facts, united; what a row does not say is ordinary."""

    def cell(row: Mapping[str, object], field: "pa.Field[pa.DataType]") -> object:
        number = pa.types.is_integer(field.type)
        return row.get(field.name, ORDINARY.get(field.name, 0 if number else ""))

    columns = [pa.array([cell(row, each) for row in rows], each.type) for each in schema]
    return union(pa.table(columns, schema=schema))


def facts(**tables: pa.Table) -> Facts:
    """Complete facts."""
    return Facts(**{name: tables.get(name, schema.empty_table()) for name, schema in FACTS.items()})


def load(library: str, image: str = VLC, **others: object) -> dict[str, object]:
    """Spell an unsigned load."""
    return {"library": library, "image": image, "signed": "false", **others}


def conclude(known: Facts, hits: pa.Table | None = None, **rules: RuleInfo) -> Concluded:
    """Draw findings without process starts."""
    some = HITS.empty_table() if hits is None else hits
    return conclude_facts(known, some, Shelf.of([]), [], rules, Limits())


def frame(kind: Kind, *rows: Mapping[str, str | int | None]) -> Frame:
    """Build a frame; ``time`` and ``record`` of a row are its own, the rest are fields."""
    names = dict.fromkeys(name for row in rows for name in row if name not in ("time", "record"))
    size = len(rows)

    def text(row: Mapping[str, str | int | None], name: str) -> str | None:
        value = row.get(name)
        return None if value is None else str(value)

    return Frame(
        kind=kind,
        sources=("a.evtx",),
        source=np.zeros(size, np.int32),
        record=np.array([row.get("record", n) for n, row in enumerate(rows)], np.int64),
        time=np.array([row.get("time", n * SECOND) for n, row in enumerate(rows)], np.int64),
        host=encode(["H1"] * size),
        columns={name: encode([text(row, name) for row in rows]) for name in names},
        detail=lambda _: [],
    )


def scanned(name: str, *frames: Frame) -> pa.Table:
    """Unite the facts of frames that were scanned one by one."""
    return union(FACTS[name].empty_table(), *(facts_of([each])[name] for each in frames))


def suspicion(
    host: str, *rows: Cited, points: int = 50, origins: tuple[str, ...] = (), analytic: str = ""
) -> Suspicion:
    """Build a suspicion of a library."""
    return Suspicion(
        analytic=analytic or "sideload.load",
        cls="sideload",
        title="t",
        host=host,
        actors=tuple(dict.fromkeys(row.process for row in rows if row.process)),
        things=(),
        reasons=(Reason(points, "why", rows),),
        image=r"c:\program files\v\app.exe",
        origins=origins,
    )


def cited(time: int, process: str = "", image: str = r"C:\Program Files\V\app.exe") -> Cited:
    """Cite an event."""
    return Cited("a.evtx", time % 1_000_003, SYSMON, "7", time, process, image, ())


def test_a_severe_rule_is_not_swallowed_by_a_mild_story() -> None:
    """A story that takes over the hit of a critical rule is critical."""
    mild = facts(loads=table(LOADS, load(VLC.replace("vlc.exe", "x.dll"), record=1)))
    assert {finding.level for finding in conclude(mild).findings} == {"low"}
    rule = RuleInfo(RuleRef("r", "Severe", "critical"), ("attack.t1574.001",))
    hits = table(HITS, {"rule": "r", "image": VLC, "record": 2})
    found = conclude(mild, hits, r=rule)
    assert found.told == (0,)
    (finding,) = found.findings
    assert finding.level == "critical"
    assert sum(weight.points for weight in finding.weights) == finding.score


def test_a_packaged_app_makes_no_library_one_of_windows() -> None:
    """What a store app ships does not belong in System32."""
    store = r"C:\Program Files\WindowsApps\Chat_1\ffmpeg.dll"
    rows = [
        load(store, r"C:\Program Files\WindowsApps\Chat_1\chat.exe", signed="true", signer="Chat"),
        load(
            r"C:\Windows\System32\vulkan-1.dll",
            signed="true",
            signer="Microsoft Windows Hardware Compatibility Publisher",
        ),
        load(r"C:\Windows\System32\version.dll", signed="true", signer="Microsoft Windows"),
        load(VLC.replace("vlc.exe", "ffmpeg.dll")),
        load(VLC.replace("vlc.exe", "vulkan-1.dll")),
    ]
    found = suspicions_of(facts(loads=table(LOADS, *rows)), [])
    assert not [each for one in found for each in one.reasons if "belongs in" in each.text]
    assert Estate.of(table(LOADS, *rows), WRITES.empty_table()).homes == {"version.dll"}


def test_steps_join_stories_whichever_host_comes_first() -> None:
    """Neither the order of names nor the number of steps cuts a chain of hosts."""
    connects = table(CONNECTS, *({"host": f"H{n}", "local": f"10.0.0.{n}"} for n in range(4)))
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)):
        steps = [
            suspicion(f"H{at}", cited((at + 1) * SECOND), origins=(f"::ffff:10.0.0.{at - 1}",))
            for at in order
        ]
        chain = link([Story((step,), ()) for step in steps], connects)
        assert len(set(chain.joined)) == 1, order


def test_many_files_from_one_host_are_followed_in_time() -> None:
    """The search for the story a file came from is not made for each pair."""
    connects = table(CONNECTS, {"host": "H0", "local": "10.0.0.1"})
    sent = [Story((suspicion("H0", cited(n * SECOND)),), ()) for n in range(1, 4_000)]
    got = [
        Story((suspicion("H9", cited(n * SECOND + 1), origins=("10.0.0.1",)),), ())
        for n in range(1, 4_000)
    ]
    chain = link([*sent, *got], connects)
    assert chain.joined[len(sent) :] == tuple(range(len(sent)))


def test_a_time_that_is_unknown_is_neither_before_nor_after() -> None:
    """No sentence of an order of events rests on an event without a time."""
    library = VLC.replace("vlc.exe", "x.dll")
    for written, loaded in ((NO_TIME, NO_TIME), (NO_TIME, 5), (5, NO_TIME)):
        known = facts(
            loads=table(LOADS, load(library, time=loaded)),
            writes=table(WRITES, {"target": library, "via": "file", "time": written}),
        )
        texts = [each.text for one in suspicions_of(known, []) for each in one.reasons]
        assert texts
        assert not [text for text in texts if "before it was loaded" in text]
    lead = suspicion("H1", cited(NO_TIME, GUID.format(1)))
    calls = table(CONNECTS, {"remote": "203.0.113.9", "port": "443", "time": 9})
    assert not list(follow([lead], calls, []))


def test_the_beat_of_a_protected_program_is_not_that_of_the_sampling() -> None:
    """Calls each minute are told as such, however the evidence is cut; and no count is too low."""
    image = r"C:\Program Files\V\app.exe"
    rows = [
        {
            "Image": image,
            "ProcessGuid": GUID.format(1),
            "DestinationIp": "203.0.113.9",
            "DestinationPort": "443",
            "time": 60 * SECOND * n,
        }
        for n in range(600)
    ]
    numbered = [{**row, "record": n} for n, row in enumerate(rows)]
    kind = Kind("windows", SYSMON, "3")
    lead = suspicion("H1", cited(0, GUID.format(1)))
    said = set()
    for step in (600, 37, 1):
        cuts = [frame(kind, *numbered[at : at + step]) for at in range(0, 600, step)]
        (one,) = follow([lead], scanned("connects", *cuts), [])
        said.add(tuple(each.text for each in one.reasons))
    ((_, beat),) = said
    assert "every 60 seconds" in beat
    assert "at least" in beat


def test_a_thread_whose_start_is_not_described_is_unknown() -> None:
    """Only where the event has the module, and it is none, does a thread start nowhere."""
    kind = Kind("windows", "", "", "create_remote_thread")
    bare = {"SourceImage": r"C:\a.exe", "TargetImage": r"C:\b.exe", "StartAddress": "0x1A0000"}
    assert not scanned("signals", frame(kind, bare)).num_rows
    for module in ("", "-"):
        assert scanned("signals", frame(kind, {**bare, "StartModule": module})).num_rows == 1


def test_what_a_process_wrote_beside_does_not_depend_on_cuts() -> None:
    """A blob is found though a plain file was written first, in whatever frame."""
    kind = Kind("windows", SYSMON, "11")
    folder = VLC.replace("vlc.exe", "")
    rows: list[dict[str, str | int | None]] = [
        {"ProcessGuid": GUID.format(1), "TargetFilename": folder + name, "time": n, "record": n}
        for n, name in enumerate(("a.txt", "b.dat", "c.bin", "x.dll"))
    ]
    loads = table(LOADS, load(folder + "x.dll"))
    said = set()
    for cuts in ([frame(kind, *rows)], [frame(kind, row) for row in rows]):
        (one,) = suspicions_of(facts(loads=loads, writes=scanned("writes", *cuts)), [])
        said.add(tuple(each for each in one.reasons))
    ((*reasons,),) = said
    assert any("b.dat" in each.text for each in reasons)


def test_loads_that_are_sampled_do_not_depend_on_cuts() -> None:
    """The same processes are suspected however the evidence is cut, and all of them."""
    kind = Kind("windows", SYSMON, "7")
    rows: list[dict[str, str | int | None]] = [
        {
            "ProcessGuid": GUID.format(n),
            "Image": r"C:\Windows\System32\notepad.exe",
            "ImageLoaded": r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
            "Signed": "true",
            "Signature": "Microsoft Corporation",
            "SignatureStatus": status,
            "time": n,
            "record": n,
        }
        for n, status in enumerate(("Valid", "Valid", "Valid", "Expired", "Expired"), 1)
    ]
    said = set()
    for step in (5, 2, 1):
        cuts = [frame(kind, *rows[at : at + step]) for at in range(0, 5, step)]
        said.add(suspicions_of(facts(loads=scanned("loads", *cuts)), []))
    (found,) = said
    assert {actor for one in found for actor in one.actors} == {GUID.format(n) for n in range(1, 6)}


def start(key: int, parent: int, image: str, **others: object) -> dict[str, object]:
    """Spell a start of a process."""
    keys = {"key": GUID.format(key), "parent_key": GUID.format(parent)}
    return {"pid": key, "ended": False, "image": image, **keys, **others}


def test_a_start_that_two_copies_tell_is_one_start() -> None:
    """Evidence that is left out as a copy is not cited."""
    lead = suspicion("H1", cited(1, GUID.format(1)))
    shell = r"C:\Windows\System32\cmd.exe"
    rows = [start(2, 1, shell, source=source, time=9) for source in ("a.evtx", "b.evtx")]
    once = list(follow([lead], CONNECTS.empty_table(), [table(PROCESSES, rows[0])]))
    both = [table(PROCESSES, row) for row in reversed(rows)]
    assert list(follow([lead], CONNECTS.empty_table(), both)) == once


def test_what_everything_descends_from_joins_no_stories() -> None:
    """Two programs that one desktop started are two stories, though it is suspected itself."""
    desktop = r"C:\Windows\explorer.exe"
    starts = [start(1, 99, desktop), start(2, 1, r"C:\a\a.exe"), start(3, 1, r"C:\b\b.exe")]
    some = [
        suspicion("H1", cited(100 * SECOND + n, GUID.format(n), row["image"]))
        for n, row in enumerate(starts, 1)
    ]
    assert len(tell(some, HITS.empty_table(), [table(PROCESSES, *starts)])) == 3
    shell = [start(1, 99, r"C:\c\c.exe"), *starts[1:]]
    assert len(tell(some, HITS.empty_table(), [table(PROCESSES, *shell)])) == 1


def test_a_common_name_is_no_library_of_another_vendor() -> None:
    """A library called like one of a known pair says something only beside that program."""
    folder = r"C:\Users\ann\AppData\Roaming\in-house" + "\\"

    def said(program: str, **own: object) -> list[str]:
        image = folder + program
        rows = [load(folder + "log.dll", image), load(image, image, **own)]
        found = suspicions_of(facts(loads=table(LOADS, *rows)), [])
        return [each.text for one in found for each in one.reasons if "should be" in each.text]

    assert not said("tool.exe", original="tool.exe")
    assert not said("tool.exe", signed="true", signer="Example Ltd")
    assert said("bdreinit.exe", original="bdreinit.exe")
    assert said("tool.exe", original="BDReinit.exe")


def test_events_of_the_system_log_are_no_powershell() -> None:
    """An event id means what it means in its own log."""
    assert not scanned("signals", frame(Kind("windows", "System", "400"), {"Data": CODE})).num_rows
    shell = Kind("windows", "Windows PowerShell", "400")
    assert scanned("signals", frame(shell, {"Data": CODE})).num_rows


CODE: Final = (
    "[Runtime.InteropServices.Marshal]::GetDelegateForFunctionPointer($a, $b) VirtualAlloc"
)


def signals(count: int, **others: object) -> pa.Table:
    """Spell many signals of one program."""
    lead = {"signal": "memory.script", "points": 50, "said": "S.", "fields": "{}", "image": VLC}
    rows: Sequence[dict[str, object]] = [
        {**lead, **others, "record": n, "time": n, "process": GUID.format(n % 50)}
        for n in range(count)
    ]
    return table(SIGNALS, *rows)


def test_repeated_signals_are_counted_in_one_suspicion() -> None:
    """More than twenty processes of one program are one suspicion, with its number of events."""
    (one,) = suspicions_of(facts(signals=signals(500)), [])
    assert "500 such events" in one.reasons[0].text
    assert len(one.actors) == 50


def test_hits_join_the_story_of_whom_they_descend_from() -> None:
    """By GUID and by PID, seen or not; another process with that PID has no part in it."""
    starts = [start(1, 99, VLC), start(2, 1, r"C:\b\b.exe"), start(7, 99, r"C:\d\d.exe")]
    starts = [{**row, "time": 90 * SECOND} for row in starts]
    lead = suspicion("H1", cited(100 * SECOND, "pid:1", VLC), cited(100 * SECOND, "pid:5", VLC))
    hits = table(
        HITS,
        *(
            {"record": n, "process": process, "image": image, "time": time * SECOND}
            for n, (process, image, time) in enumerate(
                [
                    (GUID.format(1), VLC, 100),
                    ("pid:1", VLC, 105),
                    (GUID.format(2), r"C:\b\b.exe", 106),
                    ("pid:2", r"C:\b\b.exe", 107),
                    ("pid:5", VLC.upper(), 500),
                    ("pid:5", VLC, 9_000),
                    ("pid:5", r"C:\e\e.exe", 100),
                    ("pid:7", r"C:\d\d.exe", 100),
                    (GUID.format(8), r"C:\f\f.exe", 100),
                ]
            )
        ),
    )
    (story,) = tell([lead], hits, [table(PROCESSES, *starts)])
    assert sorted(hits.column("record").to_pylist()[row] for row in story.hits) == [0, 1, 2, 3, 4]


def test_cloned_hosts_share_no_processes() -> None:
    """A GUID that two hosts have is two processes."""
    rows = [start(1, 99, VLC, host=host, time=9) for host in ("H1", "H2")]
    some = [
        suspicion(host, cited(n, GUID.format(1), VLC)) for n, host in enumerate(("H1", "H2", "H3"))
    ]
    assert len(tell(some, HITS.empty_table(), [table(PROCESSES, *rows[:1])])) == 3


def test_thinned_loads_are_judged_as_all_are() -> None:
    """Whatever is left out as alike, and in whatever pieces, every suspicion is the same."""
    draw = Random(7)
    folder = VLC.replace("vlc.exe", "")
    rows = [
        load(
            folder + draw.choice(("x.dll", "X.DLL", "version.dll")),
            draw.choice((VLC, folder + "b.exe")),
            host=draw.choice(("H1", "h1", "H2")),
            signed=draw.choice(("true", "false", "False")),
            time=draw.choice((NO_TIME, draw.randrange(900))),
            process=GUID.format(draw.randrange(40)),
            record=n,
        )
        for n in range(1_500)
    ]
    pieces = [table(LOADS, *rows[at : at + 100]) for at in range(0, 1_500, 100)]
    whole = union(*pieces)
    thin = unite_facts("loads", pieces, room=300)
    assert thin.num_rows < whole.num_rows
    known = suspicions_of(facts(loads=whole), [])
    assert known
    assert suspicions_of(facts(loads=thin), []) == known
    assert suspicions_of(facts(loads=unite_facts("loads", reversed(pieces), room=1)), []) == known


FOLDERS: Final = (
    VLC.replace("vlc.exe", ""),
    "C:\\Windows\\System32\\",
    "C:\\Windows\\WinSxS\\q\\",
    "C:\\Program Files\\V\\",
    "C:\\Windows \\System32\\",
    "C:\\Windows\\addins\\",
)
FILES: Final = ("x.dll", "version.dll", "libvlc.dll", "q.ocx", "wlanhlp.dll", "vlc.exe", "d.bin")
WRITERS: Final = ("C:\\a\\setup.exe", "C:\\Windows\\System32\\msiexec.exe", "system", VLC, "")


def _written(draw: Random, number: int) -> dict[str, object]:
    return {
        "host": draw.choice(("H1", "h1", "H2")),
        "process": draw.choice(("", "pid:4", *(GUID.format(n) for n in range(9)))),
        "image": draw.choice(WRITERS),
        "time": draw.choice((NO_TIME, draw.randrange(10**12))),
        "target": draw.choice(FOLDERS) + draw.choice(FILES),
        "via": draw.choice(("file", "share")),
        "record": number,
    }


def _loaded(draw: Random, number: int) -> dict[str, object]:
    return load(
        draw.choice(FOLDERS) + draw.choice(FILES[:5]),
        draw.choice(FOLDERS) + "vlc.exe",
        host=draw.choice(("H1", "h2")),
        signed=draw.choice(("true", "false", "")),
        time=draw.choice((NO_TIME, draw.randrange(10**12))),
        record=number,
    )


def test_writes_that_are_left_out_change_no_judgement(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every write looked at, the suspicions are the same."""
    draw = Random(11)
    runs = [
        facts(
            loads=table(LOADS, *(_loaded(draw, n) for n in range(40))),
            writes=table(WRITES, *(_written(draw, n) for n in range(40))),
        )
        for _ in range(30)
    ]
    sieved = [suspicions_of(each, []) for each in runs]
    looked_at = [len(Estate.of(each.loads, each.writes).writes) for each in runs]
    monkeypatch.setattr(estate, "sieve_writes", lambda writes, *_: np.arange(writes.num_rows))
    assert max(looked_at) < 40
    assert [suspicions_of(each, []) for each in runs] == sieved


SIGNED: Final = {"signed": "true", "status": "Valid"}
LOCAL: Final = "C:\\Users\\ann\\AppData\\Local\\"
NATIVE: Final = {
    "a JNI library of a server's Java": (
        "C:\\Program Files\\Java\\bin\\java.exe",
        LOCAL + "Temp\\jna-1\\jna2.dll",
        {"signer": "Oracle America, Inc."},
    ),
    "a module of Python, alone in its folder": (
        LOCAL + "Programs\\Python\\Python311\\python.exe",
        LOCAL + "Programs\\Python\\Python311\\Lib\\site-packages\\_cffi_backend.pyd",
        {"signer": "Python Software Foundation", "original": "python.exe"},
    ),
    "a native module of an Electron app": (
        LOCAL + "chat\\app-1.0\\chat.exe",
        LOCAL + "chat\\app-1.0\\resources\\app.asar.unpacked\\keytar.node",
        {"signer": "Chat Ltd", "original": "chat.exe"},
    ),
}


@pytest.mark.parametrize("name", NATIVE)
def test_modules_of_interpreters_are_no_medium_finding(name: str) -> None:
    """What asks for its modules by path is not made to load them."""
    image, library, own = NATIVE[name]
    rows = [
        load(library, image, original="-", company="-"),
        load(image, image, **{**SIGNED, **own}),
    ]
    found = suspicions_of(facts(loads=table(LOADS, *rows)), [])
    assert max((one.points for one in found), default=0) < MEDIUM


def test_an_unsigned_installer_of_its_own_libraries_is_no_medium_finding() -> None:
    """It unpacks a program, a library and data, and none of them is signed."""
    folder = LOCAL + "Temp\\in-house\\"
    image, library = folder + "setup.exe", folder + "core.dll"
    wrote = [{"target": folder + each, "time": 1} for each in ("setup.exe", "core.dll", "data.cab")]
    known = facts(
        loads=table(LOADS, load(library, image, company="We"), load(image, image, company="We")),
        writes=table(WRITES, *wrote),
    )
    assert max((one.points for one in suspicions_of(known, [])), default=0) < MEDIUM


@pytest.mark.parametrize("folder", ["C:\\ProgramData\\is-it\\", "C:\\Users\\ann\\nsm\\"])
def test_a_folder_named_like_an_unpacker_excuses_nothing(folder: str) -> None:
    """Only where programs unpack themselves does such a name mean so."""
    rows = [load(folder + "version.dll", folder + "a.exe")]
    (one,) = suspicions_of(facts(loads=table(LOADS, *rows)), [])
    assert not [each for each in one.reasons if "unpacks itself" in each.text]
    packed = LOCAL + "Temp\\is-A1B2C.tmp\\"
    (one,) = suspicions_of(
        facts(loads=table(LOADS, load(packed + "version.dll", packed + "a.exe"))), []
    )
    assert [each for each in one.reasons if "unpacks itself" in each.text]


def test_a_mail_server_that_embeds_powershell_is_no_medium_finding() -> None:
    """Exchange runs its own commands in w3wp.exe; elsewhere below Windows the engine is odd."""

    def points(image: str) -> int:
        engine = "C:\\Windows\\assembly\\NativeImages_v4\\x\\System.Management.Automation.ni.dll"
        found = suspicions_of(facts(loads=table(LOADS, load(engine, image, **SIGNED))), [])
        return max((one.points for one in found if one.analytic.startswith("memory")), default=0)

    assert 0 < points("C:\\Windows\\System32\\inetsrv\\w3wp.exe") < MEDIUM
    assert points("C:\\Windows\\explorer.exe") >= MEDIUM
    assert points(LOCAL + "w3wp.exe") >= MEDIUM


def test_no_program_is_said_to_be_signed_of_which_nothing_is_known() -> None:
    """Where only the neighbours are signed, they are named."""
    folder = VLC.replace("vlc.exe", "")
    others = [load(f"{folder}{n}.dll", signer="Vendor", **SIGNED) for n in range(3)]
    (one,) = suspicions_of(facts(loads=table(LOADS, load(folder + "x.dll"), *others)), [])
    said = [each.text for each in one.reasons if "'Vendor'" in each.text]
    assert said
    assert not [text for text in said if "vlc.exe" in text]


def test_a_driver_that_an_unpacked_installer_brings_is_no_medium_finding() -> None:
    """By hand, or under a name of Windows, it is one; and nobody writes it nameless."""
    library = "C:\\Windows\\System32\\printmon.dll"

    def points(image: str, target: str = library) -> int:
        rows = table(WRITES, {"target": target, "image": image, "via": "file"})
        found = suspicions_of(facts(writes=rows), [])
        return max((one.points for one in found), default=0)

    assert 0 < points(LOCAL + "Temp\\pr1\\x64.exe") < MEDIUM
    assert points("C:\\Windows\\System32\\cmd.exe") >= MEDIUM
    assert points(LOCAL + "Temp\\pr1\\x64.exe", "C:\\Windows\\System32\\version.dll") >= MEDIUM
    nameless = {"target": "C:\\Windows\\System32\\wlanhlp.dll", "via": "file"}
    (one,) = suspicions_of(facts(writes=table(WRITES, nameless)), [])
    assert "by someone" in one.reasons[0].text


def test_a_short_name_is_the_folder_it_is_short_for() -> None:
    """Old programs name Program Files by its short name; nobody else may write there."""
    for name in ("C:\\PROGRA~1\\V\\a.dll", "c:\\progra~2\\V\\a.dll"):
        assert place_of(name).zone is Zone.PROGRAMS
    assert place_of("D:\\PROGRA~1\\V\\a.dll").zone is Zone.DATA


def test_long_paths_are_not_remembered() -> None:
    """A hostile path costs memory only while it is looked at."""
    path = "C:\\" + "x" * 30_000 + "\\a.dll"
    assert place_of(path) is not place_of(path)
    assert place_of(path) == place_of(path)


def test_starts_elsewhere_are_no_loads() -> None:
    """A host without Windows leaves no facts about signatures."""
    row: dict[str, str | int | None] = {"Image": "/usr/bin/id", "CommandLine": "id"}
    assert not scanned(
        "loads", frame(Kind("linux", "auditd", "", "process_creation"), row)
    ).num_rows


def test_a_story_lists_no_more_events_than_it_may() -> None:
    """Of many hits all are told of and counted, and some are shown, with every rule of theirs."""
    mild = facts(loads=table(LOADS, load(VLC.replace("vlc.exe", "version.dll"))))
    rows = [{"rule": rule, "image": VLC, "record": n} for n in range(300) for rule in "ab"]
    (finding,) = conclude(mild, table(HITS, *rows)).findings
    assert finding.count == 300
    assert len(finding.evidence) == Limits().evidence
    assert all(set(each.rules) >= {"a", "b"} for each in finding.evidence)


def test_a_firing_of_a_correlation_loses_no_event_to_a_story() -> None:
    """It spans processes; a story may speak of it and takes nothing from it."""
    mild = facts(loads=table(LOADS, load(VLC.replace("vlc.exe", "version.dll"))))
    rows = [
        {"rule": "c", "image": VLC, "record": n, "process": GUID.format(n), "window": "[]@1"}
        for n in (1, 2)
    ]
    rule = RuleInfo(RuleRef("c", "Spray", "medium"), ("attack.t1574.001",))
    found = conclude(mild, table(HITS, *rows), c=rule)
    assert found.told == ()
    assert any("Spray" in each.text for each in found.findings[0].weights)
