"""Hits as a set, and the findings an analyst reads."""
