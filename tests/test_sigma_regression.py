"""Every rule fires on the sample that its authors give for it, through our own reader."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from shared_paths import SHARED, needs_shared
from sidelight.evidence import evtx
from sidelight.evidence.stream import Stream
from sidelight.rules.evaluate import Engine
from sidelight.rules.load import load_rules
from sidelight.rules.plan import compile_plan
from sidelight.schema import Frame

SAMPLES = SHARED / "sigma" / "regression.zip"
RULES = SHARED / "sigma" / "sigma_all_rules.zip"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(compile_plan(load_rules([RULES]).rules))


def cases() -> Iterator[tuple[str, str, int]]:
    """Yield rule, member that holds its sample, and how many events must match at least."""
    with zipfile.ZipFile(SAMPLES) as package:
        for name in sorted(package.namelist()):
            if not name.endswith("info.yml"):
                continue
            info = yaml.safe_load(package.read(name))
            rule = info["rule_metadata"][0]["id"]
            for test in info["regression_tests_info"]:
                if test["type"] == "evtx":
                    member = f"{Path(name).parent.as_posix()}/{Path(test['path']).name}"
                    yield rule, member, test.get("match_count") or 1


def hits(engine: Engine, rule: str, data: bytes) -> int:
    stream = Stream("sample", io.BytesIO(data))
    frames = evtx.read([stream], engine.wanted)
    return sum(
        len(engine.scan(frame).get(rule, ())) for frame in frames if isinstance(frame, Frame)
    )


@needs_shared
def test_every_rule_fires_at_least_as_often_as_its_sample_says(engine: Engine) -> None:
    with zipfile.ZipFile(SAMPLES) as package:
        found = {
            (rule, member): (hits(engine, rule, package.read(member)), least)
            for rule, member, least in cases()
        }
    assert len(found) > 100
    assert {case: pair for case, pair in found.items() if pair[0] < pair[1]} == {}
