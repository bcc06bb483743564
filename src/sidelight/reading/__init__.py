"""Prose becomes claims, each with the span it comes from, and claims become a brief with hunts."""
