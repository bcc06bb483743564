from dataclasses import replace

import pytest

from sample_run import LOADED, findings
from sidelight.attribution.observation import Observer, observe
from sidelight.findings.finding import Asset, Finding
from sidelight.schema import NO_TIME

LEAD = findings()[0]


def with_tags(*tags: str) -> Finding:
    return replace(LEAD, tags=tags)


def test_a_finding_shows_techniques_pairs_words_and_roles() -> None:
    seen = observe([replace(LEAD, asset=Asset("jump-host", "a jump host", ""))])
    assert set(seen.techniques) == {"T1574.001"}
    assert set(seen.pairs) == {"player.exe|codec.dll"}
    assert set(seen.titles) == {" library loaded from the folder of a renamed media player "}
    assert set(seen.roles) == {"jump-host"}
    assert seen.pairs["player.exe|codec.dll"] == (LEAD.id,)
    assert seen.last == LEAD.last_seen


@pytest.mark.parametrize("level", ["low", "informational"])
def test_what_is_below_medium_shows_nothing(level: str) -> None:
    seen = observe([replace(LEAD, level=level)])  # type: ignore[arg-type]
    assert (seen.techniques, seen.pairs, seen.last) == ({}, {}, NO_TIME)


def test_software_is_known_by_its_number_in_tags() -> None:
    assert set(observe([with_tags("attack.s0154", "attack.S1161")]).numbers) == {"S0154", "S1161"}
    assert observe([with_tags("attack.s01540", "attack.t1055", "s0154")]).numbers == {}


def test_loads_count_in_findings_of_sideloads_and_memory_alone() -> None:
    assert observe([replace(LEAD, cls="discovery")]).pairs == {}
    assert observe([replace(LEAD, cls="memory")]).pairs != {}


def test_names_are_folded_and_cut_from_paths_of_both_kinds() -> None:
    fields = {**LOADED, "ImageLoaded": "/opt/X/Codec.DLL", "Image": ["C:\\A\\One.exe", ""]}
    event = replace(LEAD.evidence[0], fields=fields)
    assert set(observe([replace(LEAD, evidence=(event,))]).pairs) == {"one.exe|codec.dll"}
    without = replace(event, fields={"ImageLoaded": "codec.dll"})
    assert set(observe([replace(LEAD, evidence=(without,))]).pairs) == {"|codec.dll"}
    assert observe([replace(LEAD, evidence=(replace(event, fields=None),))]).pairs == {}


def test_a_thousand_findings_are_remembered_by_a_few_ids() -> None:
    observer = Observer()
    for number in range(1000):
        observer.add(replace(LEAD, id=f"f{number:04}"))
    assert observer.findings == 1000
    assert observer.observed().techniques["T1574.001"] == tuple(f"f{n:04}" for n in range(5))
