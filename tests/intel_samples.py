"""Small catalogues of invented things, and the slow, obvious store beside the real one."""

from collections.abc import Iterable, Iterator

from sidelight.intel.knowledge import Knowledge
from sidelight.intel.statements import read_statements
from sidelight.intel.stix import Refusal, StixObject, check_object

ATTACK = "identity--c78cb6e5-0c4b-4611-8297-d1b8b55e40b5"
HERON = "intrusion-set--11111111-1111-4111-8111-111111111111"
STORK = "intrusion-set--22222222-2222-4222-8222-222222222222"
LANTERN = "malware--33333333-3333-4333-8333-333333333333"
NETTLE = "tool--44444444-4444-4444-8444-444444444444"
SIDELOAD = "attack-pattern--55555555-5555-4555-8555-555555555555"
CLUSTER = "66666666-6666-4666-8666-666666666666"
USES = "relationship--77777777-7777-4777-8777-777777777777"


def thing(identity: str, name: str, number: str = "", **more: object) -> dict[str, object]:
    """Give an object as ATT&CK writes it."""
    references = [{"source_name": "mitre-attack", "external_id": number}] if number else []
    return {
        "type": identity.partition("--")[0],
        "id": identity,
        "created_by_ref": ATTACK,
        "created": "2020-01-01T00:00:00.000Z",
        "modified": "2024-05-06T07:08:09.123Z",
        "name": name,
        "external_references": references,
        **more,
    }


def tie(number: int, source: str, kind: str, target: str, **more: object) -> dict[str, object]:
    """Give a relationship as ATT&CK writes it."""
    return {
        "type": "relationship",
        "id": f"{USES[:-3]}{number:03}",
        "created_by_ref": ATTACK,
        "created": "2020-01-01T00:00:00.000Z",
        "modified": "2024-05-06T07:08:09.123Z",
        "relationship_type": kind,
        "source_ref": source,
        "target_ref": target,
        **more,
    }


REPORT = {
    "source_name": "Acme Heron 2023",
    "description": "Doe, J. (2023, March 4). A heron in the reeds. Retrieved May 1, 2024.",
    "url": "https://www.securelist.com/heron",
}
OBJECTS: list[dict[str, object]] = [
    thing(
        HERON,
        "Grey Heron",
        "G9001",
        aliases=["Grey Heron", "Fishwind"],
        external_references=[
            {"source_name": "mitre-attack", "external_id": "G9001"},
            {"source_name": "Fishwind", "description": "(Citation: Acme Heron 2023)"},
            REPORT,
        ],
    ),
    thing(STORK, "Black Stork", "G9002", aliases=["Black Stork"]),
    thing(LANTERN, "LANTERN", "S9001", x_mitre_aliases=["LANTERN", "Glowlamp"]),
    thing(NETTLE, "Nettle", "S9002"),
    thing(SIDELOAD, "DLL", "T1574.001"),
    tie(1, HERON, "uses", LANTERN, external_references=[REPORT]),
    tie(2, HERON, "uses", NETTLE),
    tie(3, STORK, "uses", NETTLE),
    tie(4, LANTERN, "uses", SIDELOAD),
]


def bundle(*objects: dict[str, object], spec: str = "2.0") -> dict[str, object]:
    """Give a bundle of *objects*, of all samples where there are none."""
    return {
        "type": "bundle",
        "id": "bundle--99999999-9999-4999-8999-999999999999",
        "spec_version": spec,
        "objects": list(objects) or OBJECTS,
    }


def galaxy(**more: object) -> dict[str, object]:
    """Give a file of clusters as the MISP galaxy writes them."""
    cluster = {
        "uuid": CLUSTER,
        "value": "Fishwind",
        "description": "Said to fish.",
        "meta": {
            "synonyms": ["Mudwader", "Grey Heron"],
            "origin:Mudwader": "Acme",
            "cfr-suspected-victims": ["South Korea", "Atlantis"],
            "targeted-sector": ["Telecoms"],
            "country": "PH",
            "attribution-confidence": "50",
            "refs": ["https://example.org/fishwind"],
        },
        "related": [
            {
                "dest-uuid": HERON.partition("--")[2],
                "type": "similar",
                "tags": ['estimative-language:likelihood-probability="likely"'],
            }
        ],
        **more,
    }
    return {
        "type": "threat-actor",
        "category": "actor",
        "name": "Threat Actor",
        "authors": ["Somebody"],
        "source": "MISP Project",
        "uuid": "88888888-8888-4888-8888-888888888888",
        "version": 7,
        "values": [cluster],
    }


FIGHT: dict[str, object] = {
    "id": "FiGHT",
    "name": "Matrix",
    "tactics": [{"id": "TA5001", "name": "Fraud"}],
    "techniques": [
        {"id": "FGT1574.001", "name": "DLL", "status": "observed"},
        {"id": "FGT5042", "name": "Bypass a firewall", "subtechnique-of": "FGT5040"},
    ],
    "groups": [
        {
            "id": "G9001",
            "name": "Grey heron",
            "techniques": [{"id": "FGT5042", "name": "x", "use": "It did so."}],
        },
        {"id": "nothing", "name": "No number"},
    ],
    "software": [{"id": "FGS9001", "name": "Reed", "description": "A backdoor.", "techniques": []}],
    "mitigations": [{"id": "FGM9001", "name": "Look", "techniques": ["FGT5042"]}],
    "campaigns": [],
    "data sources": [{"id": "FGDS9001", "name": "Logs"}],
}

STATEMENTS = """
[[source]]
id = "acme-2023"
title = "A heron in the reeds"
publisher = "Acme"
date = "2023-03-04"
url = "https://acme.example/heron"
kind = "vendor report"
first_hand = true

[[source]]
id = "press-2023"
title = "Herons seen"
publisher = "The Press"
date = "2023-03-05"
url = ""
kind = "press"

[[entity]]
key = "grey-heron"
type = "intrusion-set"
name = "Grey Heron"
numbers = ["G9001"]

[[entity]]
key = "fish-wind"
type = "intrusion-set"
name = "Fish Wind"

[[entity]]
key = "lantern"
type = "malware"
name = "LANTERN"
numbers = ["S9001"]

[[name]]
of = "grey-heron"
name = "Fishwind"
coined_by = "Acme"
source = "acme-2023"

[[name]]
of = "fish-wind"
name = "Fish Wind"
source = "press-2023"

[[claim]]
subject = "grey-heron"
relation = "associated-with"
object = "lantern"
source = "press-2023"
hedge = "linked to"
cites = ["acme-2023"]

[[claim]]
subject = "lantern"
relation = "delivered-by"
object = "T1574.001"
source = "acme-2023"
at = "page 3"

[[claim]]
subject = "grey-heron"
relation = "targets"
object = "sector:telecommunications"
source = "acme-2023"
"""


def kept(objects: Iterable[object], *, spec: str = "2.0") -> list[StixObject]:
    """Check *objects*, of which none is refused."""
    checked = [check_object(each, "here", spec=spec) for each in objects]
    assert not [each for each in checked if isinstance(each, Refusal)]
    return [each for each in checked if isinstance(each, StixObject)]


def stated() -> Knowledge:
    """Give what the statements say."""
    return read_statements({"sample.toml": STATEMENTS})


def latest(objects: Iterable[StixObject]) -> Iterator[StixObject]:
    """Give the latest version of each object by each creator: the slow way, as an oracle."""
    every = list(objects)
    for chain in sorted({(each.id, each.creator) for each in every}):
        yield max(
            (each for each in every if (each.id, each.creator) == chain),
            key=lambda each: (each.modified, each.digest),
        )
