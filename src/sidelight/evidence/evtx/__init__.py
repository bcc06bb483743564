"""Windows event logs, decoded straight to columns."""

from sidelight.evidence.evtx.reader import read, sniff

__all__ = ["read", "sniff"]
