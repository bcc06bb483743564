"""Readers: the bytes of one format become text whose characters know where they come from."""
