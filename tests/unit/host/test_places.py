"""Folders and names."""

from dataclasses import replace

import pytest

from sidelight.host.places import (
    UNSEEN,
    Place,
    claimed_kernel_thread,
    doubted,
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


TMP = ((0o40755, 0), (0o41777, 0))
VENV = File("/tmp/v/a", "same", "", 0o100755, uid=0, folders=(*TMP, (0o40755, 0)))
GUARDED = {
    "folders that root alone may write": VENV,
    "a whole path of them": replace(VENV, folders=(*TMP, (0o40700, 0), (0o40555, 0))),
    "a sticky one between": replace(VENV, folders=(*TMP, (0o41777, 0), (0o40755, 0))),
    "one of a group, sticky": replace(VENV, folders=(*TMP, (0o41775, 0), (0o40755, 0))),
}
OPEN = {
    "nothing is known": None,
    "the folders are not known": replace(VENV, folders=None),
    "no folders": replace(VENV, folders=()),
    "right in /tmp": replace(VENV, folders=TMP),
    "its folder is of somebody else": replace(VENV, folders=(*TMP, (0o40755, 1000))),
    "its folder is of a group": replace(VENV, folders=(*TMP, (0o40775, 0))),
    "its folder is everybody's": replace(VENV, folders=(*TMP, (0o40757, 0))),
    "its folder is everybody's and sticky": replace(VENV, folders=(*TMP, (0o41757, 0))),
    "its folder is a link": replace(VENV, folders=(*TMP, (0o120777, 0))),
    "one above is of somebody else": replace(VENV, folders=(*TMP, (0o40755, 9), (0o40755, 0))),
    "one above is of a group": replace(VENV, folders=(*TMP, (0o40775, 0), (0o40755, 0))),
    "/tmp is not sticky": replace(VENV, folders=(TMP[0], (0o40777, 0), (0o40755, 0))),
    "/tmp is of somebody else": replace(VENV, folders=(TMP[0], (0o41777, 1), (0o40755, 0))),
    "the file is of somebody else": replace(VENV, uid=1000),
    "its owner is not known": replace(VENV, uid=None),
    "the file is of a group": replace(VENV, mode=0o100775),
    "the file is everybody's": replace(VENV, mode=0o100757),
    "its permissions are not known": replace(VENV, mode=None),
    "another file is there": replace(VENV, now="other"),
    "it is gone": replace(VENV, now="none"),
}


@pytest.mark.parametrize("name", GUARDED)
def test_below_tmp_what_root_alone_may_write_is_guarded(name: str) -> None:
    assert place_of("/tmp/v/a", GUARDED[name]) == "guarded"
    assert place_of("/srv/v/a", GUARDED[name]) == "other"


@pytest.mark.parametrize("name", OPEN)
def test_below_tmp_all_else_is_open(name: str) -> None:
    """Each one step from what root alone may write."""
    assert place_of("/tmp/v/a", OPEN[name]) == "open"


def test_shared_memory_is_that_whoever_may_write_there() -> None:
    assert place_of("/dev/shm/a", VENV) == "memory"


def test_folders_that_were_not_seen_are_a_doubt() -> None:
    unseen = f"d; {UNSEEN}"
    assert doubted("d", [("/tmp/v/a", replace(VENV, uid=1)), ("/srv/a", None)]) == "d"
    assert doubted("d", [("/tmp/v/a", VENV), ("/tmp/b", None)]) == unseen
    assert doubted("d", [("/tmp/v/a", replace(VENV, folders=None))]) == unseen


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
