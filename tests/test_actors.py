"""What the bundled files say of intrusion sets, and that each statement has a source."""

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from sidelight.attribution.hearsay import bundled_lore
from sidelight.intel.entity import ACTORS, SOFTWARE
from sidelight.intel.identifier import sector_id
from sidelight.intel.knowledge import OWN
from sidelight.intel.names import NameIndex
from sidelight.intel.statements import load_bundled

KNOWN = load_bundled()
INDEX = NameIndex(KNOWN)
CONTENT = files("sidelight") / "content"
TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (CONTENT / "attribution" / "tools.toml").read_text(encoding="utf-8")
)
SOURCES = {key: each for key, each in KNOWN.sources.items() if key != OWN}
TELECOM = sector_id("telecommunications")


def meant(name: str) -> set[str]:
    """Name the sets that *name* means exactly."""
    return {
        each.entity.name
        for each in INDEX.look_up(name)
        if each.match != "folded" and each.entity.type in ACTORS
    }


def sets(tool: str) -> dict[str, set[str]]:
    """Give the sets tied to a tool, each with the relations that sources claim."""
    (entity,) = (each.entity for each in INDEX.look_up(tool) if each.entity.type in SOFTWARE)
    found: dict[str, set[str]] = {}
    for claim in KNOWN.by_object[entity.id]:
        if claim.subject in KNOWN.entities and claim.relation in {"uses", "associated-with"}:
            found.setdefault(KNOWN.name_of(claim.subject), set()).add(claim.relation)
    return found


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_source_says_who_published_it_when_where_and_how_it_was_checked(source: Any) -> None:
    assert source.publisher
    assert source.title
    assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", source.date)
    assert source.url.startswith("http")
    assert source.checked in {"catalogue", "page", "memory"}
    assert source.first_hand == (source.kind in {"vendor report", "government", "research"})


def test_no_statement_stands_without_a_source_and_no_source_without_a_statement() -> None:
    used = {claim.source for claim in (*KNOWN.claims, *KNOWN.names)}
    used |= {cited for claim in (*KNOWN.claims, *KNOWN.names) for cited in claim.cites}
    tables = [row for rows in TABLE.values() for row in rows]
    assert all(row["sources"] for row in tables)
    told = {source for row in tables for source in row["sources"]}
    lines = (CONTENT / "attribution" / "techniques.txt", CONTENT / "attribution" / "figures.txt")
    told |= {re.findall(r"source: ([\w-]+)", each.read_text(encoding="utf-8"))[0] for each in lines}
    assert used | told <= set(SOURCES)
    assert set(SOURCES) <= used | told
    summed = {each.id for each in KNOWN.entities.values() if each.summary}
    assert summed <= {claim.entity for claim in KNOWN.names}  # what we tell of them has a source


def test_press_that_passes_on_a_report_says_which() -> None:
    press = {key for key, each in SOURCES.items() if each.kind == "press"}
    alone = {c.source for c in (*KNOWN.claims, *KNOWN.names) if c.source in press and not c.cites}
    assert {SOURCES[key].publisher for key in alone} <= {"The Hacker News", "Dark Reading"}


def test_names_of_the_three_groups_lead_where_their_vendor_says() -> None:
    assert meant("Fireant") == {"Mustang Panda"}
    assert meant("Needleminer") == {"RedFoxtrot"}
    assert meant("Firefly") == {"Naikon"}


def test_fireant_is_not_fire_ant() -> None:
    assert meant("Fire Ant") == {"Fire Ant"}
    (fire_ant,) = (each.entity for each in INDEX.look_up("Fire Ant") if each.match == "exact")
    overlaps = {
        KNOWN.name_of(c.object) for c in KNOWN.by_subject[fire_ant.id] if c.relation == "overlaps"
    }
    assert overlaps == {"UNC3886"}


@pytest.mark.parametrize(
    ("tool", "who"),
    [("COOLCLIENT", "Mustang Panda"), ("QUICKHEAL", "RedFoxtrot"), ("RainyDay", "Naikon")],
)
def test_the_campaign_of_2024_ties_tools_to_sets_and_says_no_more(tool: str, who: str) -> None:
    assert set(sets(tool)) == {who}
    told = [c for c in KNOWN.claims if c.source == "symantec-telecoms-2024"]
    about = [c for c in told if KNOWN.name_of(c.object).lower() == tool.lower()]
    assert {(c.relation, KNOWN.name_of(c.subject)) for c in about} == {("associated-with", who)}


@pytest.mark.parametrize(
    "name",
    [
        "Salt Typhoon", "LightBasin", "LIMINAL PANDA", "GALLIUM", "UNC3886", "Weaver Ant",
        "Red Menshen", "RedFoxtrot", "Naikon", "Mustang Panda", "Calypso", "UNC2814", "UAT-9244",
    ],
)  # fmt: skip
def test_who_goes_after_operators_is_said_by_somebody(name: str) -> None:
    (entity,) = (each.entity for each in INDEX.look_up(name) if each.entity.name == name)
    assert any(c.relation == "targets" and c.object == TELECOM for c in KNOWN.by_subject[entity.id])


@pytest.mark.parametrize(
    "tool", ["BPFDoor", "TinyShell", "GTPDOOR", "SLAPSTICK", "STEELCORGI", "MEDUSA", "REPTILE"]
)
def test_tools_of_linux_and_network_elements_are_tied_to_somebody(tool: str) -> None:
    assert sets(tool)


def test_lightbasin_and_liminal_panda_are_kept_apart() -> None:
    assert meant("LightBasin") == {"LightBasin"}
    assert meant("LIMINAL PANDA") == {"LIMINAL PANDA"}
    assert set(sets("SLAPSTICK")) == {"LightBasin", "UNC2891"}


def test_every_delivery_and_availability_is_of_a_tool_that_is_known() -> None:
    lore = bundled_lore()
    keys = {"-".join(name.lower().split()) for name in lore.tools.values()}
    keys |= {re.sub(r"[^a-z0-9]+", "-", name.lower()) for name in lore.tools.values()}
    for row in (*TABLE["delivery"], *TABLE["availability"]):
        assert row["tool"] in keys
    whole = [row for row in TABLE["delivery"] if row.get("program") or row.get("library")]
    assert len(lore.deliveries) == len(whole)
    for each in lore.deliveries:
        assert each.program == each.program.lower()
        assert each.library == each.library.lower()


def test_no_text_of_ours_says_that_somebody_did_it() -> None:
    for each in KNOWN.entities.values():
        assert "done by" not in each.summary
