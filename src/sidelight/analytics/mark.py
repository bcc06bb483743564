"""What one event is held to say."""

from sidelight.values import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A judgement on one event.

    Args:
        signal: id in `sidelight.analytics.catalogue`.
        points: what it weighs, on the scale of scores.
        said: why, as a sentence built from the event's fields.
        against: what speaks against it, or "".
        subject: path or process key that it is about besides the actor, or "".
        files: paths of files that it is about, each with what has become of it.
    """

    signal: str
    points: int
    said: str
    against: str = ""
    subject: str = ""
    files: tuple[tuple[str, str], ...] = ()
