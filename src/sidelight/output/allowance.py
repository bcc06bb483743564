"""Sentences on what an allow-list did."""

from sidelight.findings.allowlist import Use


def allowance(use: Use) -> str:
    """Say what an entry hid, or why somebody should look at it."""
    entry = use.entry
    many = _many(use.findings)
    match use.state:
        case "applied":
            did = f"hid {many}"
        case "unused":
            did = "hid nothing: is it still needed?"
        case "expired":
            did = f"expired on {entry.expires} and hides nothing any more"
            did += f" ({many} shown)" if use.findings else ""
    if use.partly:
        did += f"; {_many(use.partly)} shown all the same, as not all of their events are known"
    return f"{entry.id}: {did}; {entry.owner}: {entry.reason}"


def _many(count: int) -> str:
    return f"{count:,} finding{'' if count == 1 else 's'}"
