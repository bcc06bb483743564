from sidelight.output.marking import MARKINGS, label


def test_labels_are_spelled_as_first_wants_them() -> None:
    assert [label(marking) for marking in MARKINGS] == [
        "TLP:CLEAR",
        "TLP:GREEN",
        "TLP:AMBER",
        "TLP:AMBER+STRICT",
        "TLP:RED",
    ]
