"""What becomes of a received indicator: hunted, held back or refused."""

import json
import time

import pytest

from allies import NOW, indicator
from sidelight.exchange.received.lookout import (
    Held,
    Indicator,
    Outcome,
    Sought,
    Unrunnable,
    fresh,
    look,
    together,
)
from sidelight.exchange.received.lookout import indicator as read_indicator
from sidelight.intel.warning import own_lists, read_warnings
from sidelight.rules.rule import RuleSet

WARNINGS = read_warnings(None, also=own_lists("exchange/benign.toml"))
HASH = "44d88612fea8a8f36de82e1278abb02f44d88612fea8a8f36de82e1278abb02f"
RULE = """
title: One
id: 8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b11
logsource: {product: windows, category: process_creation}
detection:
    it: {Image|endswith: '\\\\one.exe'}
    condition: it
"""
FILTER = """
title: Hide
id: 8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b12
logsource: {product: windows, category: process_creation}
filter:
    rules: [8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b11]
    it: {Image|contains: one}
    condition: not it
"""


def nothing(ident: str) -> RuleSet | None:
    return None


def looked(pattern: str, number: int = 1, **more: object) -> Outcome:
    return look(received(pattern, number, **more), WARNINGS, nothing)


def received(pattern: str, number: int = 1, **more: object) -> Indicator:
    found = read_indicator(indicator(number, **{"pattern": pattern, **more}), NOW)
    assert found
    return found


@pytest.mark.parametrize(
    ("pattern", "rules"),
    [
        (f"[file:hashes.'SHA-256' = '{HASH}']", 2),
        ("[ipv4-addr:value = '45.77.1.2']", 3),
        ("[ipv4-addr:value ISSUBSET '45.77.1.0/24']", 3),
        ("[domain-name:value = 'x.attacker-site.net']", 3),
        ("[domain-name:value LIKE '%.attacker-site.net']", 3),
        ("[url:value = 'https://github.com/attacker-site/stage2']", 3),
        ("[file:name = 'evilfile.dll']", 5),
        (r"[file:name = 'C:\\\\Temp\\\\evilfile.dll']", 3),
        (f"[file:name = 'svchost.exe' AND file:hashes.MD5 = '{HASH[:32]}']", 2),
        ("[process:command_line MATCHES 'attacker-[0-9]+']", 2),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
            "'45.77.1.2' AND network-traffic:dst_port = 4443]",
            2,
        ),
        (r"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\Software\\\\Evil']", 1),
        ("[ipv4-addr:value = '45.77.1.2'] OR [ipv4-addr:value = '45.77.1.3']", 3),
        (f"[file:name = 'evil.dll' AND file:hashes.MD5 != '{HASH[:32]}']", 2),
    ],
)
def test_a_pattern_becomes_rules_for_every_log_that_tells_of_it(pattern: str, rules: int) -> None:
    found = looked(pattern)

    assert isinstance(found, Sought), found
    assert len(found.rules.rules) == rules
    assert {each.meta.path for each in found.rules.rules} == {found.indicator.id}
    assert len(together([found]).metas) == rules


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[ipv4-addr:value = '8.8.8.8']", "public resolver"),
        ("[ipv4-addr:value = '192.168.7.1']", "private"),
        ("[ipv4-addr:value = '45.0.0.0/8']", "too wide"),
        ("[domain-name:value = 'www.google.com']", ""),
        ("[domain-name:value = 'WindowsUpdate.com']", "updates"),
        ("[url:value = 'https://www.bing.com/']", ""),
        ("[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E']", "nothing"),
        ("[file:hashes.MD5 = '68b329da9893e34099c7d8ad5cb9c940']", "line ends"),
        ("[file:name = 'svchost.exe']", "system"),
        ("[network-traffic:dst_port = 443]", "names nothing"),
        ("[ipv4-addr:value = '8.8.8.8'] OR [domain-name:value = 'pool.ntp.org']", "resolver"),
    ],
)
def test_what_every_host_does_is_held_back(pattern: str, why: str) -> None:
    found = looked(pattern)

    assert isinstance(found, Held), found
    assert why in found.why


