"""Opening: orders that were open when a channel was connected, and their units.

A channel's counter has given up what was ordered and has not left yet: what it shows is
less than what lies there. Where the merchant wants such orders to ship through the hub,
each comes along with the units that its counter gave up for it, as part of the opening
balance. Orders that were done by then are history.
"""

from __future__ import annotations

from ...canonical.orders import FulfillmentState, Order, PaymentState
from ...canonical.remembered import KnownLine
from ...canonical.stock import Cause, MovementKind
from .facts import Surroundings
from .ledger import Ledger

LOST_PAYMENTS = frozenset({PaymentState.VOIDED, PaymentState.EXPIRED})
_NOTHING_LEFT = frozenset({FulfillmentState.FULFILLED, FulfillmentState.UNKNOWN})


def comes_along(order: Order, surroundings: Surroundings) -> bool:
    """Say whether an order from before the cut-over is part of the opening balance."""
    opening_since = surroundings.opening_since
    if opening_since is None or order.test or order.fulfilled_by_channel:
        return False
    before = opening_since <= order.placed_at < surroundings.orders_since
    dead = order.cancelled or order.payment in LOST_PAYMENTS
    return before and not dead and order.fulfillment not in _NOTHING_LEFT


def open_line(line: KnownLine, taken: int, ledger: Ledger) -> None:
    """Put on hand what the counter gave up for a line before the hub was there.

    What has left of it is shipped right after, like that of any order. A line that
    waits for a person brings nothing: who maps it counts what is there.

    Args:
        line: the line, with what it takes from stock.
        taken: units that the channel's counter has given up for it.
        ledger: the positions, changed in place.
    """
    line.taken = taken
    cause = Cause("opening", f"line/{line.id}")
    for holding in line.holdings:
        units = taken * holding.units_per_line
        ledger.change_on_hand(holding.key, units, MovementKind.COUNTED, cause)
