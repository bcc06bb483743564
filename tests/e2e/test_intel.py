"""``sidelight intel`` as a person runs it."""

import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from allies import indicator
from intel_samples import HERON, LANTERN, OBJECTS, bundle, galaxy, thing
from shared_paths import SHARED, needs_shared
from sidelight.exchange.notices import Told, mark
from sidelight.intel.derive import derive
from sidelight.intel.importers.galaxy import read_galaxy
from sidelight.intel.names import NameIndex, fold
from sidelight.intel.stix import StixObject

from .conftest import CommandLine
from .test_update import give, served

HIJACK = "Name: codec.dll\nVendor: X\nVulnerableExecutables: [{Path: 'x.exe', Type: Phantom}]\n"


@pytest.fixture
def filled(tmp_path: Path) -> CommandLine:
    """A home into which the samples were imported."""
    (tmp_path / "attack.json").write_text(json.dumps(bundle()))
    (tmp_path / "actors.json").write_text(json.dumps(galaxy()))
    ran = CommandLine(tmp_path)("intel", "import", "attack.json", "actors.json")
    assert ran.code == 0
    return CommandLine(tmp_path)


def test_an_import_counts_and_a_second_one_changes_nothing(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    objects = [*OBJECTS, {"type": "malware", "id": LANTERN}]
    (tmp_path / "attack.json").write_text(json.dumps(bundle(*objects)))
    out = tmp_path / "out"
    ran = sidelight("intel", "import", "attack.json", "--store", "s.db", to=out)
    assert ran.code == 0
    assert f"{len(OBJECTS)} new, 0 newer, 0 older, 0 known, 1 refused" in out.read_text()
    assert "has no name" in ran.err
    before = (tmp_path / "s.db").read_bytes()
    sidelight("intel", "import", "attack.json", "--store", "s.db", to=out)
    assert f"0 new, 0 newer, 0 older, {len(OBJECTS)} known, 1 refused" in out.read_text()
    assert "import 1," in out.read_text()
    with sqlite3.connect(tmp_path / "s.db") as base:
        assert base.execute("SELECT count(*) FROM import").fetchone() == (1,)
    base.close()
    assert before


def test_show_tells_things_of_one_name_apart(filled: CommandLine, tmp_path: Path) -> None:
    ran = filled("intel", "show", "Grey Heron", to=tmp_path / "out")
    text = (tmp_path / "out").read_text()
    assert ran.code == 0
    assert "may mean 2 things; they are kept apart" in text
    assert "Grey Heron (intrusion set G9001)" in text
    assert "Tools it shares (1)" in text


def test_an_unknown_name_says_what_is_spelled_like_it(filled: CommandLine) -> None:
    ran = filled("intel", "show", "Mudwadder")
    assert ran.code == 2
    assert "Mudwader (distance 1), which says nothing yet" in ran.err
    assert filled("intel", "search", "Mudwadder").code == 0
    assert filled("intel", "search", "zzzzzzzzz").code == 1


def test_a_person_accepts_a_spelling_and_takes_it_back(filled: CommandLine, tmp_path: Path) -> None:
    told = ("--by", "Ada", "--because", "same report")
    assert filled("intel", "accept", "Mudwadder", "Grey Heron", *told).code == 2
    assert filled("intel", "accept", "Mudwadder", "Mudwader", *told).code == 0
    assert filled("intel", "show", "Mudwadder", to=tmp_path / "out").code == 0
    assert "Mudwadder: Ada" in (tmp_path / "out").read_text()
    assert filled("intel", "accept", "Mudwadder", "Mudwader", *told, "--undo").code == 0
    assert filled("intel", "show", "Mudwadder").code == 2


def test_paths_pictures_clusters_and_sources(filled: CommandLine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert filled("intel", "path", "G9001", "Black Stork", to=out).code == 0
    assert "Black Stork uses Nettle (MITRE" in out.read_text()
    for name in ("web.svg", "web.html"):
        assert filled("intel", "graph", "G9001", "Black Stork", "-o", name, to=out).code == 0
        assert "2 tools (1 shared)" in out.read_text()
        assert "Nettle" in (tmp_path / name).read_text()
    assert filled("intel", "graph", "G9001", "-o", "web.png").code == 2
    assert filled("intel", "graph", "-o", "all.svg", to=out).code == 0
    assert filled("intel", "clusters", "G9001", "--strictness", "any", to=out).code == 0
    assert "Fishwind" in out.read_text()
    assert filled("intel", "sources", to=out).code == 0
    assert "ATT&CK, changed 2024-05-06" in out.read_text()


def test_a_difference_between_imports(filled: CommandLine, tmp_path: Path) -> None:
    later = [*OBJECTS, thing("tool--eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee", "Thistle")]
    (tmp_path / "attack.json").write_text(json.dumps(bundle(*later)))
    assert filled("intel", "import", "attack.json").code == 0
    out = tmp_path / "out"
    assert filled("intel", "diff", "1", "3", to=out).code == 1
    assert "+ Thistle (tool)" in out.read_text()
    assert filled("intel", "diff", "1", "1").code == 0
    assert filled("intel", "diff", "1", "9").code == 2


def test_an_acceptance_is_no_import_to_compare_with(filled: CommandLine, tmp_path: Path) -> None:
    assert filled("intel", "accept", "Herron", HERON, "--by", "me", "--because", "x").code == 0
    out = tmp_path / "out"
    assert filled("intel", "sources", to=out).code == 0
    assert "\nacceptance 3, " in out.read_text()
    ran = filled("intel", "diff", "1", "3")
    assert (ran.code, "3: is no import but an acceptance" in ran.err) == (2, True)


def test_hijacklibs_become_the_table_that_hunts_use(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    folder = tmp_path / "yml"
    folder.mkdir()
    (folder / "codec.yml").write_text(HIJACK)
    ran = sidelight("intel", "import", "yml", to=tmp_path / "out")
    assert ran.code == 0
    assert "1 library of 1 program imported" in (tmp_path / "out").read_text()
    assert list(tmp_path.rglob("hijacklibs.json"))


def test_a_store_that_is_named_leaves_the_table_of_hunts_alone(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    (tmp_path / "codec.yml").write_text(HIJACK)
    ran = sidelight("intel", "import", "codec.yml", "--store", "other.db")
    assert ran.code == 0
    assert "sidelight rules update --hijacklibs" in ran.err
    assert not list(tmp_path.rglob("hijacklibs.json"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"some": "JSON"}', "is of no kind that is understood"),
        (b"[" * 500_000, "nests too deeply"),
        (b"MZ\x90\x00", "is neither JSON nor YAML"),
        (b"", "is neither JSON nor YAML"),
        (b'{"type": "bundle", "type": "bundle"}', "is of no kind"),
        (
            json.dumps(bundle({"type": "tool"})).encode(),
            "nothing was taken from it; the first reason: odd: ",
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_its_reason(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    (tmp_path / "odd").write_bytes(data)
    ran = CommandLine(tmp_path)("intel", "import", "odd")
    assert ran.code == 2
    assert reason in ran.err
    assert "Traceback" not in ran.err


def test_only_an_address_that_is_named_is_fetched(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    with served(attack=give(json.dumps(bundle()).encode())) as place:
        ran = sidelight("intel", "import", f"{place}/attack", to=tmp_path / "out")
        assert ran.code == 0
        assert f"{len(OBJECTS)} new" in (tmp_path / "out").read_text()
        assert "fetching" in ran.err
        assert sidelight("intel", "import", f"{place}/nothing").code == 2
    assert "over https only" in sidelight("intel", "import", "http://example.org/a").err


def test_all_works_with_what_comes_along_alone(tmp_path: Path) -> None:
    sidelight = CommandLine(tmp_path)
    assert sidelight("intel", "sources").code == 0
    assert sidelight("intel", "show", "No Such Thing At All").code == 2
    assert not list(tmp_path.rglob("intel.db"))
    assert "there is no such store" in sidelight("intel", "show", "x", "--store", "no.db").err


@needs_shared
def test_the_public_catalogues_are_understood_whole(tmp_path: Path) -> None:
    """ATT&CK, FiGHT and the galaxy: their ambiguous names stay so, their numbers meet."""
    sidelight = CommandLine(tmp_path)
    out = tmp_path / "out"
    assert sidelight("intel", "import", SHARED / "intel", to=out).code == 0
    text = out.read_text()
    assert "22,194 new, 0 newer, 0 older, 0 known, 0 refused" in text
    assert "597 libraries" in text
    assert sidelight("intel", "show", "BPFDoor", "--all", to=out).code == 0
    assert "mitre-fight" in out.read_text()
    sidelight("intel", "show", "Fire Ant", to=out)
    assert "Not called Fire Ant, and maybe another thing:\nMustang Panda" in out.read_text()
    assert sidelight("intel", "show", "G0129", to=out).code == 0
    assert "FIREANT" in out.read_text()
    assert "MITRE 2025-11-04 after Symantec" in out.read_text()
    assert sidelight("intel", "show", "Nikon").code == 2


@needs_shared
def test_names_of_several_actors_in_the_public_galaxy_stay_several() -> None:
    """As many as the explanation of names says."""
    text = zipfile.Path(SHARED / "intel" / "misp-galaxy-clusters.zip", "clusters/threat-actor.json")
    read = read_galaxy(json.loads(text.read_bytes()))
    knowledge = derive(each for each in read if isinstance(each, StixObject))
    index = NameIndex(knowledge)
    found = {claim.name.casefold(): index.look_up(claim.name) for claim in knowledge.names}
    exact = [name for name, them in found.items() if sum(e.match == "exact" for e in them) > 1]
    folded = {fold(name) for name, them in found.items() if len(them) > 1}
    assert (len(exact), len(folded)) == (27, 29)


def test_an_import_tells_what_was_recalled(tmp_path: Path) -> None:
    desk, file = CommandLine(tmp_path), tmp_path / "got.jsonl"
    ident = str(indicator(1)["id"])
    file.write_text(json.dumps(indicator(1)) + "\n")
    mark(file, [Told("r", ident, "2026-01-01", "2026-01-02", "a mistake", "open")])

    ran = desk("intel", "import", "got.jsonl", "--store", "base.db")
    assert (ran.code, f"recalled: {ident} in got.jsonl: a mistake" in ran.err) == (0, True), ran.err
    (tmp_path / "got.jsonl.recalls").write_text("{}\n")
    ran = desk("intel", "import", "got.jsonl", "--store", "base.db")
    assert (ran.code, "names no recalls" in ran.err) == (2, True), ran.err
