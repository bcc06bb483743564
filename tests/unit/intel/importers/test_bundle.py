from intel_samples import OBJECTS, bundle, thing
from sidelight.intel.importers.bundle import bundle_version, is_bundle, read_bundle
from sidelight.intel.stix import Refusal, StixObject


def test_a_bundle_and_a_single_object_are_recognised() -> None:
    assert is_bundle(bundle())
    assert is_bundle(OBJECTS[0])
    assert not is_bundle({"type": "bundle"})
    assert not is_bundle({**OBJECTS[0], "type": "malware"})
    assert not is_bundle([bundle()])


def test_every_object_is_given_or_refused() -> None:
    found = list(read_bundle(bundle(*OBJECTS, {"id": "x"}, spec="2.0")))
    assert sum(isinstance(each, StixObject) for each in found) == len(OBJECTS)
    assert found[-1] == Refusal(f"objects[{len(OBJECTS)}]", "has no STIX id")
    assert [each.where for each in read_bundle({**bundle(), "objects": 3})] == [bundle()["id"]]
    assert len(list(read_bundle(OBJECTS[0]))) == 1


def test_the_version_of_attack_is_what_its_collection_says_or_else_its_last_change() -> None:
    collection = thing(
        "x-mitre-collection--11111111-1111-4111-8111-111111111111",
        "Enterprise ATT&CK",
        x_mitre_version="18.1",
    )
    assert bundle_version(bundle(collection)) == "Enterprise ATT&CK 18.1"
    assert bundle_version(bundle()) == "ATT&CK, changed 2024-05-06"
    assert bundle_version(bundle({**OBJECTS[0], "created_by_ref": None})) == ""
