"""A client against servers that keep to the text, and against those broken in the known ways."""

from sidelight.exchange.taxii.paging import Done, Page, Place, Stuck, turn

START = Place("2026-01-01T00:00:00.000000Z")


def test_the_last_page_ends_it() -> None:
    assert turn(START, Page(3, last="b"), "b") == Done("b")
    assert turn(START, Page(0), "") == Done(START.after)


def test_next_is_followed_and_the_filter_stays() -> None:
    step = turn(START, Page(2, more=True, next="n1", last="2026-01-02"), "2026-01-02")
    assert step == Place(START.after, "n1")


def test_3_5_without_next_it_goes_on_by_date() -> None:
    step = turn(START, Page(2, more=True, last="2026-01-02"), "2026-01-02")
    assert step == Place("2026-01-02")


def test_a_server_that_never_moves_is_left() -> None:
    same = Page(2, more=True, last=START.after)
    assert isinstance(turn(START, same, START.after), Stuck)
    assert isinstance(turn(Place("", "n1"), Page(2, more=True, next="n1"), ""), Stuck)


def test_a_server_that_repeats_next_is_gone_on_with_by_date() -> None:
    page = Page(2, more=True, next="n1", last="2026-01-02")
    assert turn(Place("", "n1"), page, "2026-01-02") == Place("2026-01-02")


def test_empty_pages_that_promise_more_end_some_time() -> None:
    step: object = Place()
    for number in range(10):
        if not isinstance(step, Place):
            break
        step = turn(step, Page(0, more=True, next=f"n{number}"), "")
    assert isinstance(step, Stuck)
