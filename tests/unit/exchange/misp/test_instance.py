"""What goes wrong with a MISP server, in one sentence."""

import pytest

from sidelight.errors import ExchangeError
from sidelight.exchange.misp.instance import _guarded


def fail(*errors: Exception) -> None:
    """Raise errors, each in the handling of the one before, as libraries do."""
    try:
        if len(errors) > 1:
            fail(*errors[:-1])
    finally:
        raise errors[-1]


@pytest.mark.parametrize(
    ("errors", "said"),
    [
        (
            (ConnectionRefusedError(111, "Connection refused"), RuntimeError("Max retries"),
             RuntimeError("Unable to connect to MISP (https://x). HTTPSConnectionPool(host='x')")),
            "https://x: cannot be reached: Connection refused",
        ),
        ((RuntimeError("Authentication failed.\n  Check"),),
         "https://x: refused: Authentication failed. Check"),
        ((RuntimeError(),), "https://x: RuntimeError"),
    ],
)  # fmt: skip
def test_the_cause_is_told_and_not_all_that_it_went_through(
    errors: tuple[Exception, ...], said: str
) -> None:
    with pytest.raises(ExchangeError) as caught:
        _guarded(lambda: fail(*errors), "https://x")
    assert str(caught.value) == said
