"""Folders and names."""

import pytest

from sidelight.host.places import (
    Place,
    claimed_kernel_thread,
    is_hidden,
    is_trusted,
    place_of,
    shadows,
)
from sidelight.host.process import File


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/dev/shm/a", "memory"),
        ("/dev/.a", "memory"),
        ("/tmp/a", "open"),
        ("/var/tmp/x/a", "open"),
        ("/run/user/1000/a", "open"),
        ("/tmpfiles/a", "other"),
        ("/usr/bin/a", "other"),
    ],
)
def test_places(path: str, place: Place) -> None:
    assert place_of(path) == place


def test_a_folder_where_everybody_may_write_is_open_whatever_its_name() -> None:
    assert place_of("/srv/a", File("/srv/a", folder_mode=0o40777)) == "open"
    assert place_of("/srv/a", File("/srv/a", folder_mode=0o40755)) == "other"


def test_trust_is_in_owners_and_where_these_are_not_known_in_folders() -> None:
    assert is_trusted(File("/opt/a", owner="a"), "/opt/a")
    assert not is_trusted(File("/usr/bin/a", owner=""), "/usr/bin/a")
    assert is_trusted(None, "/usr/bin/a")
    assert not is_trusted(None, "/home/a")
    assert not is_trusted(File("/opt/a", folder_mode=0o40777), "/opt/a")


@pytest.mark.parametrize(
    "name", ["[kworker/0:1-events]", "[rcu_sched]", "[jbd2/sda1-8]", "kworker/u4:0", "kthreadd"]
)
def test_names_that_only_kernel_threads_have(name: str) -> None:
    assert claimed_kernel_thread(name)


@pytest.mark.parametrize("name", ["[celeryd]", "writeback", "netns", "[kworker/0", "crypto", ""])
def test_names_that_others_may_have(name: str) -> None:
    assert not claimed_kernel_thread(name)


def test_hidden_parts_and_names_of_the_system() -> None:
    assert is_hidden("/tmp/.x/a")
    assert not is_hidden("/tmp/a.b/./c")
    assert shadows("/tmp/libc.so.6")
    assert not shadows("/tmp/libcrafted.so.6")
