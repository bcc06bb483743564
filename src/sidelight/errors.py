"""Every error that a caller may act on, in one small tree.

SidelightError
├── EvidenceError   evidence was named that cannot be used at all
├── ExchangeError   a server of an ally cannot be reached, or refuses
├── IntelError      intelligence cannot be read, or says what cannot be understood
├── RuleError       a rule cannot be run as written
└── UsageError      an option, a configuration value or a path is wrong

Damage inside evidence is not an error: it is a `sidelight.schema.Gap`.
"""


class SidelightError(Exception):
    """Something went wrong that a person can mend.

    Args:
        reason: what is wrong, in one sentence without a full stop.
        where: the file, line, option or object it is about.
        hint: what to do about it; empty where there is nothing to do.
    """

    def __init__(self, reason: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(reason, where, hint)
        self.reason = reason
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.reason}" if self.where else self.reason
        return f"{text} ({self.hint})" if self.hint else text


class EvidenceError(SidelightError):
    """Evidence was named that cannot be used at all."""


class ExchangeError(SidelightError):
    """A server of an ally cannot be reached, or refuses."""


class IntelError(SidelightError):
    """Intelligence cannot be read, or says what cannot be understood."""


class RuleError(SidelightError):
    """A rule cannot be run as written."""


class UsageError(SidelightError):
    """An option, a configuration value or a path is wrong."""


def reason_of(error: Exception) -> str:
    """Say what is wrong; of a file, without its name and the number of the error."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
