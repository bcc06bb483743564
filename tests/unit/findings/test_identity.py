from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from sidelight.findings.identity import finding_id


def test_an_id_follows_from_rule_host_and_process():
    assert finding_id("r", "h", "p") == finding_id("r", "h", "p")
    assert (
        len({finding_id("r", "h", "p"), finding_id("rh", "", "p"), finding_id("r", "hp", "")}) == 3
    )


@given(st.text(), st.text())
def test_an_id_is_a_uuid_of_version_5(host: str, process: str) -> None:
    """RFC 9562, section 5.5; the standard library is the oracle."""
    space = UUID("6e3c1f7a-52a1-5d0b-9a35-3f1d8f0c2b64")
    assert finding_id("r", host, process) == str(uuid5(space, f"r\0{host}\0{process}"))
