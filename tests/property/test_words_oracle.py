"""Keywords find with fewer columns what they find with all of them."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evtx_logs import items
from row_oracle import conditions_over
from shared_paths import SHARED, needs_shared
from sidelight.evidence.rows import Sheet
from sidelight.evidence.stream import Stream
from sidelight.rules.evaluate import Engine
from sidelight.rules.expr import And, Expr, Glob, Match, Not, Regex, Wild
from sidelight.rules.patterns import fold
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import LogSource, Meta, Rule
from sidelight.schema import NO_TIME, SEPARATOR, SPELLED, Event, Frame, Kind, Wish, want_all

FILES = sorted((SHARED / "evidence").rglob("*.evtx"))
KIND = Kind("windows", "Test", "1")
FIELDS = ("Image", "User", "Text")
ANY = Wild.ANY


def engine_of(conditions: list[Expr]) -> Engine:
    return Engine(
        compile_plan(
            [
                Rule(Meta(f"{number}", "t", "medium", "test", "p", 1), LogSource("windows"), each)
                for number, each in enumerate(conditions)
            ]
        )
    )


def keyword(text: str) -> Expr:
    return Match("", Glob((ANY, text, ANY)))


texts = st.lists(
    st.sampled_from(
        [
            "kiwi",
            "Wiki",
            "\N{KELVIN SIGN}iwi",
            "ki",
            "wi",
            "false",
            "\N{LATIN SMALL LETTER LONG S}",
            "s",
            " go",
        ]
    ),
    min_size=1,
    max_size=3,
).map("".join)
keywords = st.one_of(
    texts.map(lambda text: keyword(fold(text))),
    texts.map(lambda text: Match("", Glob((ANY, text), cased=True))),
    st.tuples(texts, texts).map(lambda two: Match("", Glob((ANY, *two[:1], ANY, two[1])))),
    st.builds(
        Match, st.just(""), st.builds(Regex, st.sampled_from(["kiwi+", "Wiki|kiwi", "false"]),
        st.sampled_from(["", "i"])),
    ),
)  # fmt: skip
leaves = st.one_of(
    keywords, st.builds(Match, st.sampled_from(FIELDS), texts.map(lambda text: Glob((ANY, text))))
)
conditions = conditions_over(leaves, max_leaves=5)
events: st.SearchStrategy[Event] = st.dictionaries(st.sampled_from(FIELDS), texts, max_size=3)


def holds(frame: Frame, words: frozenset[str]) -> bool:
    cells = [cell for column in frame.columns.values() for cell in column.values.to_pylist()]
    whole = fold(SEPARATOR.join(cells))
    return any(word in whole for word in words)


def matches(engine: Engine, frame: Frame) -> dict[str, list[int]]:
    return {name: rows.tolist() for name, rows in engine.scan(frame).items()}


@settings(max_examples=300, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=3), st.lists(events, min_size=1, max_size=5))
def test_where_no_word_occurs_the_quiet_columns_are_enough(
    some: list[Expr], batch: list[Event]
) -> None:
    engine = engine_of(some)
    sheet = Sheet(want_all)
    for number, event in enumerate(batch):
        sheet.add(KIND, "x", number, NO_TIME, None, event)
    (frame,) = sheet.frames()
    quiet, words = engine.quiet(KIND), engine.words(KIND)
    if quiet is None or holds(frame, words):
        return
    few = {name: column for name, column in frame.columns.items() if name.lower() in quiet}
    assert matches(engine, replace(frame, columns=few)) == matches(engine, frame)


@settings(max_examples=300, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=3), st.lists(events, min_size=1, max_size=5))
def test_keywords_are_looked_for_in_loud_rows_alone(some: list[Expr], batch: list[Event]) -> None:
    engine = engine_of(some)
    sheet = Sheet(want_all)
    for number, event in enumerate(batch):
        sheet.add(KIND, "x", number, NO_TIME, None, event)
    (frame,) = sheet.frames()
    spoken = (fold(SEPARATOR.join(map(str, event.values()))) for event in batch)
    loud = [row for row, text in enumerate(spoken) if any(w in text for w in engine.words(KIND))]
    expected = matches(engine, frame)
    assert matches(engine, replace(frame, loud=np.array(loud, np.intp))) == expected
    if engine.quiet(KIND) is not None:
        engine.counters.values = 0
        engine.scan(replace(frame, loud=np.empty(0, np.intp)))
        named = [name for name in frame.columns if name.lower() in (engine.quiet(KIND) or ())]
        assert engine.counters.values <= sum(len(frame.columns[name].values) for name in named)


def read(path: Path, wanted: Wish | None = None) -> list[Frame]:
    with path.open("rb") as file:
        return items([Stream(path.name, file)], wanted or want_all)[0]


def planted(frames: list[Frame], seed: str) -> list[str]:
    """Pick words out of what the values of *frames* hold."""
    chance = random.Random(seed)
    cells = sorted(
        {
            cell
            for frame in frames
            for column in frame.columns.values()
            for cell in column.values.to_pylist()
        }
    )
    found: list[str] = []
    for cell in chance.sample(cells, min(len(cells), 300)):
        text = chance.choice(cell.split(SEPARATOR))
        start = chance.randrange(max(1, len(text) - 8))
        word = text[start : start + chance.randrange(4, 14)]
        if len(word) >= 4 and word.isascii() and word.isprintable():
            found.append(word)
    return [word for word in found if not SPELLED.issuperset(fold(word))][:24]


@needs_shared
@pytest.mark.parametrize("path", FILES[::3], ids=lambda path: path.name)
def test_words_of_real_values_are_found_as_with_every_column(path: Path) -> None:
    full = read(path)
    found = planted(full, path.name)
    for start in range(0, len(found), 3):
        some = found[start : start + 3]
        image = Match("Image", Glob((ANY, "exe")))
        rules = [*map(keyword, map(fold, some)), And((image, Not(keyword(fold(some[0])))))]
        engine = engine_of(rules)
        few = read(path, Wish(engine.wanted, engine.quiet, engine.words))
        assert [matches(engine, frame) for frame in few] == [
            matches(engine, frame) for frame in full
        ]
        for narrow, whole in zip(few, full, strict=True):
            assert narrow.kind == whole.kind
            assert engine.wanted(whole.kind) is None
            assert narrow.loud is not None
            if holds(whole, engine.words(whole.kind)):
                assert narrow.columns.keys() == whole.columns.keys()


@needs_shared
def test_most_columns_of_real_logs_are_passed_over() -> None:
    """Without this, the test above could hold because nothing is ever quiet."""
    engine = engine_of([keyword("no log has this word")])
    asked = Wish(engine.wanted, engine.quiet, engine.words)
    assert not any(frame.columns for path in FILES[::30] for frame in read(path, asked))
