"""What a rule cannot say: judgements that rest on several events, or on what lies inside a text.

Rule 1. Each analytic scans frames into facts, which merge as sets, and concludes from all of
them; nothing is concluded while reading.
Rule 2. Behaviour is judged, never a name: no file, tool, host or hash of a known intrusion
stands in the code or weighs in a threshold.
Rule 3. A field that is missing is unknown. It speaks neither for nor against.
"""

from sidelight.host import MEDIUM

__all__ = ["MEDIUM"]