def test_only_the_harmless_part_of_a_pattern_is_left_out() -> None:
    found = looked("[ipv4-addr:value IN ('8.8.8.8', '45.77.1.2')]")

    assert isinstance(found, Sought)
    assert "45.77.1.2" in repr(found.rules)
    assert "8.8.8.8" not in repr(found.rules)
    assert "8.8.8.8" in found.notes[0]


@pytest.mark.parametrize(
    ("pattern", "more", "why"),
    [
        ("[mutex:name = 'attacker']", {}, "no log here tells of mutex:name"),
        ("[file:hashes.MD5 = 'abc']", {}, "is no value of"),
        ("[file:name MATCHES '^attacker']", {}, "MATCHES is not sought"),
        ("[file:name LIKE '%.e%']", {}, "too wide"),
        ("[process:command_line MATCHES '(a+)+b\\\\1attacker']", {}, "."),
        ("[file:name = 'x' AND ipv4-addr:value = '45.77.1.2']", {}, "in one event"),
        ("[file:name = 'x", {}, "no STIX pattern"),
        ("rule x {}", {"pattern_type": "yara"}, "only stix and sigma"),
        ("title: x", {"pattern_type": "sigma"}, "."),
        (RULE + "---" + FILTER.replace("rules:", "rulez:"), {"pattern_type": "sigma"}, "."),
        ("x" * (65 << 10), {"pattern_type": "sigma"}, "KiB"),
        ('{"title":"t","id":"i"}', {"pattern_type": "sigma"}, "not installed here"),
        ('{"id":"sideload.load"}', {"pattern_type": "sigma"}, "every hunt here runs"),
        (RULE.replace("endswith", "re").replace("one", "(?=x)"), {"pattern_type": "sigma"}, "."),
        ("a: &a [*a]\nb: *a", {"pattern_type": "sigma"}, "."),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_with_the_reason(
    pattern: str, more: dict[str, object], why: str
) -> None:
    found = looked(pattern, **more)

    assert isinstance(found, Unrunnable), found
    assert why in found.why or why == "."
    assert found.why


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"revoked": True}, Unrunnable),
        ({"valid_until": "2020-01-01T00:00:00Z"}, Unrunnable),
        ({"indicator_types": ["benign"]}, Held),
    ],
)
def test_what_its_creator_does_not_stand_by_is_not_hunted(
    more: dict[str, object], kind: type
) -> None:
    assert isinstance(looked("[file:name = 'evilfile.dll']", **more), kind)


def test_the_same_rule_from_two_allies_runs_for_both_of_them() -> None:
    one, two = (looked(RULE, number, pattern_type="sigma") for number in (1, 2))

    assert isinstance(one, Sought)
    assert isinstance(two, Sought)
    rules = together([one, two])
    assert len({each.id for each in rules.metas}) == 2
    assert [each.path for each in rules.metas] == [one.indicator.id, two.indicator.id]


def test_a_filter_of_one_ally_hides_nothing_of_another() -> None:
    plain, filtered = (
        looked(RULE, 1, pattern_type="sigma"),
        looked(RULE + "---" + FILTER, 2, pattern_type="sigma"),
    )

    assert isinstance(plain, Sought)
    assert isinstance(filtered, Sought)
    [first, second] = [*plain.rules.rules, *filtered.rules.rules]
    assert first.condition != second.condition
    assert first.condition == looked(RULE, 3, pattern_type="sigma").rules.rules[0].condition  # type: ignore[union-attr]


def test_what_says_the_same_is_hunted_once() -> None:
    found = [received("[file:name = 'evilfile.dll']", number) for number in (1, 2)]

    assert list(fresh(found, frozenset())) == found[:1]
    assert list(fresh(found, frozenset({found[0].key}))) == []


