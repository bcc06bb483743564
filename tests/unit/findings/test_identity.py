from sidelight.findings.identity import finding_id


def test_an_id_follows_from_rule_host_and_process():
    assert finding_id("r", "h", "p") == finding_id("r", "h", "p")
    assert (
        len({finding_id("r", "h", "p"), finding_id("rh", "", "p"), finding_id("r", "hp", "")}) == 3
    )
