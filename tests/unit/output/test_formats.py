import io
import pickle
from dataclasses import replace

import orjson
import pytest

from kept_findings import dealt
from sample_run import findings, run
from sidelight.coverage import Run
from sidelight.output.formats import FORMATS, Header, write


def test_one_pass_fills_every_format() -> None:
    files = {name: io.BytesIO() for name in FORMATS}
    sinks = [FORMATS[name].open(file, Header("0.1.0")) for name, file in files.items()]
    told: list[int] = []

    def finish(count: int) -> Run:
        told.append(count)
        return run(count)

    assert write(dealt(findings()), sinks, finish) == run(7)
    assert told == [7]
    assert all(file.getvalue() for file in files.values())


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(name: str) -> None:
    def once() -> bytes:
        file = io.BytesIO()
        write(dealt(findings()), [FORMATS[name].open(file, Header("0.1.0"))], run)
        return file.getvalue()

    assert once() == once()


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_without_findings_is_written_too(name: str) -> None:
    file = io.BytesIO()
    write(dealt([]), [FORMATS[name].open(file, Header("0.1.0"))], run)
    if name in {"navigator", "stix"}:
        assert orjson.loads(file.getvalue())
    assert file.getvalue() or name == "timesketch"


@pytest.mark.parametrize("cut", range(9))
@pytest.mark.parametrize("name", FORMATS)
def test_what_parts_took_is_written_as_by_one(name: str, cut: int) -> None:
    """Three stretches, of which the second is taken by a part that was sent."""
    some = findings()
    some += [replace(some[0], id="again", host="other")]
    whole, shared = io.BytesIO(), io.BytesIO()
    write(dealt(some), [FORMATS[name].open(whole, Header("0.1.0"))], run)
    sink = FORMATS[name].open(shared, Header("0.1.0"))
    for finding in some[:cut]:
        sink.add(finding)
    part = pickle.loads(pickle.dumps(sink.apart()))
    for finding in some[cut : cut + 3]:
        part.add(finding)
    sink.take(pickle.loads(pickle.dumps(part)))
    write(dealt(some[cut + 3 :]), [sink], lambda _: run(len(some)))
    assert shared.getvalue() == whole.getvalue()


def test_names_and_suffixes_are_distinct() -> None:
    assert list(FORMATS) == ["jsonl", "csv", "html", "navigator", "timesketch", "stix"]
    assert len({writer.suffix for writer in FORMATS.values()}) == len(FORMATS)
