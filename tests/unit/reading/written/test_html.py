"""A brief as HTML: whatever a text holds, it is shown and not run."""

import re

from reading_cases import brief
from sidelight.reading.written.html import as_html
from sidelight.reading.written.markdown import as_markdown

HOSTILE = (
    "<script>alert(1)</script> The group Naikon\x1b[31m used COOLCLIENT, see [here](javascript:x). "
    "It said \u202eevil."
)


def test_markup_of_a_text_is_text() -> None:
    page = as_html(brief(HOSTILE), "green")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_no_control_character_gets_through() -> None:
    for text in (as_html(brief(HOSTILE), "green"), as_markdown(brief(HOSTILE), "green")):
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_link_of_a_text_is_no_link_of_the_brief() -> None:
    assert not re.search(r"(?<!\\)\]\(javascript", as_markdown(brief(HOSTILE), "green"))
    assert 'href="javascript' not in as_html(brief(HOSTILE), "green")


def test_every_number_of_a_sentence_has_its_quote() -> None:
    page = as_markdown(brief(HOSTILE), "green")
    body, _, quotes = page.partition("## What the numbers stand for")
    cited = ",".join(re.findall(r"(?<!\\)\[([\d, ]+)", body))
    numbers = {int(number) for number in cited.split(",") if number.strip()}
    assert numbers
    assert all(f"\n{number}. " in quotes for number in numbers)