def test_what_is_stood_by_again_is_hunted() -> None:
    """A version that only makes it last longer, or takes a revocation's place, is something new."""
    old = received("[file:name = 'evilfile.dll']", valid_until="2020-01-01T00:00:00Z")
    new = received("[file:name = 'evilfile.dll']", valid_until="2090-01-01T00:00:00Z")

    assert list(fresh([new], frozenset({old.key}))) == [new]


def test_other_objects_are_no_business_of_a_hunt() -> None:
    assert read_indicator({"type": "malware"}, NOW) is None


@pytest.mark.parametrize("name", ["\U0001f600 \\ud83d \x7f\x85\ufeff \u2028", "a: [b", "", "\t"])
def test_any_name_can_stand_in_a_rule(name: str) -> None:
    found = looked(f"[process:command_line = {json.dumps(name + ' attacker')!s}]", name=name)
    assert not isinstance(found, Sought)  # double quotes are no STIX
    found = looked(
        "[process:command_line = '" + name.replace("\\", "\\\\") + " attacker']", name=name
    )
    assert isinstance(found, Sought), found


def test_two_thousand_indicators_are_ready_within_seconds() -> None:
    begun = time.process_time()
    found = [looked(f"[domain-name:value = 'c{n}.attacker-site.net']", n) for n in range(2000)]
    rules = together([each for each in found if isinstance(each, Sought)])
    spent = time.process_time() - begun

    assert len(rules.metas) == 6000
    assert spent < 20


@pytest.mark.parametrize("value", ["1.5", "'x'", "'²'", "9" * 5000])
def test_what_a_port_cannot_be_compared_with_is_refused(value: str) -> None:
    to = "network-traffic:dst_ref.value = '45.77.19.3'"
    found = looked(f"[network-traffic:dst_port < {value} AND {to}]")
    assert isinstance(found, Unrunnable)
    assert "no number to compare dst_port with" in found.why


@pytest.mark.parametrize("operator", ["=", "LIKE"])
def test_an_address_that_cannot_be_taken_apart_is_sought_as_text(operator: str) -> None:
    assert isinstance(looked(f"[url:value {operator} 'http://[bad/address']"), Sought)


@pytest.mark.parametrize(
    ("more", "sure", "valid"),
    [
        ({}, "does not say how sure it is", "valid from 2026-01-01T00:00:00Z on"),
        ({"confidence": 85}, "a confidence of 85 of 100 (high)", "on: earlier events say less"),
        ({"confidence": 29}, "29 of 100 (low)", ""),
        ({"confidence": 0}, "0 of 100 (none)", ""),
        ({"confidence": 101}, "does not say how sure it is", ""),
        ({"confidence": True}, "does not say how sure it is", ""),
        ({"valid_until": "2999-01-01T00:00:00Z"}, "", "Z until 2999-01-01T00:00:00Z: other"),
        ({"valid_from": "soon"}, "", "does not say from when it is valid"),
    ],
)
def test_findings_are_told_with_how_sure_its_creator_is_and_when_it_is_valid(
    more: dict[str, object], sure: str, valid: str
) -> None:
    found = looked("[file:name = 'googleupdate.exe']", **more)
    assert isinstance(found, Sought)
    for rule in found.rules.rules:
        assert rule.meta.status == "", "Sigma's status is of Sigma's rules"
        assert sure in rule.meta.caveats[0]
        assert valid in rule.meta.caveats[1]


def test_a_sigma_rule_keeps_its_status_and_has_them_too() -> None:
    text = RULE.replace("logsource:", "status: experimental\nlogsource:")
    found = looked(text, pattern_type="sigma", confidence=50)
    assert isinstance(found, Sought)
    (rule,) = found.rules.rules
    assert rule.meta.status == "experimental"
    assert "50 of 100 (medium)" in rule.meta.caveats[0]
