"""The intrusion: its scenes, in order, and how they are put on.

It follows what has been said in public of the espionage against Asian operators that became known
in June 2024; each scene names the text that describes its behaviour. Hosts, people, addresses and
the files without a public name are invented.
"""

import random
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from sidelight.training.range import clock, foothold, movement, spread
from sidelight.training.range.clock import DAY, HOUR
from sidelight.training.range.desk import Desk
from sidelight.training.range.linux import Server
from sidelight.training.range.stage import Stage
from sidelight.values import dataclass

TELECOMS: Final = "https://www.security.com/threat-intelligence/telecoms-espionage-asia"
ATTACK: Final = "https://attack.mitre.org/techniques/"

Play: TypeAlias = Callable[[Stage, int], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """One step of the intrusion.

    Args:
        host: where it mainly shows.
        day: of a five-day story, counted from 0.
        hour: of that day, by the operator's clocks.
    """

    name: str
    technique: str
    host: str
    day: int
    hour: float
    description: str
    play: Play
    behaviour: str = TELECOMS


SCENES: Final = (
    Scene(
        "Tools arrive", "T1036.005", "BILL-WS01", 0, 10.3,
        "A player under an updater's name, a library and two encrypted files appear in one folder.",
        foothold.drop_player,
    ),
    Scene(
        "Player loads the planted library", "T1574.001", "BILL-WS01", 0, 10.4,
        "The renamed, signed player loads the unsigned library that lies beside it.",
        foothold.run_player,
    ),
    Scene(
        "Payload runs in another program's memory", "T1055.002", "BILL-WS01", 0, 10.42,
        "Code without a file opens a fresh Windows program and starts a thread in it.",
        foothold.inject_payload,
    ),
    Scene(
        "Control channel", "T1071.001", "BILL-WS01", 0, 10.5,
        "The program that was injected into talks to a server outside.", foothold.call_home,
    ),
    Scene(
        "Run key", "T1547.001", "BILL-WS01", 0, 10.6,
        "The renamed player is to start at every logon.", foothold.stay,
    ),
    Scene(
        "Keys are recorded", "T1056.001", "BILL-WS01", 0, 14.0,
        "A keylogger hooks the desktop and writes a file every few minutes.", foothold.record_keys,
    ),
    Scene(
        "Looking around", "T1087.002", "BILL-WS01", 1, 11.1,
        "The injected program starts shells that list accounts and the network.",
        foothold.look_around,
    ),
    Scene(
        "Names are answered falsely", "T1557.001", "BILL-WS01", 1, 13.2,
        "A tool listens for link-local name queries; two hosts authenticate to it.",
        spread.poison_names,
    ),
    Scene(
        "Passwords are sprayed", "T1110.003", "DC01", 1, 20.1,
        "One password is tried against many accounts from one desk.", spread.spray,
        ATTACK + "T1110/003/",
    ),
    Scene(
        "Ports are scanned", "T1046", "BILL-WS01", 2, 1.2,
        "One program connects to many ports of three servers within minutes.", spread.scan_ports,
    ),
    Scene(
        "Files are put on a second desk", "T1021.002", "NOC-WS01", 2, 11.0,
        "A file share is used to place a security product's program and a library beside it.",
        spread.copy_to_desk,
    ),
    Scene(
        "Security product loads the planted library", "T1574.001", "NOC-WS01", 2, 11.1,
        "A service starts the genuine program, which loads the unsigned library beside it.",
        spread.run_product,
    ),
    Scene(
        "Payload runs in a Windows program", "T1055", "NOC-WS01", 2, 11.12,
        "The program with the library injects into a Windows program, which talks outside.",
        spread.inject_second,
    ),
    Scene(
        "Remote desktop is switched on", "T1112", "JUMP01", 3, 10.0,
        "A registry value and a firewall rule let remote desktop in.", movement.open_desktop,
    ),
    Scene(
        "Remote desktop to the jump host", "T1021.001", "JUMP01", 3, 10.1,
        "An administrator's account logs on from a desk that it never used.", movement.hop_in,
    ),
    Scene(
        "Registry hives are saved", "T1003.002", "JUMP01", 3, 10.3,
        "The hives that hold credentials are saved to files.", movement.save_hives,
    ),
    Scene(
        "Memory of the credential store is dumped", "T1003.001", "JUMP01", 3, 10.4,
        "A Windows library is misused to dump LSASS, which code without a file reads as well.",
        movement.dump_lsass, ATTACK + "T1003/001/",
    ),
    Scene(
        "A 32-bit back door runs", "T1574.001", "JUMP01", 3, 10.6,
        "A 32-bit program loads a 32-bit library beside it and talks outside.", movement.run_wow64,
    ),
    Scene(
        "Secure shell to the mediation server", "T1021.004", "med01", 4, 1.5,
        "The mediation account logs in by password from the jump host at night.",
        movement.reach_mediation, ATTACK + "T1021/004/",
    ),
    Scene(
        "Call records are staged", "T1074.001", "med01", 4, 1.6,
        "A tool runs from shared memory; call records are packed there.", movement.stage_records,
        ATTACK + "T1074/001/",
    ),
)  # fmt: skip


def moment(scene: Scene, start: int, days: int) -> int:
    """Give the time of *scene* in a range of *days*, which the story is stretched over."""
    into = round(scene.hour * HOUR) - clock.ZONE * HOUR
    if days < 5:
        return start + (scene.day * DAY + round(scene.hour * HOUR)) * days // 5
    return start + max(0, scene.day * (days // 5) * DAY + into)


def perform(
    desks: Mapping[str, Desk], server: Server, start: int, days: int, rng: random.Random
) -> None:
    """Let the whole intrusion happen on the hosts, before or among their background."""
    stage = Stage(desks, server, rng)
    for scene in SCENES:
        for desk in desks.values():
            desk.machine.step = scene.name
        server.step = scene.name
        scene.play(stage, moment(scene, start, days))
    for desk in desks.values():
        desk.machine.step = ""
    server.step = ""
