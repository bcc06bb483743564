"""A run as one self-contained HTML file that works offline."""

from sidelight.output.html.report import Report, open_html

__all__ = ["Report", "open_html"]
