"""Sentences on what an allow-list did."""

from sidelight.findings.allowlist import Use
from sidelight.plural import many


def allowance(use: Use) -> str:
    """Say what an entry hid, or why somebody should look at it."""
    entry = use.entry
    found = many(use.findings, "finding")
    match use.state:
        case "applied":
            did = f"hid {found}"
        case "unused":
            did = "hid nothing: is it still needed?"
        case "expired":
            did = f"expired on {entry.expires} and hides nothing any more"
            did += f" ({found} shown)" if use.findings else ""
    if use.partly:
        partly = many(use.partly, "finding")
        did += f"; {partly} shown all the same, as not all of their events are known"
    return f"{entry.id}: {did}; {entry.owner}: {entry.reason}"
