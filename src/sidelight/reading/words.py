"""Words in a row, for tables in code."""


def words(text: str) -> frozenset[str]:
    """Give the words of *text*."""
    return frozenset(text.split())
