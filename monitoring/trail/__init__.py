"""The audit trail: every management call as a CloudTrail record, chained, sealed by the hour, delivered.

A call is written to a spool file before it is answered (``adapters/spool``), gets its place in the chain
within a quarter of a second (``actions/sealing``), and is covered by a signed digest each hour
(``actions/digests``). Trails deliver copies to the artifact store and to log groups (``actions/delivery``).
Beside it stands the feed of events (``feed``): what happened, from the bus.
"""
