"""Findings as a STIX 2.1 bundle."""

from sidelight.output.stix.bundle import Bundle, open_stix

__all__ = ["Bundle", "open_stix"]
