"""BigCommerce's vocabularies as tables: statuses, payment words, carriers.

Data and one way to look something up. A status is known by its id: merchants rename
them, so that the same id has another name in every store. A word that no table has
becomes ``unknown`` and is told by the order. Source of the words: the contract of
Orders v2 and the system labels of ``/order_statuses``; for couriers AfterShip's slugs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..canonical.orders import FulfillmentState, PaymentState

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What one status says by itself.

    ``payment`` holds where the order tells no payment status of its own.
    """

    payment: PaymentState
    fulfillment: FulfillmentState = FulfillmentState.UNFULFILLED
    wanted: bool = True
    """Something of the order may still have to be shipped."""
    takes_stock: bool = True
    """The store's counters are lowered by an order in this status."""
    left: bool = False
    """Everything that was to be shipped has been."""
    held: bool = False
    confirmed: bool = False
    """The merchant treats it as paid, whatever the payment status says."""
    cancel_reason: str = ""


INCOMPLETE, SHIPPED, REFUNDED, CANCELLED, COMPLETED = 0, 2, 4, 5, 10

STATUSES: Mapping[int, StatusMeaning] = {
    # A checkout that somebody left: no order yet.
    INCOMPLETE: StatusMeaning(
        PaymentState.PENDING, wanted=False, takes_stock=False, held=True
    ),
    1: StatusMeaning(PaymentState.PENDING),
    SHIPPED: StatusMeaning(
        PaymentState.PAID, FulfillmentState.FULFILLED, left=True, confirmed=True
    ),
    3: StatusMeaning(
        PaymentState.PAID, FulfillmentState.PARTIALLY_FULFILLED, confirmed=True
    ),
    REFUNDED: StatusMeaning(PaymentState.REFUNDED),
    CANCELLED: StatusMeaning(
        PaymentState.VOIDED,
        wanted=False,
        takes_stock=False,
        cancel_reason="cancelled in the store",
    ),
    6: StatusMeaning(
        PaymentState.VOIDED,
        wanted=False,
        takes_stock=False,
        cancel_reason="declined in the store",
    ),
    7: StatusMeaning(PaymentState.PENDING),
    8: StatusMeaning(PaymentState.AUTHORIZED, confirmed=True),
    9: StatusMeaning(PaymentState.AUTHORIZED, confirmed=True),
    COMPLETED: StatusMeaning(
        PaymentState.PAID, FulfillmentState.FULFILLED, left=True, confirmed=True
    ),
    11: StatusMeaning(PaymentState.AUTHORIZED, confirmed=True),
    12: StatusMeaning(PaymentState.PENDING, FulfillmentState.ON_HOLD, held=True),
    13: StatusMeaning(PaymentState.UNKNOWN, FulfillmentState.ON_HOLD, held=True),
    14: StatusMeaning(PaymentState.PARTIALLY_REFUNDED),
}
"""``status_id``."""

UNKNOWN_STATUS = StatusMeaning(PaymentState.UNKNOWN, FulfillmentState.UNKNOWN)

PAYMENT_STATES: Mapping[str, PaymentState] = {
    "authorized": PaymentState.AUTHORIZED,
    "captured": PaymentState.PAID,
    "capture pending": PaymentState.AUTHORIZED,
    "declined": PaymentState.VOIDED,
    "held for review": PaymentState.PENDING,
    "paid": PaymentState.PAID,
    "partially refunded": PaymentState.PARTIALLY_REFUNDED,
    "pending": PaymentState.PENDING,
    "refunded": PaymentState.REFUNDED,
    "void": PaymentState.VOIDED,
    "void pending": PaymentState.VOIDED,
}
"""``payment_status``. Empty for orders made by hand."""

LINE_TYPES: Mapping[str, bool] = {
    "physical": True,
    "digital": False,
    "giftcertificate": False,
}
"""``type`` of a line: whether stock moves for it."""

SHIPPING_PROVIDERS: Mapping[str, str] = {
    "auspost": "auspost",
    "australia post": "auspost",
    "canada post": "canadapost",
    "canadapost": "canadapost",
    "endicia": "endicia",
    "fedex": "fedex",
    "royal mail": "royalmail",
    "royalmail": "royalmail",
    "ups": "ups",
    "usps": "usps",
}
"""What merchants call a carrier, in lower case, and ``shipping_provider``."""

TRACKING_CARRIERS: Mapping[str, str] = {
    "an post": "an-post",
    "aramex": "aramex",
    "bpost": "bpost",
    "chronopost": "chronopost-france",
    "colissimo": "colissimo",
    "correos": "spain-correos-es",
    "deutsche post": "deutsch-post",
    "dhl": "dhl",
    "dhl express": "dhl",
    "dpd": "dpd",
    "evri": "hermes",
    "gls": "gls",
    "hermes": "hermes",
    "postnl": "postnl",
    "tnt": "tnt",
}
"""The same for carriers that only AfterShip knows: ``tracking_carrier``."""


def look_up(
    table: Mapping[str, Meaning],
    word: str,
    otherwise: Meaning,
    where: tuple[str, list[str]],
) -> Meaning:
    """Return what a word means; an unknown one is noted as ``path=word``.

    Args:
        table: the vocabulary.
        word: BigCommerce's.
        otherwise: what an unknown word counts as.
        where: the path of the field, and the list that takes the note.
    """
    meaning = table.get(word)
    if meaning is None:
        path, unknown = where
        unknown.append(f"{path}={word}")
        return otherwise
    return meaning


def name_carrier(carrier: str) -> dict[str, str]:
    """Return the fields that name a carrier; one that is no word here as it is."""
    words = " ".join(carrier.lower().replace("_", " ").replace("-", " ").split())
    if words in SHIPPING_PROVIDERS:
        return {"shipping_provider": SHIPPING_PROVIDERS[words]}
    if words in TRACKING_CARRIERS:
        return {"tracking_carrier": TRACKING_CARRIERS[words]}
    return {"shipping_method": carrier} if carrier else {}
