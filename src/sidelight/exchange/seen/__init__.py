"""Have you seen this? Asked so that as little as can be is told."""
