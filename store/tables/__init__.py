"""The tables, and the constraints that carry the hub's promises.

Definitions only; ``migrations`` builds them and the modules beside this package use
them.
"""

from __future__ import annotations

from .base import metadata
from .drifts import drifts, revisions
from .locations import channel_locations, incoming, locations, transfers
from .orders import allocations, fulfillment_lines, fulfillments, order_lines, orders
from .policies import (
    channel_lags,
    dynamic_buffers,
    measurements,
    quotas,
    sales_rates,
    stock_policies,
)
from .records import channels, cursors, deliveries, inbox, intake
from .stock import components, listings, mapping_rules, movements, positions, skus
from .words import unknown_words, words
from .work import audit, conflicts, leases, marks, outbox, publications, slots

__all__ = [
    "allocations",
    "audit",
    "channel_lags",
    "channel_locations",
    "channels",
    "components",
    "conflicts",
    "cursors",
    "deliveries",
    "drifts",
    "dynamic_buffers",
    "fulfillment_lines",
    "fulfillments",
    "inbox",
    "incoming",
    "intake",
    "leases",
    "listings",
    "locations",
    "mapping_rules",
    "marks",
    "measurements",
    "metadata",
    "movements",
    "order_lines",
    "orders",
    "outbox",
    "positions",
    "publications",
    "quotas",
    "revisions",
    "sales_rates",
    "skus",
    "slots",
    "stock_policies",
    "transfers",
    "unknown_words",
    "words",
]
