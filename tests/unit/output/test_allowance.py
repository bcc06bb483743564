from datetime import date

from sidelight.findings.allowlist import Entry, Use
from sidelight.output.allowance import allowance

ENTRY = Entry("e", "noc", "ours", date(2026, 1, 31), (("host", ("a",)),))


def test_each_state_is_a_sentence() -> None:
    assert allowance(Use(ENTRY, "applied", 1, 9)) == "e: hid 1 finding; noc: ours"
    assert allowance(Use(ENTRY, "unused", 0, 0)).startswith("e: hid nothing")
    said = allowance(Use(ENTRY, "expired", 2, 2))
    assert "expired on 2026-01-31" in said
    assert "(2 findings shown)" in said
    assert "1 finding shown all the same" in allowance(Use(ENTRY, "unused", 0, 0, 1))
