"""Bytes that are read forward only."""

import io

from sidelight.host.tape import Tape


def test_what_was_kept_can_be_had_again_and_what_was_not_cannot() -> None:
    tape = Tape(io.BytesIO(bytes(range(100))).read, keep=10)
    assert tape.fetch(50, 2) == b"\x32\x33"
    assert tape.fetch(2, 3) == b"\2\3\4"
    assert tape.fetch(8, 4) is None
    assert tape.fetch(20, 1) is None
    assert tape.fetch(52, 1) == b"\x34"


def test_the_end_is_noted_where_it_is() -> None:
    tape = Tape(io.BytesIO(bytes(range(20))).read, keep=100)
    assert tape.fetch(15, 10) == bytes(range(15, 20))
    assert tape.cut == 20
    assert tape.fetch(15, 10) == bytes(range(15, 20))
    assert tape.fetch(1 << 40, 1) == b""


def test_a_stretch_that_was_kept_in_part_is_joined() -> None:
    tape = Tape(io.BytesIO(bytes(range(20))).read, keep=100)
    tape.fetch(0, 5)
    assert tape.fetch(3, 6) == bytes(range(3, 9))


def test_what_was_passed_over_is_counted() -> None:
    tape = Tape(io.BytesIO(bytes(100)).read, keep=10)
    tape.fetch(50, 1)
    assert tape.missed == 0
    tape.fetch(8, 4)
    tape.fetch(20, 4)
    assert tape.missed == 2
