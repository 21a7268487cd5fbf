"""What happened to an Etsy receipt since it was paid: refunds and shipments. Pure.

Refunds carry neither an id nor lines; shipments carry no lines, and may lack their id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .etsy_wire import WireReceipt, WireRefund, WireShipment
from .etsy_words import REFUND_STANDS

Parts = dict[str, Any]
"""The fields of one part of an order, checked with the whole of it."""


def read_refunds(wire: WireReceipt) -> list[Parts]:
    """Return the refunds that stand, named by their moment and their place in it."""
    refunds: list[Parts] = []
    moments: list[datetime | None] = []
    for one in wire.refunds:
        moment = one.created_timestamp
        if _stands(one):
            stamp = int(moment.timestamp()) if moment else 0
            number = moments.count(moment) + 1
            refunds.append(
                {
                    "external_id": f"{wire.receipt_id}-{stamp}-{number}",
                    "amount": one.amount.money,
                    "refunded_at": moment,
                }
            )
        moments.append(moment)
    return refunds


def _stands(refund: WireRefund) -> bool:
    return REFUND_STANDS.get(refund.status.lower(), True)


def name_shipment(receipt_id: int, shipment: WireShipment | None) -> str:
    """Return what a shipment is known by; Etsy's own id may be missing."""
    if shipment is None:
        return f"{receipt_id}-shipped"
    if shipment.receipt_shipping_id:
        return str(shipment.receipt_shipping_id)
    return f"{receipt_id}-{shipment.tracking_code or 'shipped'}"


def read_fulfillments(wire: WireReceipt) -> list[Parts]:
    """Return what left: the first shipment with all lines, or a mark without one."""
    everything = [
        {"line_external_id": str(one.transaction_id), "quantity": one.quantity}
        for one in wire.transactions
        if one.quantity and not one.is_digital
    ]
    if not wire.shipments:
        if not wire.is_shipped:
            return []
        moments = [one.shipped_timestamp for one in wire.transactions]
        return [
            {
                "external_id": name_shipment(wire.receipt_id, None),
                "lines": everything,
                "shipped_at": min(filter(None, moments), default=None),
            }
        ]
    return [
        {
            "external_id": name_shipment(wire.receipt_id, one),
            "lines": [] if number else everything,
            "carrier": one.carrier_name,
            "tracking_number": one.tracking_code,
            "shipped_at": one.shipment_notification_timestamp,
        }
        for number, one in enumerate(wire.shipments)
    ]
