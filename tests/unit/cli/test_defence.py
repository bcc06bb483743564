"""What opening a bundle of defence says."""

from pathlib import Path

from sidelight.cli.defence import _told
from sidelight.exchange.quarantine import Kept, Outcome, Received, Turned


def test_what_is_kept_comes_last_and_what_was_turned_away_by_reason() -> None:
    entry = Received(
        "x", "1", "rules/ours.yml", "sigma-rule", "Ours", "0", "green", "Operator B", "f"
    )
    outcomes: list[Outcome] = [Kept(entry, ("names hosts",))]
    outcomes += [Turned(f"indicator--{n}", f"rule {n}", "nobody signed it") for n in range(7)]
    outcomes.append(Turned("indicator--x", "", "it was changed"))
    lines = list(_told(outcomes, Path("received")))
    assert lines[:2] == ["turned  7: nobody signed it", "        rule 0 (indicator--0)"]
    assert lines[6:] == [
        "        and 2 more",
        "turned  1: it was changed",
        "        something (indicator--x)",
        "kept    received/rules/ours.yml  signed by Operator B  TLP:GREEN",
        "        it names hosts",
    ]


def test_a_bundle_without_defence_says_so() -> None:
    (line,) = _told([], Path("received"))
    assert line.startswith("there is no defence in it")
