"""What is odd about packet sockets: a backdoor that listens so opens no port."""

from collections.abc import Iterator

from sidelight.host.places import INTERPRETERS, SNIFFERS, is_trusted
from sidelight.host.process import Mark, PacketSocket, Process


def socket_marks(process: Process) -> Iterator[Mark]:
    """Judge packet sockets by the program that holds them."""
    if process.packets:
        yield _held(process, process.packets)
    elif process.packets is None:
        yield from _spoken(process)


def _held(process: Process, packets: tuple[PacketSocket, ...]) -> Mark:
    filtered = [packet for packet in packets if packet.constants is not None]
    reason = f"holds {len(packets)} packet sockets, which see traffic before the firewall does"
    if filtered:
        constants = {f"{k:#x}" for packet in filtered for k in packet.constants or ()}
        reason += f"; {len(filtered)} have a filter that looks for {', '.join(sorted(constants))}"
    points = 10 if filtered else 0
    name = process.name
    if INTERPRETERS.fullmatch(name):
        return Mark("packet-socket", 30 + points, f"{reason}, in a script of {name}")
    if not is_trusted(process.exe_file, process.program):
        return Mark("packet-socket", 35 + points, f"{reason}; no package owns the program")
    if name in SNIFFERS:
        return Mark("packet-socket", 0, reason, f"that is the trade of {name}")
    return Mark("packet-socket", 10 + points, reason, "the program is of the system")


def _spoken(process: Process) -> Iterator[Mark]:
    if not process.argv or not INTERPRETERS.fullmatch(process.name):
        return
    if any("AF_PACKET" in word or "PF_PACKET" in word for word in process.argv[1:]):
        reason = f"{process.name} runs code from its arguments that opens a packet socket"
        yield Mark("packet-socket-code", 40, reason, "which sockets it holds is not known")
