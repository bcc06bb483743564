import pytest

from sidelight.errors import EvidenceError
from sidelight.hunt.run import _ahead


def test_what_is_made_ahead_is_waited_for() -> None:
    assert _ahead(lambda: 3)() == 3


def test_what_cannot_be_made_ahead_fails_where_it_is_asked_for() -> None:
    def fail() -> int:
        raise EvidenceError("gone", where="x")

    wait = _ahead(fail)
    with pytest.raises(EvidenceError, match="gone"):
        wait()
