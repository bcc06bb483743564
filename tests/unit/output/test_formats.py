import io

import orjson
import pytest

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

    assert write(iter(findings()), sinks, finish) == run(7)
    assert told == [7]
    assert all(file.getvalue() for file in files.values())


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(name: str) -> None:
    def once() -> bytes:
        file = io.BytesIO()
        write(findings(), [FORMATS[name].open(file, Header("0.1.0"))], run)
        return file.getvalue()

    assert once() == once()


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_without_findings_is_written_too(name: str) -> None:
    file = io.BytesIO()
    write([], [FORMATS[name].open(file, Header("0.1.0"))], run)
    if name in {"navigator", "stix"}:
        assert orjson.loads(file.getvalue())
    assert file.getvalue() or name == "timesketch"


def test_names_and_suffixes_are_distinct() -> None:
    assert list(FORMATS) == ["jsonl", "csv", "html", "navigator", "timesketch", "stix"]
    assert len({writer.suffix for writer in FORMATS.values()}) == len(FORMATS)
