"""Vendure's words and what they mean here, as tables. No code decides about a word.

Source: the default processes of Vendure 3.7. Each can be replaced by the shop's
developer, so other words are to be expected: what is in none of the tables becomes
``unknown`` and is named in ``Order.unknown_values``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StateMeaning:
    """What the state of an order says by itself; money and parcels say the rest."""

    wanted: bool = True
    """Something of it may still have to leave."""
    held: bool = False
    cancelled: bool = False
    takes_stock: bool = True
    """Its units are allocated, or have left."""


ORDER_STATES: dict[str, StateMeaning] = {
    "Created": StateMeaning(wanted=False, takes_stock=False),
    "Draft": StateMeaning(wanted=False, takes_stock=False),
    "AddingItems": StateMeaning(wanted=False, takes_stock=False),
    "ArrangingPayment": StateMeaning(wanted=False, takes_stock=False),
    "PaymentAuthorized": StateMeaning(),
    "PaymentSettled": StateMeaning(),
    "PartiallyShipped": StateMeaning(),
    "Shipped": StateMeaning(),
    "PartiallyDelivered": StateMeaning(),
    "Delivered": StateMeaning(),
    # Staff are changing it, or the buyer owes more since they did.
    "Modifying": StateMeaning(held=True),
    "ArrangingAdditionalPayment": StateMeaning(held=True),
    "Cancelled": StateMeaning(wanted=False, cancelled=True, takes_stock=False),
}

PAYMENT_SETTLED = "Settled"
PAYMENT_AUTHORIZED = "Authorized"
PAYMENT_CANCELLED = "Cancelled"
PAYMENT_STATES = frozenset(
    {
        "Created",
        PAYMENT_AUTHORIZED,
        PAYMENT_SETTLED,
        PAYMENT_CANCELLED,
        "Declined",
        "Error",
    }
)

REFUND_STATES_LIVE = frozenset({"Pending", "Settled"})
"""The money went back, or is on its way."""
REFUND_STATES_DEAD = frozenset({"Failed"})

PARCEL_STATES_SENT = frozenset({"Shipped", "Delivered"})
PARCEL_STATES_WAITING = frozenset({"Created", "Pending"})
"""Made up, and not under way; Vendure's own stock has left it already."""
PARCEL_STATE_CANCELLED = "Cancelled"

UNTRACKED = "FALSE"
"""What ``trackInventory`` says where a variant has no counter of its own."""
BY_DEFAULT = "INHERIT"
