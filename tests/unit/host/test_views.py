"""What only some views of a host show."""

from sidelight.host.process import File
from sidelight.host.views import hidden_mark, packet_mark, preload_mark


def test_a_library_for_every_program_weighs_by_its_place_and_owner() -> None:
    assert preload_mark(File("/tmp/a.so", "same", "")).points == 65
    assert preload_mark(File("/usr/lib/a.so", "same", "")).points == 45
    assert preload_mark(File("/usr/lib/a.so", "same", "jemalloc")).points == 0


def test_hidden_processes_are_high_and_sockets_without_holder_are_a_remark() -> None:
    assert hidden_mark(7, "mount").points == 60
    assert hidden_mark(7, "new").reason
    assert packet_mark("net:[1]").points == 15
