"""Summary and findings on a terminal, for reading at three in the morning."""

from sidelight.output.terminal.screen import Screen, open_screen

__all__ = ["Screen", "open_screen"]
