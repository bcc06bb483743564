"""Findings reach everybody in one order, whoever draws them."""

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import pytest

from kept_findings import Kept
from sample_run import findings
from sidelight.attribution.observation import Observer
from sidelight.findings.allowlist import Entry, Sieve
from sidelight.findings.finding import Finding
from sidelight.hunt import audience
from sidelight.hunt.audience import Audience

SAMPLE = findings()
HERE = os.getpid()
ENTRY = Entry("quiet", "me", "known", date.max, (("host", (SAMPLE[0].host,)),))


@dataclass
class Drawn:
    """Twenty stretches of three findings; what is drawn elsewhere ends at *end*."""

    end: int = 20
    failing: bool = False

    def __len__(self) -> int:
        return 20

    def stretch(self, number: int) -> Iterator[Finding]:
        for place in range(3):
            count = number * 3 + place
            yield replace(SAMPLE[count % len(SAMPLE)], id=f"{count:04}", last_seen=count)
            if number >= self.end and os.getpid() != HERE:
                if self.failing:
                    raise ValueError(number)
                os.kill(os.getpid(), signal.SIGKILL)


def heard(drawn: Drawn, processes: int) -> tuple[Audience, Kept, Observer, Sieve]:
    kept, observer, sieve = Kept(), Observer(), Sieve((ENTRY,), date(2026, 1, 1))
    everybody = Audience([kept, observer], sieve)
    everybody.hear(drawn, processes)
    return everybody, kept, observer, sieve


ALONE = heard(Drawn(), 1)


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LEAST", 2)


def test_one_process_hears_all_but_what_is_hidden() -> None:
    everybody, kept, _, sieve = ALONE
    assert everybody.count == len(kept.findings) == 60 - sieve.hidden
    assert 0 < sieve.hidden < 60
    assert [each.id for each in kept.findings] == sorted(each.id for each in kept.findings)


@pytest.mark.parametrize("processes", [2, 3, 10, 99])
def test_several_processes_give_what_one_gives(processes: int) -> None:
    assert heard(Drawn(), processes) == ALONE


@pytest.mark.skipif(sys.platform != "linux", reason="other systems fork nothing")
def test_others_draw_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = Kept.take
    monkeypatch.setattr(
        Kept, "take", lambda self, part: (taken.append(len(part.findings)), take(self, part))[1]
    )
    heard(Drawn(), 2)
    assert len(taken) == (len(Drawn()) - audience.FIRST) // 2


@pytest.mark.parametrize("failing", [False, True])
@pytest.mark.parametrize("end", [0, 3, 12, 19])
@pytest.mark.parametrize("processes", [2, 3])
def test_what_others_who_end_leave_is_drawn_here(processes: int, end: int, failing: bool) -> None:
    assert heard(Drawn(end, failing), processes) == ALONE


def test_beside_a_thread_one_process_draws_all() -> None:
    with ThreadPoolExecutor(1) as another:
        another.submit(int).result()
        assert heard(Drawn(end=0, failing=True), 2) == ALONE


def test_few_findings_are_drawn_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "LEAST", 11)
    monkeypatch.setattr(audience, "forked", None)
    assert heard(Drawn(), 2) == ALONE


@pytest.mark.skipif(sys.platform != "linux", reason="other systems fork nothing")
def test_what_stops_this_process_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Kept, part: Kept) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Kept, "take", refuse)
    with pytest.raises(OSError, match="No space left"):
        heard(Drawn(), 3)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
