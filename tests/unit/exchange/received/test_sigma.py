"""The rules made of a pattern match the event that it means, and not one that is an edit away."""

import pytest

from allies import NOW, indicator
from row_oracle import holds
from sidelight.exchange.received.lookout import Sought, look
from sidelight.exchange.received.lookout import indicator as read_indicator
from sidelight.intel.warning import own_lists, read_warnings

WARNINGS = read_warnings(None, also=own_lists("exchange/benign.toml"))
MD5 = "44d88612fea8a8f36de82e1278abb02f"
ANOTHER = "55d88612fea8a8f36de82e1278abb02f"
Event = dict[str, str | list[str]]


def matches(pattern: str, event: Event) -> bool:
    read = read_indicator(indicator(1, pattern=pattern), NOW)
    assert read
    found = look(read, WARNINGS, lambda _: None)
    assert isinstance(found, Sought), found
    return any(holds(rule.condition, event) for rule in found.rules.rules)


@pytest.mark.parametrize(
    ("pattern", "event", "silent"),
    [
        (
            "[file:name = 'evilfile.dll']",
            {"ImageLoaded": "C:\\x\\evilfile.dll"},
            {"ImageLoaded": "C:\\x\\notevilfile.dll"},
        ),
        (
            "[file:name LIKE 'evil%.dll']",
            {"ImageLoaded": "C:\\x\\evilfile.dll"},
            {"ImageLoaded": "C:\\x\\evilfile.exe"},
        ),
        (
            f"[file:name = 'evilfile.dll' AND file:hashes.MD5 = '{MD5}']",
            {"ImageLoaded": "C:\\x\\evilfile.dll", "Hashes": f"MD5={MD5.upper()}"},
            {"ImageLoaded": "C:\\x\\evilfile.dll", "Hashes": f"MD5={ANOTHER}"},
        ),
        (
            f"[file:name = 'evilfile.dll' AND file:hashes.MD5 != '{MD5}']",
            {"ImageLoaded": "C:\\x\\evilfile.dll", "Hashes": f"MD5={ANOTHER}"},
            {"ImageLoaded": "C:\\x\\evilfile.dll", "Hashes": f"MD5={MD5}"},
        ),
        (
            f"[file:hashes.MD5 = '{MD5}' OR file:name = 'evilfile.dll']",
            {"Image": "C:\\x\\evilfile.dll"},
            {"Image": "C:\\x\\evilfile.dl"},
        ),
        (
            "[ipv4-addr:value = '45.77.1.2']",
            {"SourceIp": "45.77.1.2"},
            {"SourceIp": "45.77.1.20"},
        ),
        (
            "[ipv4-addr:value ISSUBSET '45.77.1.0/24']",
            {"DestinationIp": "45.77.1.255"},
            {"DestinationIp": "45.77.2.0"},
        ),
        (
            "[network-traffic:dst_ref.value = '45.77.1.2' AND network-traffic:dst_port > 1024]",
            {"DestinationIp": "45.77.1.2", "DestinationPort": "1025"},
            {"DestinationIp": "45.77.1.2", "DestinationPort": "1024"},
        ),
        (
            "[network-traffic:dst_ref.value = '45.77.1.2']",
            {"DestinationIp": "45.77.1.2"},
            {"SourceIp": "45.77.1.2"},
        ),
        (
            "[domain-name:value = 'c2.attacker-site.net']",
            {"QueryName": "c2.attacker-site.net"},
            {"QueryName": "x.c2.attacker-site.net"},
        ),
        (
            "[domain-name:value LIKE '%.attacker-site.net']",
            {"QueryName": "x.attacker-site.net"},
            {"QueryName": "attacker-site.net"},
        ),
        (
            r"[process:command_line = 'a * b? \\\\*']",
            {"CommandLine": "a * b? \\\\*"},
            {"CommandLine": "a x b? \\\\*"},
        ),
        (
            "[process:command_line MATCHES '^evil-[0-9]+$']",
            {"CommandLine": "evil-12"},
            {"CommandLine": "evil-x"},
        ),
        (
            r"[windows-registry-key:key = 'HKEY_CURRENT_USER\\Software\\Evil' AND "
            "windows-registry-key:values[*].data = 'on']",
            {"TargetObject": "HKU\\S-1\\Software\\Evil\\x", "Details": "on"},
            {"TargetObject": "HKU\\S-1\\Software\\Evil\\x", "Details": "off"},
        ),
        (
            "[domain-name:value IN ('www.google.com', 'c2.attacker-site.net')]",
            {"QueryName": "c2.attacker-site.net"},
            {"QueryName": "www.google.com"},
        ),
    ],
)
def test_what_a_pattern_means_is_matched_and_what_is_an_edit_away_is_not(
    pattern: str, event: Event, silent: Event
) -> None:
    assert matches(pattern, event)
    assert not matches(pattern, silent)
