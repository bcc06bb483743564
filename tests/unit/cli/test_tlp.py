"""TLP labels in options and settings, as everybody spells them."""

from pathlib import Path

import pytest

from sidelight.cli.configuration import read_configuration
from sidelight.cli.tlp import tlp_named
from sidelight.errors import UsageError


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("green", "green"), ("TLP:GREEN", "green"), ("tlp:green", "green"), ("Green", "green"),
        ("white", "clear"), ("TLP:WHITE", "clear"), ("amber strict", "amber+strict"),
        ("AMBER+STRICT", "amber+strict"), ("TLP:AMBER+STRICT", "amber+strict"),
        ("amber-strict", "amber+strict"), ("tlp: amber", "amber"), ("RED", "red"),
    ],
)  # fmt: skip
def test_known_spellings_are_one_label(text: str, label: str, tmp_path: Path) -> None:
    assert tlp_named(text) == label
    settings = tmp_path / "config.toml"
    settings.write_text(f'[share]\ntlp = "{text}"\n')
    assert read_configuration(settings).tlp == label


@pytest.mark.parametrize("text", ["", "ambers", "amber+", "TLP:", "green strict", "tlp", "2.0"])
def test_what_is_no_label_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"--tlp: no TLP label: .* \(clear, green, amber, "):
        tlp_named(text)


def test_what_goes_to_many_is_not_red() -> None:
    with pytest.raises(UsageError, match=r"--ceiling: TLP:RED is for named people"):
        tlp_named("tlp:red", "--ceiling", red=False)
