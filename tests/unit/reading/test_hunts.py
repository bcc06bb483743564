"""Rules made of reports: they compile, they match what was named, and they leave the rest."""

import yaml

from reading_cases import brief
from sidelight.rules.load import load_rules

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
