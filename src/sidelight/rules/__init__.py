"""Sigma rules: parsed, planned and evaluated over columns."""
