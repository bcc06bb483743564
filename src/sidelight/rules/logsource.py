"""Which events a rule looks at: Sigma's logsources as channels, event ids and field names."""

from sidelight.rules.rule import LogSource


def refusal(source: LogSource) -> str:
    """Say why no event log can ever serve *source*; empty if one can."""
    if source.product == "windows" and source.category in {"file_access", "file_rename"}:
        return f"no event log carries {source.category}: it comes from kernel tracing alone"
    return ""
