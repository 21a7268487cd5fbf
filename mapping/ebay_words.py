"""eBay's vocabularies as tables: statuses, carriers, reasons, marketplaces.

Data and one way to look something up. A word that no table has becomes ``unknown`` and
is told by the order; nothing is guessed. Source of the words: the enumerations of
eBay's OpenAPI contracts (Fulfillment 1.20, Identity 2.0), for carriers the Trading
API's ``ShippingCarrierCodeType``, for cancellations the Post-Order API's
``CancelReasonEnum``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..canonical.orders import FulfillmentState, PaymentState

Meaning = TypeVar("Meaning")

PAYMENT_STATES: Mapping[str, PaymentState] = {
    "PENDING": PaymentState.PENDING,
    "PAID": PaymentState.PAID,
    "PARTIALLY_REFUNDED": PaymentState.PARTIALLY_REFUNDED,
    "FULLY_REFUNDED": PaymentState.REFUNDED,
    "FAILED": PaymentState.VOIDED,
}
"""``orderPaymentStatus``."""

FULFILLMENT_STATES: Mapping[str, FulfillmentState] = {
    "NOT_STARTED": FulfillmentState.UNFULFILLED,
    "IN_PROGRESS": FulfillmentState.PARTIALLY_FULFILLED,
    "FULFILLED": FulfillmentState.FULFILLED,
}
"""``orderFulfillmentStatus``. A line counts as FULFILLED with its first unit."""

CANCEL_STATES: Mapping[str, str] = {
    "NONE_REQUESTED": "",
    "IN_PROGRESS": "asked",
    "CANCELED": "cancelled",
}
"""``cancelStatus.cancelState``."""

LINE_STATES: Mapping[str, bool] = {
    "NOT_STARTED": False,
    "IN_PROGRESS": True,
    "FULFILLED": True,
}
"""``lineItemFulfillmentStatus``: whether something of the line has left."""

REFUND_STANDS: Mapping[str, bool] = {
    "PENDING": True,
    "REFUNDED": True,
    "FAILED": False,
}
"""``refundStatus``: whether the money goes back. eBay pays refunds in a job."""

PAYMENT_STANDS: Mapping[str, bool] = {"PAID": True, "PENDING": False, "FAILED": False}
"""``paymentStatus`` of one payment: whether the money came."""

CARRIER_CODES: Mapping[str, str] = {
    "an post": "AnPost",
    "aramex": "ARAMEX",
    "australia post": "AustraliaPost",
    "bartolini": "Bartolini",
    "bpost": "BPost",
    "canada post": "CanadaPost",
    "chronopost": "Chronopost",
    "correos": "Correos",
    "deutsche post": "DeutschePost",
    "dhl": "DHL",
    "dhl express": "DHL",
    "dpd": "DPD",
    "evri": "Hermes",
    "fedex": "FedEx",
    "gls": "GLS",
    "hermes": "Hermes",
    "royal mail": "RoyalMail",
    "tnt": "TNT",
    "ups": "UPS",
    "usps": "USPS",
}
"""What merchants call a carrier, in lower case, and eBay's code for it."""
OTHER_CARRIER = "Other"
"""The code for a carrier that eBay does not follow."""

CANCEL_REASONS: Mapping[str, str] = {
    "customer": "BUYER_ASKED_CANCEL",
    "buyer": "BUYER_ASKED_CANCEL",
    "address": "ADDRESS_ISSUES",
}
"""A word in the hub's reason, and the reason that a seller may give at eBay."""
CANCEL_REASON_OTHERWISE = "OUT_OF_STOCK_OR_CANNOT_FULFILL"

REFUND_REASONS: Mapping[str, str] = {
    "cancel": "SELLER_CANCEL",
    "not received": "ITEM_NOT_RECEIVED",
    "lost": "ITEM_NOT_RECEIVED",
    "return": "BUYER_RETURN",
    "described": "ITEM_NOT_AS_DESCRIBED",
    "damaged": "ITEM_NOT_AS_DESCRIBED",
    "shipping": "SHIPPING_DISCOUNT",
}
"""A word in the hub's reason, and ``reasonForRefund``."""
REFUND_REASON_OTHERWISE = "OTHER_ADJUSTMENT"

MARKETPLACE_CURRENCIES: Mapping[str, str] = {
    "EBAY_AT": "EUR",
    "EBAY_AU": "AUD",
    "EBAY_BE": "EUR",
    "EBAY_CA": "CAD",
    "EBAY_CH": "CHF",
    "EBAY_DE": "EUR",
    "EBAY_ES": "EUR",
    "EBAY_FR": "EUR",
    "EBAY_GB": "GBP",
    "EBAY_HK": "HKD",
    "EBAY_IE": "EUR",
    "EBAY_IT": "EUR",
    "EBAY_MY": "MYR",
    "EBAY_NL": "EUR",
    "EBAY_PH": "PHP",
    "EBAY_PL": "PLN",
    "EBAY_SG": "SGD",
    "EBAY_TW": "TWD",
    "EBAY_US": "USD",
}
"""What is charged on a marketplace; one that is missing here has no known currency."""


def look_up(
    table: Mapping[str, Meaning],
    word: str,
    otherwise: Meaning,
    where: tuple[str, list[str]],
) -> Meaning:
    """Return what a word means; an unknown one is noted as ``path=word``.

    Args:
        table: the vocabulary.
        word: eBay's.
        otherwise: what an unknown word counts as.
        where: the path of the field, and the list that takes the note.
    """
    meaning = table.get(word)
    if meaning is None:
        path, unknown = where
        unknown.append(f"{path}={word}")
        return otherwise
    return meaning


def name_carrier_code(carrier: str) -> str:
    """Return eBay's code for a carrier, however it is written; OTHER for a stranger."""
    words = " ".join(carrier.lower().replace("_", " ").replace("-", " ").split())
    return CARRIER_CODES.get(words, OTHER_CARRIER)


def choose_cancel_reason(reason: str) -> str:
    """Return what a seller tells eBay; out of stock where the hub says nothing else."""
    return _find_word(CANCEL_REASONS, reason, CANCEL_REASON_OTHERWISE)


def choose_refund_reason(reason: str) -> str:
    """Return what a seller tells eBay about a refund."""
    return _find_word(REFUND_REASONS, reason, REFUND_REASON_OTHERWISE)


def _find_word(table: Mapping[str, str], text: str, otherwise: str) -> str:
    lowered = text.lower()
    return next((code for word, code in table.items() if word in lowered), otherwise)
