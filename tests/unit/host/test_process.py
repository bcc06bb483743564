"""What lies behind a stretch of memory."""

import pytest

from sidelight.host.process import File, Process, Region, Sort


@pytest.mark.parametrize(
    ("path", "sort"),
    [
        ("/usr/lib/libc.so.6", "file"),
        ("/memfd:x (deleted)", "memfd"),
        ("/dev/zero (deleted)", "shared"),
        ("/SYSV00000000 (deleted)", "shared"),
        ("[heap]", "heap"),
        ("[stack]", "stack"),
        ("[stack:12]", "stack"),
        ("[anon:jit]", "anonymous"),
        ("", "anonymous"),
        ("[vdso]", "kernel"),
    ],
)
def test_sorts(path: str, sort: Sort) -> None:
    assert Region(0, 1, "r-xp", path).sort == sort


def test_a_file_may_have_a_name_that_says_it_was_deleted() -> None:
    path = "/opt/a (deleted)"
    named = Region(0, 1, "r-xp", path, File(path))
    lost = Region(0, 1, "r-xp", path, File("/opt/a"))
    assert (named.deleted, named.place) == (False, path)
    assert (lost.deleted, lost.place) == (True, "/opt/a")
    assert Region(0, 1, "r-xp", "/memfd:a (deleted)").deleted is False


def test_the_region_at_an_address() -> None:
    process = Process(1, regions=(Region(16, 32, "r-xp"), Region(32, 48, "rw-p")))
    assert process.region_at(32) == process.regions[1]
    assert process.region_at(48) is None
