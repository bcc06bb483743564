"""A hunt: evidence read and scanned, findings and coverage drawn from it."""
