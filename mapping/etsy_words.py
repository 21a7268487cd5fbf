"""Etsy's vocabularies as tables: statuses, ways to pay, refunds, carriers.

Data and how to look something up. A word that no table has becomes ``unknown`` and is
told by the order; nothing is guessed. Source of the words: the contract of Open API v3.
It does not list what a refund's status may be: those are words of our own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..canonical.listings import ListingState
from ..canonical.orders import PaymentState


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a receipt's ``status`` says. ``payment`` None: ``is_paid`` has to say."""

    payment: PaymentState | None = None
    cancelled: bool = False
    held: bool = False


STATUSES: Mapping[str, StatusMeaning] = {
    "open": StatusMeaning(),
    "paid": StatusMeaning(PaymentState.PAID),
    "completed": StatusMeaning(PaymentState.PAID),
    "payment processing": StatusMeaning(PaymentState.PENDING, held=True),
    "canceled": StatusMeaning(cancelled=True),
    "fully refunded": StatusMeaning(PaymentState.REFUNDED),
    "partially refunded": StatusMeaning(PaymentState.PARTIALLY_REFUNDED),
}
"""``status``; it has been seen with a capital letter, too."""

PAYMENT_METHODS: Mapping[str, str] = {
    "cc": "card",
    "paypal": "PayPal",
    "check": "check",
    "mo": "money order",
    "bt": "bank transfer",
    "other": "other",
    "ideal": "iDEAL",
    "sofort": "Sofort",
    "apple_pay": "Apple Pay",
    "google": "Google Pay",
    "android_pay": "Google Pay",
    "google_pay": "Google Pay",
    "klarna": "Klarna",
    "k_pay_in_4": "Klarna",
    "k_pay_in_3": "Klarna",
    "k_financing": "Klarna",
}
"""``payment_method``."""

REFUND_STANDS: Mapping[str, bool] = {
    "": True,
    "success": True,
    "succeeded": True,
    "completed": True,
    "processed": True,
    "pending": True,
    "open": True,
    "failed": False,
    "failure": False,
    "canceled": False,
}
"""``refunds.status``: whether the money goes back."""

LISTING_STATES: Mapping[str, ListingState] = {
    "active": ListingState.ACTIVE,
    "sold_out": ListingState.ACTIVE,
    "inactive": ListingState.INACTIVE,
    "draft": ListingState.INACTIVE,
    "expired": ListingState.INACTIVE,
}
"""``state`` of a listing. A sold out one still has its page."""

CARRIER_NAMES: Mapping[str, str] = {
    "australia post": "australia-post",
    "canada post": "canada-post",
    "deutsche post": "deutsche-post",
    "dhl": "dhl",
    "dhl express": "dhl",
    "dpd": "dpd",
    "evri": "hermes",
    "fedex": "fedex",
    "gls": "gls",
    "hermes": "hermes",
    "royal mail": "royal-mail",
    "tnt": "tnt",
    "ups": "ups",
    "usps": "usps",
}
"""What merchants call a carrier, in lower case, and Etsy's name for it."""
OTHER_CARRIER = "other"
"""What Etsy takes for a carrier that it does not know; the code still counts."""


def read_status(status: str) -> StatusMeaning | None:
    """Return what a status says, however it is written; None for an unknown one."""
    return STATUSES.get(" ".join(status.replace("_", " ").lower().split()))


def name_carrier(carrier: str) -> str:
    """Return Etsy's name for a carrier, however it is written; ``other`` otherwise."""
    words = " ".join(carrier.lower().replace("_", " ").replace("-", " ").split())
    return CARRIER_NAMES.get(words, OTHER_CARRIER)
