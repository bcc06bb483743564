"""The first desk: a renamed player, a planted library, a payload that lives in memory."""

from typing import Final

from sidelight.training.range import programs
from sidelight.training.range.clock import MINUTE, SECOND
from sidelight.training.range.estate import unmarked, vendor, windows
from sidelight.training.range.stage import Stage

FOLDER: Final = "C:\\ProgramData\\MediaSync\\"
PLAYER: Final = vendor(
    FOLDER + "googleupdate.exe", "VLC media player", "VideoLAN", "3.0.11", signer="VideoLAN",
    original="vlc.exe",
)  # fmt: skip
PLANTED: Final = unmarked(FOLDER + "libvlc.dll")
HOST: Final = windows("System32\\winver.exe", "Version Reporter Applet", "WINVER.EXE")
CONTROL: Final = ("cdn-media-sync.example", "203.0.113.66")
ARCHIVER: Final = vendor(
    "C:\\Program Files\\7-Zip\\7zG.exe", "7-Zip GUI", "Igor Pavlov", "23.01"
)  # fmt: skip


def drop_player(stage: Stage, at: int) -> None:
    """Unpack the tools."""
    desk = stage.desks["BILL-WS01"]
    m = desk.machine
    user = desk.user.person.name
    archive = f"C:\\Users\\{user}\\Downloads\\roaming-annex.7z"
    unpack = m.start(
        at, ARCHIVER, f'"{ARCHIVER.path}" x "{archive}" -o"{FOLDER}"', desk.explorer,
        folder=f"C:\\Users\\{user}\\Downloads\\",
    )  # fmt: skip
    for name in ("googleupdate.exe", "libvlc.dll", "update.bin", "session.sig"):
        at += SECOND // 5
        m.write(at, unpack, FOLDER + name)
    m.end(at + SECOND, unpack)


def run_player(stage: Stage, at: int) -> None:
    """Start the player from its new folder."""
    desk = stage.desks["BILL-WS01"]
    m = desk.machine
    player = m.start(at, PLAYER, f'"{PLAYER.path}" /install', desk.explorer, folder=FOLDER)
    m.load(at + 20_000, player, PLAYER)
    at = desk.load(at + 40_000, player, common=6)
    m.load(at + SECOND // 10, player, PLANTED)
    stage.cast["player"] = player


def inject_payload(stage: Stage, at: int) -> None:
    """Start a harmless Windows program and put the payload into it."""
    desk = stage.desks["BILL-WS01"]
    player = stage.cast["player"]
    host = desk.machine.start(at, HOST, "C:\\Windows\\System32\\winver.exe", player, folder=FOLDER)
    stage.inject(desk, at + SECOND, player, host)
    stage.cast["host"] = host


def call_home(stage: Stage, at: int) -> None:
    """Talk to the control server, now and then."""
    m = stage.desks["BILL-WS01"].machine
    host = stage.cast["host"]
    for module in programs.COMMON_DLLS[10:12]:
        m.load(at, host, module)
    for _ in range(6):
        m.resolve(at, host, *CONTROL)
        m.connect(at + 90_000, host, CONTROL[1], 443, name=CONTROL[0])
        at += 10 * MINUTE + stage.rng.randrange(MINUTE)


def stay(stage: Stage, at: int) -> None:
    """Survive a restart."""
    desk = stage.desks["BILL-WS01"]
    value = f"HKU\\{desk.user.sid}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\MediaUpdate"
    desk.machine.set_value(at, stage.cast["player"], value, f"{PLAYER.path} /svc")


def record_keys(stage: Stage, at: int) -> None:
    """Hook the desktop and write down what is typed."""
    desk = stage.desks["BILL-WS01"]
    m = desk.machine
    hook = m.start(
        at, programs.RUNDLL32, f'rundll32.exe "{FOLDER}mswsync.dll",Start', stage.cast["host"],
        folder=FOLDER,
    )  # fmt: skip
    m.write(at - SECOND, stage.cast["host"], FOLDER + "mswsync.dll")
    m.load(at + SECOND, hook, unmarked(FOLDER + "mswsync.dll"))
    for number in range(8):
        at += 5 * MINUTE
        m.write(at, hook, f"{FOLDER}kb{number:03d}.dat")


def look_around(stage: Stage, at: int) -> None:
    """Ask who and where."""
    m = stage.desks["BILL-WS01"].machine
    for command in (
        "whoami /all",
        "ipconfig /all",
        'net group "domain admins" /domain',
        "nltest /dclist:pacific-mobile.example",
        "query user /server:JUMP01",
    ):
        at += stage.rng.randrange(10 * SECOND, MINUTE)
        shell = m.start(
            at, programs.CMD, f"cmd.exe /c {command}", stage.cast["host"], folder=FOLDER
        )
        name = command.partition(" ")[0]
        tool = windows(f"System32\\{name}.exe", f"{name} utility")
        child = m.start(at + 200_000, tool, command, shell, folder=FOLDER)
        m.end(at + SECOND, child)
        m.end(at + SECOND + 9000, shell)
