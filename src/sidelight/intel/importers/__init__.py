"""Importers: what a document holds, as STIX 2.1 objects."""
