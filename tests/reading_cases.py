"""What tests of the reader share: a small knowledge base, and ways to read a text."""

from functools import cache

from sidelight.findings.assets import Assets
from sidelight.intel.knowledge import Knowledge
from sidelight.intel.statements import read_statements
from sidelight.intel.warning import read_warnings
from sidelight.reading.brief import Brief
from sidelight.reading.compose import compose
from sidelight.reading.formats import read_documents
from sidelight.reading.lexicon import Lexicon, make_lexicon
from sidelight.reading.read import Reading, read

KNOWN = """
[[source]]
id = "vendor-2024"
title = "A report"
publisher = "Vendor"
date = "2024-06-20"
url = ""
kind = "vendor report"

[[entity]]
key = "mustang-panda"
type = "intrusion-set"
name = "Mustang Panda"
numbers = ["G0129"]

[[entity]]
key = "redfoxtrot"
type = "intrusion-set"
name = "RedFoxtrot"

[[entity]]
key = "naikon"
type = "intrusion-set"
name = "Naikon"

[[entity]]
key = "unc3886"
type = "intrusion-set"
name = "UNC3886"

[[entity]]
key = "fire-ant"
type = "intrusion-set"
name = "Fire Ant"

[[entity]]
key = "twin-one"
type = "intrusion-set"
name = "Gemini Spider"

[[entity]]
key = "twin-two"
type = "intrusion-set"
name = "Castor"

[[entity]]
key = "coolclient"
type = "malware"
name = "COOLCLIENT"

[[entity]]
key = "groove"
type = "malware"
name = "Groove"

[[name]]
of = "mustang-panda"
name = "Fireant"
coined_by = "Vendor"
source = "vendor-2024"

[[name]]
of = "redfoxtrot"
name = "Needleminer"
source = "vendor-2024"

[[name]]
of = "naikon"
name = "Firefly"
source = "vendor-2024"

[[name]]
of = "twin-two"
name = "Gemini Spider"
source = "vendor-2024"

[[claim]]
subject = "mustang-panda"
relation = "associated-with"
object = "coolclient"
source = "vendor-2024"
hedge = "associated with"

[[claim]]
subject = "mustang-panda"
relation = "targets"
object = "sector:telecommunications"
source = "vendor-2024"

[[claim]]
subject = "fire-ant"
relation = "overlaps"
object = "unc3886"
source = "vendor-2024"
"""


@cache
def knowledge() -> Knowledge:
    """Give the small knowledge base."""
    return read_statements({"known.toml": KNOWN})


@cache
def lexicon() -> Lexicon:
    """Give its names."""
    return make_lexicon(knowledge())


def reading(text: str, name: str = "report.txt") -> Reading:
    """Read a text."""
    document = read_documents(text.encode(), name)[0]
    return read(document, lexicon(), read_warnings(None))


def brief(*texts: str, assets: Assets | None = None) -> Brief:
    """Make the brief of texts."""
    readings = [reading(text, f"{number}.txt") for number, text in enumerate(texts, 1)]
    return compose(readings, knowledge(), assets or Assets())


def observed(text: str) -> set[str]:
    """Give kind and value of what was seen in an intrusion."""
    return {f"{each.kind} {each.value}" for each in reading(text).observed}


def claimed(text: str) -> set[str]:
    """Give the claims of a text, those that it denies left out."""
    return {
        f"{each.subject} {each.relation} {each.object}"
        for each in reading(text).claims
        if not each.denied
    }


def named(text: str) -> set[str]:
    """Give the actors, malware and tools of a text."""
    return {each.name for each in reading(text).of_kind("actor", "malware", "tool")}
