import base64
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from sample_run import HOSTILE, findings, run
from sidelight.findings.finding import Finding
from sidelight.output.html import open_html
from sidelight.output.html.chart import axis, bars
from sidelight.output.html.matrix import matrix
from sidelight.output.tally import Tally

VOID = {"meta", "input", "br"}


def written(some: list[Finding], limit: int = 2000, partial: str = "") -> str:
    file = io.BytesIO()
    sink = open_html(file, limit=limit)
    for finding in some:
        sink.add(finding)
    sink.close(run(len(some), partial))
    return file.getvalue().decode()


class Outline(HTMLParser):
    """Collects elements and checks that they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attrs for name, attrs in self.seen if name == tag)


@pytest.fixture(scope="module")
def page() -> Outline:
    return Outline(written(findings()))


def test_elements_nest(page: Outline) -> None:
    assert page.open == []


def test_hostile_values_add_no_element_and_no_attribute(page: Outline) -> None:
    assert not list(page.all("img"))
    assert len(list(page.all("script"))) == 1
    assert not [attrs for _, attrs in page.seen if any(name.startswith("on") for name in attrs)]
    assert not [attrs for _, attrs in page.seen if "style" in attrs]


def test_hostile_values_are_shown_as_text() -> None:
    text = written(findings())
    assert HOSTILE not in text
    assert "{{7*7}}" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_nothing_is_fetched_from_anywhere(page: Outline) -> None:
    sources = [attrs[name] for _, attrs in page.seen for name in ("src", "href") if name in attrs]
    assert sources
    assert all(str(source).startswith("#") for source in sources)
    assert not re.search(r"url\(|@import", page.text["style"])


def test_the_policy_allows_the_own_script_and_style_only(page: Outline) -> None:
    policy = next(
        str(attrs["content"])
        for attrs in page.all("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    for element in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.text[element].encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_every_link_inside_leads_somewhere(page: Outline) -> None:
    ids = {attrs["id"] for _, attrs in page.seen if "id" in attrs}
    assert {str(attrs["href"])[1:] for attrs in page.all("a")} <= ids


def test_a_technique_stands_under_tactics_of_its_own_and_not_under_all_of_its_rule() -> None:
    finding = replace(findings()[0], tactics=("stealth",), techniques=("T1071.001",))
    tally = Tally()
    tally.add(finding)
    columns = {
        each.name: {cell.technique for cell in each.cells} for each in matrix(run().coverage, tally)
    }
    assert [name for name, some in columns.items() if "T1071.001" in some] == [
        "command-and-control"
    ]


def test_findings_of_one_story_are_linked_to_each_other() -> None:
    lead, other = findings()[:2]
    text = written(findings())
    assert text.count("Of the same story") == 2
    for each in (lead, other):
        assert f'href="#f-{each.id}"' in text
    assert "Of the same story" not in written(findings(), limit=1)


def test_a_score_is_traced_to_its_events() -> None:
    lead = findings()[0]
    many = tuple(("a.evtx", number) for number in range(9))
    text = written([replace(lead, weights=(replace(lead.weights[0], events=many),))])
    assert '<td class="num">+45</td>' in text
    assert "a.evtx#4 and 4 more" in text
    assert "What would refute it" in text
    assert lead.refute[0].split("'")[0] in text


def test_the_tile_of_gaps_counts_those_of_the_table() -> None:
    assert "<b>1</b><span>of 3 gaps lost evidence</span>" in written(findings())


def test_a_report_is_bounded_and_says_what_it_left_out() -> None:
    text = written(findings(), limit=2)
    assert text.count('<details class="finding"') == 2
    assert "The 2 most severe of 7 findings" in text


def test_a_zero_says_why_and_a_partial_run_that_it_is() -> None:
    text = written([], partial="interrupted")
    assert "Why nothing was found" in text
    assert "interrupted: this is what was found so far" in text
    Outline(text)


def test_a_script_keeps_its_lines() -> None:
    event = replace(findings()[0].evidence[0], fields={"ScriptBlockText": "first\nsecond\x1b"})
    assert "first\nsecond␛" in written([replace(findings()[0], evidence=(event,))])


@pytest.mark.parametrize("last", [0, 1, 23, 119, 120, 121, 50_000])
def test_an_axis_covers_its_span_in_few_steps(last: int) -> None:
    scale = axis(0, last)
    assert scale.steps <= 120
    assert scale.steps * scale.step > last
    assert scale.column(last) == scale.steps - 1
    assert scale.column(last + 10**6) == scale.steps - 1


def test_bars_stack_to_the_height_of_the_chart() -> None:
    boxes = bars({(0, "high"): 3, (0, "low"): 1, (5, "low"): 2}, axis(0, 9))
    assert [(box.name, box.height) for box in boxes] == [
        ("high", 112.5),
        ("low", 37.5),
        ("low", 75),
    ]
    assert min(box.y for box in boxes) == 0
    assert bars({}, axis(0, 0)) == ()


@pytest.mark.parametrize("last", [0, 4, 6, 10, 119, 120, 50_000])
def test_an_axis_has_few_labels_that_lie_apart_in_it(last: int) -> None:
    places = [x for x, _ in axis(0, last).labels]
    assert places[0] == 0
    assert len(places) <= 6
    assert all(b - a + 0.01 >= 100 / 6 for a, b in pairwise([*places, 100]))


def test_each_cell_of_a_row_has_a_place_of_its_own_at_every_width(page: Outline) -> None:
    areas = re.findall(r"grid-template-areas: ([^;]+);", page.text["style"])
    assert len(areas) == 3
    for each in areas:
        rows = [row.split() for row in re.findall(r'"([^"]+)"', each)]
        assert len({len(row) for row in rows}) == 1
        named = {name for row in rows for name in row} - {"."}
        assert named == {"level", "score", "title", "host", "time", "events"}
    placed = set(re.findall(r"grid-area: (\w+);", page.text["style"]))
    assert placed == named


def test_a_row_says_of_what_its_last_number_is() -> None:
    one, two = (replace(findings()[0], count=count) for count in (1, 2))
    text = written([one, two])
    assert ' data-unit=" event">1<' in text
    assert ' data-unit=" events">2<' in text
