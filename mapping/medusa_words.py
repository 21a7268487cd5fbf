"""Medusa's vocabularies as tables: order status, payment status, fulfillment status.

Data and one way to look something up. A word that no table has becomes ``unknown`` and
is told by the order. Source of the words: the schema ``AdminOrder`` of Medusa's Admin
API, and ``status`` as a server of version 2.21 answers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ..canonical.orders import PaymentState

Meaning = TypeVar("Meaning")

CANCELED = "canceled"

STATUSES: Mapping[str, bool] = {
    "pending": False,
    "completed": False,
    "archived": False,
    CANCELED: False,
    # An order that staff still writes, or whose payment somebody has to see to.
    "draft": True,
    "requires_action": True,
}
"""``status``: whether the order must wait. It stays pending through shipment."""

PAYMENT_STATES: Mapping[str, PaymentState] = {
    "not_paid": PaymentState.PENDING,
    "awaiting": PaymentState.PENDING,
    "requires_action": PaymentState.PENDING,
    "partially_authorized": PaymentState.PENDING,
    "authorized": PaymentState.AUTHORIZED,
    "partially_captured": PaymentState.PARTIALLY_PAID,
    "captured": PaymentState.PAID,
    "partially_refunded": PaymentState.PARTIALLY_REFUNDED,
    "refunded": PaymentState.REFUNDED,
    CANCELED: PaymentState.VOIDED,
}
"""``payment_status``."""

FULFILLMENT_STATUSES = frozenset(
    {
        "not_fulfilled",
        "partially_fulfilled",
        "fulfilled",
        "partially_shipped",
        "shipped",
        "partially_delivered",
        "delivered",
        CANCELED,
    }
)
"""``fulfillment_status``. Known words only: what has left is counted from the lines.
For "fulfilled" means packed, and the word depends on the fields that were asked for."""


def look_up(
    table: Mapping[str, Meaning],
    word: str,
    otherwise: Meaning,
    where: tuple[str, list[str]],
) -> Meaning:
    """Return what a word means; an unknown one is noted as ``path=word``.

    Args:
        table: the vocabulary.
        word: Medusa's.
        otherwise: what an unknown word counts as.
        where: the path of the field, and the list that takes the note.
    """
    meaning = table.get(word)
    if meaning is None:
        path, unknown = where
        unknown.append(f"{path}={word}")
        return otherwise
    return meaning
