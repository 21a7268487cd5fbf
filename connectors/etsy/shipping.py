"""Parcels told to Etsy, and found again.

Every parcel that is told mails the buyer, however often it was told before, and marks
the whole receipt as shipped (source: the contract). There is no reference of ours: a
parcel is known again by its tracking code, and looked for before it is told. One
without a code is told by marking the receipt, which is harmless to repeat.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import FulfillmentPush, Outcome, PushResult
from ...mapping.etsy_parts import name_shipment
from ...mapping.etsy_wire import WireReceiptHead, WireShipment
from ...mapping.etsy_words import name_carrier
from ..calls import Call, Transport
from .operations import APPLICATION
from .orders import read_head, read_receipt
from .wire import read_object

_PART = PushResult(
    Outcome.REFUSED,
    "Etsy knows no parcel of part of an order: it would mark all of it as shipped",
)
_NO_RECEIPT = PushResult(Outcome.REFUSED, "the shop has no such receipt")


def push_fulfillment(
    shop: Transport, shop_id: int, push: FulfillmentPush
) -> PushResult:
    """Tell Etsy that goods left; a parcel that it knows is not told again."""
    if not push.completes_order:
        return _PART
    try:
        row = read_receipt(shop, shop_id, push.order_external_id)
        if row is None:
            return _NO_RECEIPT
        known = _find_parcel(read_head(row), push)
        if known is not None:
            return PushResult(Outcome.ACCEPTED, "Etsy knew it already", known)
        answer = shop.send(_describe(shop_id, push))
        told = read_head(read_object(answer))
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    made = _find_parcel(told, push)
    if made is None:
        return PushResult(Outcome.UNKNOWN, "Etsy's answer does not show the parcel")
    return PushResult(Outcome.ACCEPTED, external_id=made)


def find_fulfillment(
    shop: Transport, shop_id: int, push: FulfillmentPush
) -> str | None:
    """Return Etsy's id of what an earlier push of this parcel made, or None."""
    row = read_receipt(shop, shop_id, push.order_external_id)
    return None if row is None else _find_parcel(read_head(row), push)


def _describe(shop_id: int, push: FulfillmentPush) -> Call:
    path = f"{APPLICATION}/shops/{shop_id}/receipts/{push.order_external_id}"
    number = push.tracking_number.strip()
    if not number:
        return Call("PUT", path, form={"was_shipped": "true"})
    body = {
        "tracking_code": number,
        "carrier_name": name_carrier(push.carrier),
        "send_bcc": False,
    }
    return Call("POST", f"{path}/tracking", json=body)


def _find_parcel(head: WireReceiptHead, push: FulfillmentPush) -> str | None:
    code = _squeeze(push.tracking_number)
    if not code:
        return (
            name_shipment(head.receipt_id, _first(head.shipments))
            if (head.is_shipped)
            else None
        )
    for shipment in head.shipments:
        if _squeeze(shipment.tracking_code) == code:
            return name_shipment(head.receipt_id, shipment)
    return None


def _first(shipments: Iterable[WireShipment]) -> WireShipment | None:
    return next(iter(shipments), None)


def _squeeze(code: str) -> str:
    """Return a code without what people and systems put in between."""
    return "".join(filter(str.isalnum, code)).upper()
