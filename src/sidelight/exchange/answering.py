"""Answers questions of allies, within what they may ask."""

from sidelight.exchange.instants import Instant
from sidelight.exchange.seen import intersection
from sidelight.exchange.seen.envelope import Answer, Question
from sidelight.exchange.seen.epoch import Overdrawn
from sidelight.exchange.shelf import Caller, Shelf
from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Declined:
    """A question is not answered, and why."""

    why: str


def answered(
    shelf: Shelf, question: Question, by: Caller, now: Instant
) -> tuple[Answer, int] | Declined:
    """Answer a question, and give how many values it had; its size is logged, and nothing else.

    Raises:
        UsageError: it is no question; it is charged all the same once its size could be told.
    """
    running = shelf.epoch(now)
    if running is None or running.id != question.epoch:
        return Declined("its epoch is over: get the setup of the one that it is now")
    items = intersection.asked(question.request)
    if not items:
        return Declined("it asks about nothing")
    match shelf.charge(running, by, items, now):
        case Overdrawn(left):
            return Declined(f"it asks about {items:,} values, and {max(left, 0):,} are left")
        case None:
            response = intersection.answer(running.key, question.request)
            return Answer(running.id, response), items
