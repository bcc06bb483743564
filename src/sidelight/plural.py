"""How many there are of something, in words."""


def many(count: int, one: str, several: str = "") -> str:
    """Say how many there are: ``1 host``, ``1,204 hosts``; *several* where an s is not enough."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {several or one + 's'}"
