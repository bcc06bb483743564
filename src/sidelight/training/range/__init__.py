"""A labelled intrusion into a small operator, written as the logs its hosts would have kept."""

from sidelight.training.range.options import RangeOptions, RangeReport, Step, Trace
from sidelight.training.range.write import write_range

__all__ = ["RangeOptions", "RangeReport", "Step", "Trace", "write_range"]
