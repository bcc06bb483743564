"""The end of the program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import atexit, sys
class Last:
    def __del__(self):
        print("taken apart", flush=True)
last = Last()
import sidelight.cli.app as app
from sidelight.cli import main
app.run = lambda arguments: print("run") or atexit.register(print, "at exit") and 3
main()
"""
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize(("verb", "last"), [("hunt", ""), ("rules", "taken apart\n")])
def test_a_hunt_does_all_at_exit_but_to_take_apart_what_is_loaded(verb: str, last: str) -> None:
    command = [sys.executable, "-c", PROGRAM, verb]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, f"run\nat exit\n{last}", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_what_cannot_be_written_at_the_end_is_told() -> None:
    command = [sys.executable, "-c", PROGRAM, "hunt"]
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, check=False, env=BUFFERED
        )
    assert ran.returncode == 120
    assert b"No space left on device" in ran.stderr
