from dataclasses import replace

import pytest

from sample_run import findings
from sidelight.exchange.received.count import Counted


@pytest.mark.parametrize("cut", range(8))
def test_what_a_part_counted_is_added(cut: int) -> None:
    """Events that both saw count once."""
    some = findings()
    some = [replace(each, rules=(replace(each.rules[0], path="one"),)) for each in some]
    whole, shared = Counted(), Counted()
    part = shared.apart()
    for number, finding in enumerate(some):
        whole.add(finding)
        (shared if number < cut else part).add(finding)
    shared.take(part)
    assert shared == whole
    assert shared.seen("one") == whole.seen("one")
