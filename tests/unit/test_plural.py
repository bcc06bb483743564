from sidelight.plural import many


def test_one_is_one_and_all_else_is_several() -> None:
    assert many(1, "host") == "1 host"
    assert many(0, "host") == "0 hosts"
    assert many(1204, "process", "processes") == "1,204 processes"
