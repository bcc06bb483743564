from sidelight.analytics.remembered import MOST_HELD, Remembered


def test_a_result_is_made_once() -> None:
    calls: list[str] = []

    def make(key: str) -> int:
        calls.append(key)
        return len(key)

    lengths = Remembered[str, int](make, lambda key, _: len(key))
    assert [lengths("a"), lengths("bb"), lengths("a")] == [1, 2, 1]
    assert calls == ["a", "bb"]


def test_results_are_dropped_when_they_weigh_too_much() -> None:
    calls: list[int] = []

    def make(key: int) -> int:
        calls.append(key)
        return key

    heavy = Remembered[int, int](make, lambda _key, _value: MOST_HELD // 2 - 300)
    for key in (1, 2, 1, 3, 1):
        assert heavy(key) == key
    assert calls == [1, 2, 3, 1]
