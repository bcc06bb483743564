"""How far clocks are apart, in a sentence."""

from typing import Final

from sidelight.findings.clocks import Clock
from sidelight.plural import many

_SECOND: Final = 1_000_000_000


def clock_sentence(clock: Clock) -> str:
    """Say how the clock of a look at a host compares with that of its logs."""
    host, told = clock.host or "A host without a name", many(clock.compared, "process", "processes")
    if clock.restarted:
        return (
            f"{host}: how far the clock of the look is from that of the logs is not known: "
            f"{clock.agreed:,} of {told} agree, and all of these started within a minute, as after "
            "a restart that gave them the same numbers."
        )
    if clock.offset is None:
        return (
            f"{host}: how far the clock of the look is from that of the logs is not known: "
            f"{told} are in both, and {clock.agreed:,} agree."
        )
    agreed = f"{clock.agreed:,} of {told} agree"
    if not clock.apart:
        return f"{host}: the look and the logs go by the same clock ({agreed})."
    side = "ahead of" if clock.offset > 0 else "behind"
    return (
        f"{host}: the clock of the look is {_span(abs(clock.offset))} {side} that of the logs "
        f"({agreed}); processes are joined in spite of that, times are shown as recorded."
    )


def _span(offset: int) -> str:
    seconds = offset / _SECOND
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    parts = [(whole // 3600, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
