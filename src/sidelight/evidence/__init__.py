"""Readers: bytes become frames and gaps, and nothing else."""
