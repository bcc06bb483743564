"""Measure what it costs to ask without telling: CPU time and sizes, on one core.

``python bench/seen.py`` prints the numbers that docs/explanation/asking-without-telling.md has.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from sidelight.exchange.seen import filter as filters
from sidelight.exchange.seen import intersection
from sidelight.exchange.seen.value import Value

VALUES = 100_000
ASKED = 1_000
TRIES = 1_000_000
T = TypeVar("T")


def timed(what: str, work: Callable[[], T]) -> T:
    """Print how much CPU time *work* takes, and give what it gives."""
    begun = time.process_time()
    done = work()
    print(f"{what}: {time.process_time() - begun:.2f} s")
    return done


def main() -> None:
    """Measure hashes, a filter, an intersection."""
    key, mark, salt = (secrets.token_bytes(32) for _ in range(3))
    values = [Value("sha256", secrets.token_hex(32)) for _ in range(VALUES)]
    timed(
        f"{TRIES:,} keyed hashes",
        lambda: [hmac.digest(key, b"%d" % each, "sha256") for each in range(TRIES)],
    )
    made = timed(
        f"filter of {VALUES:,} values",
        lambda: filters.make(values, key, mark, "B", rate=1e-6, made="", salt=salt),
    )
    print(f"filter: {len(filters.spell(made, key)):,} octets")
    timed(
        f"{VALUES:,} values asked",
        lambda: made.holds([filters.digest(key, salt, each) for each in values]),
    )
    if why := intersection.missing():
        print(f"no intersection: {why}")
        return
    theirs, ours = intersection.new_key(asks=False), intersection.new_key(asks=True)
    texts = [str(each) for each in values]
    fill = [secrets.token_hex(32) for _ in range((1 << (VALUES - 1).bit_length()) - VALUES)]
    setup = timed(f"{VALUES:,} values prepared", lambda: intersection.setup(theirs, texts, fill))
    print(f"setup: {len(setup):,} octets")
    asked = texts[: ASKED // 2] + [str(each) for each in range(ASKED // 2)]
    question = timed(f"question of {ASKED:,}", lambda: intersection.question(ours, asked))
    answer = timed("its answer", lambda: intersection.answer(theirs, question))
    hits = timed("what it says", lambda: intersection.hits(ours, asked, setup, answer))
    print(f"question {len(question):,} octets, answer {len(answer):,}; {len(hits)} hits")


if __name__ == "__main__":
    main()
