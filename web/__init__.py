"""The hub's HTTP side: the webhook receiver and the health report.

Knows the hub's journeys and nothing of SQL or of any channel's protocol.
"""
