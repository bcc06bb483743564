"""Rules made of reports: they compile, they match what was named, and they leave the rest."""

import re

import pytest
import yaml

from reading_cases import brief
from sidelight.rules.load import load_rules
from sidelight.rules.patterns import parse

TEXT = r"""
We found that googleupdate.exe sideloads libvlc.dll. It wrote C:\ProgramData\Sync\a.bin and the
backdoor connected to 45.77.1[.]2 and to relay.evil-name[.]net. The hash of the loader is
0cc175b9c0f1b6a831c399e269772661. A second address is 192.0.2[.]9.
"""
QUOTED = """We wrote this:

title: Player Loads
logsource:
    product: windows
    category: image_load
detection:
    load:
        Image|endswith: '\\\\player.exe'
    condition: load
level: medium
"""


def test_every_rule_compiles(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rules = brief(TEXT + "\n\n" + QUOTED).rules
    for name, text in rules.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = load_rules([tmp_path])
    assert found.refused == ()
    assert len(found.rules) == len(rules) > 8


def test_what_was_named_stands_in_the_rules() -> None:
    rules = brief(TEXT).rules
    whole = "\n".join(rules.values())
    for value in ("libvlc.dll", "45.77.1.2/32", "relay.evil-name.net", r"\ProgramData\Sync\a.bin"):
        assert value in whole
    pair = yaml.safe_load(rules["sideload-1.yml"])["detection"]["pair"]
    assert pair == {"Image|endswith": r"\googleupdate.exe", "ImageLoaded|endswith": r"\libvlc.dll"}


def test_reserved_addresses_are_not_sought() -> None:
    assert "192.0.2.9" not in "\n".join(brief(TEXT).rules.values())


def test_a_quoted_rule_is_taken_over_with_its_origin() -> None:
    rules = brief(QUOTED).rules
    document = yaml.safe_load(rules["quoted-1.yml"])
    assert document["title"].startswith("Report ")
    assert document["detection"]["load"] == {"Image|endswith": r"\\player.exe"}


def test_a_text_without_observables_makes_no_rule() -> None:
    assert brief("Naikon used sideloading.").rules == {}


def test_a_domain_is_sought_with_what_lies_below_it_and_nothing_that_ends_alike() -> None:
    detection = yaml.safe_load(brief(TEXT).rules["domain-1.yml"])["detection"]
    assert detection["named"] == {"QueryName": ["relay.evil-name.net"]}
    assert detection["below"] == {"QueryName|endswith": [".relay.evil-name.net"]}
    assert detection["condition"] == "named or below"


@pytest.mark.parametrize(
    "wide", ["45.0.0[.]0/0", "45.77.0[.]0/15", "co[.]uk", "45.77.0[.]0/99", "2a01:4f8::/31"]
)
def test_what_would_find_everybody_is_not_sought_and_that_is_said(wide: str) -> None:
    made = brief(f"The backdoor connected to {wide} at night.")
    assert made.rules == {}
    assert "too wide to look for" in " ".join(each.text for each in made.sentences())


@pytest.mark.parametrize("narrow", ["45.77.0[.]0/16", "evil[.]co[.]uk", "2a01:4f8::/32"])
def test_what_is_just_narrow_enough_is_sought(narrow: str) -> None:
    assert brief(f"The backdoor connected to {narrow} at night.").rules


def test_characters_of_sigma_in_a_value_mean_themselves() -> None:
    r"""`\*` alone would be a star; behind an escaped backslash it would be a wildcard."""
    text = r"We found HKLM\Software\*\Run?\x and the backdoor ran."
    rule = yaml.safe_load(brief(text).rules["registry-key-1.yml"])
    tokens = parse(rule["detection"]["named"]["TargetObject|contains"][0])
    assert "".join(map(str, tokens)) == r"\Software\*\Run?\x"


@pytest.mark.parametrize(
    "body", ["&a [*a]", "{'Image|zzz': x}", "[" * 1_200 + "]" * 1_200, "!!python/name:os.x"]
)
def test_a_quoted_rule_that_cannot_be_run_is_not_promised(body: str) -> None:
    text = re.sub(r"        Image.*", lambda _: f"        {body}", QUOTED)
    assert body in text
    assert "quoted-1.yml" not in brief(text).rules
