from sidelight.exchange.backoff import LONGEST_S, pause


def test_pauses_double_up_to_the_longest_and_chance_takes_off_half_at_most() -> None:
    assert [pause(each, 0, first=1) for each in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert pause(1000, 0, first=1) == LONGEST_S
    assert pause(3, 1, first=2) == 4
    assert pause(9, 0, first=1, longest=5) == 5
