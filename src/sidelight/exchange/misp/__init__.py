"""MISP: its events become STIX that may be shared, and what was shared becomes its events."""
