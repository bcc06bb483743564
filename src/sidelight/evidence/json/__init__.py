"""JSON of events in the shapes people have: lines, arrays, or objects one after another.

A frame's record is the line where lines hold an object each. In other documents, where several
objects may begin on one line, it is the ordinal of the object.
"""

from sidelight.evidence.json.reader import read, sniff

__all__ = ["read", "sniff"]
