"""What is odd about a host where no process shows it: what one view has and another has not."""

from typing import Final

from sidelight.host import libraries
from sidelight.host.process import File, Mark

_VIEWS: Final = {
    "mount": "something is mounted over its folder in /proc",
    "getsid": "the kernel knows it and the list of /proc has it not",
    "empty": "the list of /proc has it and its folder there is empty",
}


def hidden_mark(pid: int, view: str) -> Mark:
    """Judge a process that only some views of a host show."""
    text = _VIEWS.get(view, "not every view of the host has it")
    return Mark("hidden-process", 60, f"process {pid} is hidden: {text}")


def preload_mark(file: File) -> Mark:
    """Judge a library that /etc/ld.so.preload has loaded into every program."""
    reason = f"/etc/ld.so.preload has {file.path} loaded into every program"
    mark = libraries.preload_mark(reason, file.path, file)
    points = mark.points + 15 if mark.points else 0
    doubt = mark.doubt
    if file.now == "none":
        doubt = "no file is there: the loader says so at every start and goes on"
    return Mark("preload-everywhere", points, mark.reason, doubt, mark.files)


def packet_mark(space: str) -> Mark:
    """Judge a packet socket that no process holds which could be seen."""
    reason = f"a packet socket of the network namespace {space or 'of the host'} has no holder"
    doubt = "it may belong to a process of another namespace, or to one that may not be read"
    return Mark("packet-socket-without-holder", 15, reason, doubt)
