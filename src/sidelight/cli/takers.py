"""What the command line itself makes of findings: an exit code, and a screen that may go away."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from sidelight.values import dataclass

if TYPE_CHECKING:
    from sidelight.coverage import Run
    from sidelight.findings.finding import Finding
    from sidelight.output.formats import Sink


@dataclass(slots=True)
class Counted:
    """Notes whether a finding reaches the fail level."""

    fail_level: str
    found: bool = False

    def add(self, finding: "Finding") -> None:
        """Note what *finding* reaches."""
        if self.found or self.fail_level == "never":
            return
        from sidelight.schema import LEVELS  # noqa: PLC0415

        least = [str(level) for level in LEVELS].index(self.fail_level)
        self.found = LEVELS.index(finding.level) >= least

    def apart(self) -> Self:
        """Give one that notes for itself."""
        return type(self)(self.fail_level)

    def take(self, part: Self) -> None:
        """Note what *part* noted."""
        self.found |= part.found

    def close(self, run: object) -> None:
        """Need nothing of the rest."""


@dataclass(slots=True)
class Shown:
    """Shows findings while somebody looks; files are written all the same."""

    screen: "Sink"
    left: OSError | SystemExit | None = None

    def add(self, finding: "Finding") -> None:
        """Let the screen take a finding."""
        self._show(lambda: self.screen.add(finding))

    def apart(self) -> Self:
        """Give one of a part of the screen."""
        return type(self)(self.screen.apart())

    def take(self, part: Self) -> None:
        """Let the screen add what the one of *part* took."""
        self._show(lambda: self.screen.take(part.screen))

    def close(self, run: "Run") -> None:
        """Show everything."""
        self._show(lambda: self.screen.close(run))

    def _show(self, show: Callable[[], None]) -> None:
        if self.left is None:
            try:
                show()
            except (OSError, SystemExit) as error:  # the latter is what the renderer makes of it
                self.left = error
