"""A brief as one HTML file that loads nothing and runs nothing; everything in it is escaped."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from sidelight.intel.markings import Marking
from sidelight.reading.brief import Brief
from sidelight.reading.shown import shown
from sidelight.reading.written.quotes import LABEL, Quotes


@cache
def _template() -> Template:
    text = (files("sidelight") / "reading" / "written" / "brief.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text)


def as_html(brief: Brief, marking: Marking) -> str:
    """Write *brief*."""
    return _template().render(
        brief=brief,
        quotes=Quotes(brief),
        label=f"TLP:{marking.upper()}",
        proposed=LABEL,
        shown=shown,
    )
