"""Defence goes from one ally to another, signed, and is switched on by nobody but them."""

import json
import sys
from pathlib import Path

import pytest

from sidelight.intel.markings import MARKINGS

from .conftest import CommandLine

RULE = """title: Any Player
id: 8d7f2b2e-4c1d-4f60-9e53-0c4f0f2a7b12
logsource: {product: windows, category: process_creation}
detection:
    program: {Image|endswith: '.exe'}
    condition: program
level: high
"""


def desk(folder: Path, name: str) -> CommandLine:
    path = folder / name
    path.mkdir()
    return CommandLine(path)


@pytest.fixture
def allies(tmp_path: Path) -> tuple[CommandLine, CommandLine]:
    """A, whose key B trusts."""
    a, b = desk(tmp_path, "a"), desk(tmp_path, "b")
    made = a("share", "key", "make", "Operator A")
    assert made.code == 0, made.err
    fingerprint = made.out.decode().rpartition("fingerprint ")[2].strip()
    (b.folder / "a.json").write_bytes(a("share", "key", "show").out)
    assert b("share", "key", "trust", "a.json").code == 2
    assert b("share", "key", "trust", "a.json", "--fingerprint", fingerprint[:-1]).code == 2
    assert b("share", "key", "trust", "a.json", "--fingerprint", fingerprint).code == 0
    return a, b


def sent(a: CommandLine, b: CommandLine, name: str, content: str) -> str:
    (a.folder / name).write_text(content)
    ran = a("share", "defence", "pack", name, "--tlp", "amber", "-o", b.folder / "in.stix.json")
    assert ran.code == 0, ran.err
    return ran.out.decode()


def test_packing_says_all_that_goes_and_how_far(allies: tuple[CommandLine, CommandLine]) -> None:
    a, b = allies
    *_, own, others = sent(a, b, "rule.yml", RULE).splitlines()
    assert own == f"1 object, TLP:AMBER, signed, in {b.folder / 'in.stix.json'}"
    assert others == (
        "and 4 objects that explain them, TLP:CLEAR, unsigned, among them your name, Operator A"
    )
    made = json.loads((b.folder / "in.stix.json").read_bytes())["objects"]
    clear = [each for each in made if MARKINGS["clear"] in each["object_marking_refs"]]
    assert (len(made), len(clear)) == (5, 4)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX")
def test_the_private_key_is_for_its_owner_only(allies: tuple[CommandLine, CommandLine]) -> None:
    (key,) = allies[0].folder.rglob("author.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert json.loads(key.read_bytes())["d"] not in allies[0]("share", "key", "show").out.decode()


def test_a_rule_hunts_only_where_it_was_told_to(
    allies: tuple[CommandLine, CommandLine], small_range: Path
) -> None:
    a, b = allies
    sent(a, b, "rule.yml", RULE)
    ran = b("share", "defence", "open", "in.stix.json", "--to", "got")
    assert ran.code == 0, ran.err
    assert "signed by Operator A  TLP:AMBER" in ran.out.decode()

    def fires(*options: str) -> bool:
        out = b.folder / "f.jsonl"
        b("hunt", small_range, "-q", "--limit", "0", "-o", out, *options)
        return b"Any Player" in out.read_bytes()

    assert not fires()
    assert fires("--rules", "got/rules")


def test_what_was_changed_on_the_way_or_is_revoked_is_turned_away(
    allies: tuple[CommandLine, CommandLine],
) -> None:
    a, b = allies
    sent(a, b, "rule.yml", RULE)
    bundle = b.folder / "in.stix.json"
    whole = bundle.read_text()
    bundle.write_text(whole.replace("Any Player", "Any Prayer"))
    ran = b("share", "defence", "open", bundle, "--to", "got")
    assert ran.code == 1
    assert "it was changed" in ran.out.decode()
    assert not (b.folder / "got").exists()
    bundle.write_text(whole)
    fingerprint = b("share", "key", "list").out.decode().split()[0]
    assert b("share", "key", "revoke", fingerprint, "--reason", "laptop stolen").code == 0
    ran = b("share", "defence", "open", bundle, "--to", "got")
    assert ran.code == 1
    assert "the key of Operator A was revoked" in ran.out.decode()
    assert "laptop stolen" in b("share", "key", "list").out.decode()


def test_an_allow_list_shows_what_it_would_hide_before_it_is_taken(
    allies: tuple[CommandLine, CommandLine], small_range: Path
) -> None:
    a, b = allies
    entry = (
        '[[allow]]\nid = "all"\nowner = "noc@a.example"\nreason = "ours"\n'
        'expires = 2090-12-31\n[allow.scope]\nclass = "sideload"\n'
    )
    told = sent(a, b, "ours.toml", entry)
    assert "names who vouches: noc@a.example" in told
    assert b("share", "defence", "open", "in.stix.json", "--to", "got").code == 0
    (received,) = (b.folder / "got" / "allow-lists").iterdir()
    b("hunt", small_range, "-q", "--limit", "0", "-o", "f.jsonl")
    lines = (b.folder / "f.jsonl").read_text().splitlines()
    found = [each for each in map(json.loads, lines) if each["kind"] == "finding"]
    hidden = sum(each["class"] == "sideload" for each in found)
    assert 0 < hidden < len(found)
    ask = ("share", "defence", "accept", received, "--findings", "f.jsonl")
    ran = b(*ask)
    assert f"would hide {hidden} finding" in ran.out.decode()
    assert f"of {len(found)}" in ran.out.decode()
    assert "nothing was accepted" in ran.out.decode()
    assert not list(b.folder.rglob("allow.toml"))
    assert b(*ask, "--owner", "soc@b.example").code == 0
    listed = b("allow", "list").out.decode()
    assert "soc@b.example" in listed
    assert "said by noc@a.example of Operator A" in listed
