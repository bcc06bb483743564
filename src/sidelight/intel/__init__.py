"""Intelligence: who is said to use what, under which name, by whom, and how surely.

Nothing here is true because it is stored: every statement is a claim with a source.
"""
