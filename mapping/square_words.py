"""Square's words and what they mean here, as tables. No code decides about a word.

Sources: the enumerations of Square's own API description (release 2025-08-20). A word
that is in none of the tables becomes ``unknown`` and is named in
``Order.unknown_values``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical.orders import FulfillmentState


@dataclass(frozen=True, slots=True)
class StateMeaning:
    """What the state of an order says by itself."""

    wanted: bool = True
    """Something of it may still have to leave."""
    paid: bool = False
    """A completed order is fully paid, whatever its tenders look like."""
    held: bool = False
    cancelled: bool = False
    left: bool = False
    """Without a fulfillment of its own, the goods went over the counter."""


ORDER_STATES: dict[str, StateMeaning] = {
    "OPEN": StateMeaning(),
    "COMPLETED": StateMeaning(paid=True, left=True),
    "CANCELED": StateMeaning(wanted=False, cancelled=True),
    # A draft can be neither paid nor fulfilled: it is a cart.
    "DRAFT": StateMeaning(wanted=False, held=True),
}

FULFILLMENT_STATES: dict[str, FulfillmentState] = {
    "PROPOSED": FulfillmentState.UNFULFILLED,
    "RESERVED": FulfillmentState.UNFULFILLED,
    "PREPARED": FulfillmentState.UNFULFILLED,
    "COMPLETED": FulfillmentState.FULFILLED,
}
"""States of fulfillments that are alive."""

DEAD_FULFILLMENTS = frozenset({"CANCELED", "FAILED"})

TENDER_METHODS: dict[str, str] = {
    "CARD": "card",
    "CASH": "cash",
    "THIRD_PARTY_CARD": "card",
    "SQUARE_GIFT_CARD": "gift card",
    "NO_SALE": "no sale",
    "BANK_ACCOUNT": "bank transfer",
    "WALLET": "wallet",
    "BUY_NOW_PAY_LATER": "pay later",
    "SQUARE_ACCOUNT": "square account",
    "OTHER": "other",
}

CARD_STATES_PAID = frozenset({"CAPTURED"})
CARD_STATES_PROMISED = frozenset({"AUTHORIZED"})
CARD_STATES_LOST = frozenset({"VOIDED", "FAILED"})

REFUND_STATES_LIVE = frozenset({"PENDING", "APPROVED", "COMPLETED"})
"""The money went back, or is on its way. ``APPROVED`` is an order's own word for what
the refunds API calls ``COMPLETED``."""
REFUND_STATES_DEAD = frozenset({"REJECTED", "FAILED"})

LINE_TYPES_UNTRACKED = frozenset({"CUSTOM_AMOUNT", "GIFT_CARD"})
LINE_TYPES = frozenset({"ITEM"}) | LINE_TYPES_UNTRACKED

TAX_INCLUSIVE = frozenset({"INCLUSIVE"})
TAX_TYPES = frozenset({"ADDITIVE", "UNKNOWN_TAX"}) | TAX_INCLUSIVE

STATES_SOLD_FROM = frozenset(
    {"SOLD", "SOLD_ONLINE", "RETURNED_BY_CUSTOMER", "UNLINKED_RETURN"}
)
"""Inventory states out of which goods come back when they are restocked."""
STATE_IN_STOCK = "IN_STOCK"

CARRIERS: dict[str, str] = {
    "usps": "USPS",
    "us postal service": "USPS",
    "ups": "UPS",
    "fedex": "FedEx",
    "federal express": "FedEx",
    "dhl": "DHL",
    "dhl express": "DHL",
    "canada post": "Canada Post",
    "royal mail": "Royal Mail",
    "australia post": "Australia Post",
}
"""Carriers are free text at Square; these are spellings of the same one."""


def read_carrier(text: str) -> str:
    """Return a carrier's usual spelling, or the text as it is."""
    return CARRIERS.get(text.strip().lower(), text.strip())


PLAIN_NAMES = frozenset({"", "Regular"})
"""What Square calls the variation of an item that has only one."""


def name_variation(item: str, variation: str) -> str:
    """Return what people call a variation of an item."""
    return item if variation in PLAIN_NAMES else f"{item}: {variation}"
