"""Sidelight finds code that hides inside trusted programs."""

__version__ = "0.1.0"
