"""The journeys of the hub: pull, webhook, ingest, reconcile, push, tell, resolve.

Each loads facts, decides (in ``decide``, pure), records in one transaction and marks
what to look at next. No SQL and no HTTP of its own.
"""
