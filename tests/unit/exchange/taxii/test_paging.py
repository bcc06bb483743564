"""A client against servers that keep to the text, and against those broken in the known ways."""

from sidelight.exchange.taxii.paging import Done, Page, Place, Stuck, before, turn

START = Place("2026-01-01T00:00:00.000000Z")


def test_the_last_page_ends_it() -> None:
    assert turn(START, Page(3, last="b"), "b") == Done("b")
    assert turn(START, Page(0), "") == Done(START.after)


def test_next_is_followed_and_the_filter_stays() -> None:
    step = turn(START, Page(2, more=True, next="n1", last="2026-01-02"), "2026-01-02")
    assert step == Place(START.after, "n1")


def test_3_5_without_next_it_goes_on_by_date_from_just_before_the_last() -> None:
    last = "2026-01-02T00:00:00.000000Z"
    step = turn(START, Page(2, more=True, last=last), last)
    assert step == Place("2026-01-01T23:59:59.999999Z")


def test_one_date_that_fills_a_page_makes_the_next_one_larger_up_to_an_end() -> None:
    place: object = Place("2026-01-02T00:00:00.000000Z")
    last = "2026-01-02T00:00:00.000001Z"
    limits = []
    while isinstance(place, Place):
        limits.append(place.parameters(10)["limit"])
        place = turn(place, Page(10, more=True, last=last, mark="a"), last)
    assert limits == ["10", "20", "40", "80", "160", "320", "640"]
    assert isinstance(place, Stuck)


def test_a_next_that_repeats_is_followed_as_long_as_its_pages_differ() -> None:
    last = "2026-01-02T00:00:00.000000Z"
    at = Place("", "n1", mark="a")
    assert turn(at, Page(2, more=True, next="n1", mark="b"), last) == Place("", "n1", mark="b")
    step = turn(at, Page(2, more=True, next="n1", mark="a"), last)
    assert step == Place("2026-01-01T23:59:59.999999Z", mark="a")


def test_more_without_next_and_without_dates_is_left() -> None:
    assert isinstance(turn(Place(), Page(2, more=True, mark="a"), ""), Stuck)


def test_empty_pages_that_promise_more_end_some_time() -> None:
    step: object = Place()
    for number in range(10):
        if not isinstance(step, Place):
            break
        step = turn(step, Page(0, more=True, next=f"n{number}"), "")
    assert isinstance(step, Stuck)


def test_any_date_that_a_server_gives_has_one_before_it() -> None:
    assert before("2026-01-01T00:00:00Z") == "2025-12-31T23:59:59.999999Z"
    for first in ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"):
        assert before(first) == first
    assert before("soon") == "soon"
