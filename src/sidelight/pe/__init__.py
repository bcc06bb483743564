"""Portable Executable files: what their bytes say, and whether their signature holds."""
