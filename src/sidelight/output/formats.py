"""Every format that findings are written in."""

from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO, Final, Protocol, Self

from sidelight.coverage import Run
from sidelight.findings.finding import Finding
from sidelight.output.marking import Marking
from sidelight.values import dataclass


class Sink(Protocol):
    """A `Taker` of findings, most severe first, that takes the rest of the run at the end."""

    def add(self, finding: Finding) -> None:
        """Take a finding."""

    def apart(self) -> Self:
        """Give one of its kind for findings that come later, which may be sent."""

    def take(self, part: Self) -> None:
        """Add what *part* took."""

    def close(self, run: Run) -> None:
        """Take the rest of the run and write everything that is not written yet."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a writer may need before the first finding.

    Args:
        version: of the tool.
        marking: TLP 2.0 label of everything that is written.
    """

    version: str
    marking: Marking = "amber+strict"


@dataclass(frozen=True, slots=True)
class Writer:
    """A format.

    Args:
        suffix: how names of its files end.
        open: begins a file, and imports what that takes; the file stays open after
            `Sink.close`, it is the caller's.
    """

    name: str
    suffix: str
    open: Callable[[BinaryIO, Header], Sink]


def _jsonl(file: BinaryIO, header: Header) -> Sink:
    from sidelight.output.jsonl import open_jsonl  # noqa: PLC0415 - see `Writer.open`, and below

    del header
    return open_jsonl(file)


def _csv(file: BinaryIO, header: Header) -> Sink:
    from sidelight.output.csv_timeline import open_timeline  # noqa: PLC0415

    del header
    return open_timeline(file)


def _html(file: BinaryIO, header: Header) -> Sink:
    from sidelight.output.html import open_html  # noqa: PLC0415

    return open_html(file, header.marking)


def _navigator(file: BinaryIO, header: Header) -> Sink:
    from sidelight.output.navigator import Layer  # noqa: PLC0415

    del header
    return Layer(file)


def _timesketch(file: BinaryIO, header: Header) -> Sink:
    from sidelight.output.timesketch import open_timesketch  # noqa: PLC0415

    del header
    return open_timesketch(file)


def _stix(file: BinaryIO, header: Header) -> Sink:
    from sidelight.output.stix import open_stix  # noqa: PLC0415

    return open_stix(file, header.version, header.marking)


FORMATS: Final[Mapping[str, Writer]] = {
    writer.name: writer
    for writer in (
        Writer("jsonl", ".jsonl", _jsonl),
        Writer("csv", ".csv", _csv),
        Writer("html", ".html", _html),
        Writer("navigator", ".navigator.json", _navigator),
        Writer("timesketch", ".timesketch.jsonl", _timesketch),
        Writer("stix", ".stix.json", _stix),
    )
}


def write(
    give: Callable[[Sequence[Sink]], int], sinks: Sequence[Sink], finish: Callable[[int], Run]
) -> Run:
    """Have every finding given to every sink in one pass, then the run.

    Args:
        give: gives findings, most severe first, and tells how many there were.
        sinks: where they go.
        finish: gives the run, when it is told how many findings there were.
    """
    run = finish(give(sinks))
    for sink in sinks:
        sink.close(run)
    return run
