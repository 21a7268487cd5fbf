"""The tables, and the constraints that carry the hub's promises.

Definitions only; ``migrations`` builds them and the modules beside this package use
them.
"""

from __future__ import annotations

from .base import metadata
from .drifts import drifts, revisions
from .orders import allocations, fulfillment_lines, fulfillments, order_lines, orders
from .records import channels, cursors, deliveries, inbox, intake
from .stock import components, listings, mapping_rules, movements, positions, skus
from .work import audit, conflicts, leases, marks, outbox, publications, slots

__all__ = [
    "allocations",
    "audit",
    "channels",
    "components",
    "conflicts",
    "cursors",
    "deliveries",
    "drifts",
    "fulfillment_lines",
    "fulfillments",
    "inbox",
    "intake",
    "leases",
    "listings",
    "mapping_rules",
    "marks",
    "metadata",
    "movements",
    "order_lines",
    "orders",
    "outbox",
    "positions",
    "publications",
    "revisions",
    "skus",
    "slots",
]
