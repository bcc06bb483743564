import orjson
import pytest

from sample_run import findings
from sidelight.attribution.observation import observe
from sidelight.attribution.recorded import recorded
from sidelight.errors import UsageError
from sidelight.output.jsonl import finding_json, line

EVENT = {"source": "s", "record": 1, "channel": "c", "event_id": "7", "rules": [], "fields": {}}
LIST, TEXT = {"fields": [1]}, {"fields": "a"}


def test_fields_of_other_types_are_read_as_text() -> None:
    row = orjson.loads(line(finding_json(findings()[0])))
    fields = {"Image": 5, "ImageLoaded": ["a.dll", 1, None]}
    row |= {"class": "sideload", "level": "high", "evidence": [{**EVENT, "fields": fields}]}
    assert set(observe(recorded([line(row)], "f")).pairs) == {"5|a.dll", "5|1", "5|none"}


def test_what_was_written_shows_what_the_findings_showed() -> None:
    some = findings()
    lines = [line(finding_json(each)) for each in some]
    lines += [b'{"kind":"coverage"}\n', b"\n", b'{"kind":"manifest"}\n']
    read = observe(recorded(lines, "f.jsonl"))
    want = observe(some)
    day = 86_400_000_000_000
    assert (read.techniques, read.pairs, read.titles) == (want.techniques, want.pairs, want.titles)
    assert (read.numbers, set(read.roles)) == (want.numbers, set(want.roles))
    assert read.last == want.last // day * day


@pytest.mark.parametrize(
    "broken",
    [
        b"no json", b"[]", b"7", b'{"kind":"finding"}', b'{"nothing":1}',
        line({**orjson.loads(line(finding_json(findings()[0]))), "level": "worst"}),
        line({**orjson.loads(line(finding_json(findings()[0]))), "last_seen": "soon"}),
        line({**orjson.loads(line(finding_json(findings()[0]))), "rules": None}),
        line({**orjson.loads(line(finding_json(findings()[0]))), "evidence": [{**EVENT, **LIST}]}),
        line({**orjson.loads(line(finding_json(findings()[0]))), "evidence": [{**EVENT, **TEXT}]}),
    ],
)  # fmt: skip
def test_what_is_no_finding_is_refused_with_its_line(broken: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        list(recorded([b'{"kind":"manifest"}\n', broken], "f.jsonl"))
    assert caught.value.where == "f.jsonl, line 2"
    assert "--output findings.jsonl" in caught.value.hint
