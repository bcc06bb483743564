"""JSON of events in the shapes people have: lines, arrays, or objects one after another.

A frame's record is the line where lines hold an object each. In other documents, where several
objects may begin on one line, it is the ordinal of the object.

Answers of services are opened, and the ordinal is that of the event over all answers in the file:
Elasticsearch's `hits.hits`, `records` of Azure's event hubs, `Results` and `results` of advanced
hunting and of Splunk, `value` of OData. What such an answer says besides is passed over.

A record of no known shape whose message is the text of one that has a shape is read as that.
"""

from sidelight.evidence.json.reader import read, sniff

__all__ = ["read", "sniff"]
