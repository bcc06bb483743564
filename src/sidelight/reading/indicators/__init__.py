"""Observables in a text: addresses, names, hashes, paths, commands, rules, telecom numbers.

What is found is observed, never blocked: nothing here makes an indicator of anything.
"""

from sidelight.reading.indicators.find import find_observables

__all__ = ["find_observables"]
