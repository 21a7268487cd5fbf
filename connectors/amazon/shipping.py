"""Tells Amazon that goods have left, and cancels orders.

A parcel is known by a number that is made of the hub's reference: told twice, it is the
same parcel. Cancelling is a feed; the order itself shows later what became of it.
"""

from __future__ import annotations

import hashlib

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PushResult,
)
from ...mapping.amazon_wire import Wire, WireOrder
from ...mapping.amazon_words import (
    FULFILLED_BY_AMAZON,
    name_cancel_reason,
    name_carrier,
)
from .feeds import submit_feed
from .operations import Operation, SellingPartner
from .orders import is_order_id, read_order
from .wire import Json, format_time, read_shape

CANCEL_FEED = "POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA"
FLAT_FILE_TYPE = "text/tab-separated-values; charset=UTF-8"
_NUMBERS = 999_999_999


class _Confirmation(Wire):
    """One entry of ``packages``, as far as finding ours again needs."""

    package_reference_id: str
    tracking_number: str = ""


def push_fulfillment(seller: SellingPartner, push: FulfillmentPush) -> PushResult:
    """Tell Amazon of one parcel. A repetition describes the same parcel once more."""
    if not is_order_id(push.order_external_id):
        reason = f"{push.order_external_id!r} is no id of an order"
        return PushResult(Outcome.REFUSED, reason)
    number = number_parcel(push.reference)
    try:
        seller.send(
            Operation.CONFIRM_SHIPMENT,
            ids={"orderId": push.order_external_id},
            json={
                "marketplaceId": seller.settings.marketplace,
                "packageDetail": _describe_parcel(push, number),
            },
        )
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=number)


def find_fulfillment(seller: SellingPartner, push: FulfillmentPush) -> str | None:
    """Return the number of what an earlier push made, or None.

    Found by the number, or by the tracking number where Amazon shows another one.
    """
    order = read_order(seller, push.order_external_id)
    number = number_parcel(push.reference)
    for row in (order or {}).get("packages") or ():
        parcel = read_shape(_Confirmation, row)
        tracked = (
            push.tracking_number and parcel.tracking_number == push.tracking_number
        )
        if parcel.package_reference_id == number or tracked:
            return number
    return None


def push_cancellation(seller: SellingPartner, push: CancellationPush) -> PushResult:
    """Ask Amazon to cancel an order. Safe to repeat.

    The reason that is given decides whether Amazon puts the units back on sale.
    """
    payload = read_order(seller, push.order_external_id)
    if payload is None:
        return PushResult(Outcome.REFUSED, "Amazon has no such order")
    order = read_shape(WireOrder, payload)
    status = order.fulfillment.fulfillment_status if order.fulfillment else ""
    if status == "CANCELLED":
        return PushResult(Outcome.ACCEPTED, external_id=order.order_id)
    if order.fulfillment and order.fulfillment.fulfilled_by == FULFILLED_BY_AMAZON:
        reason = "Amazon ships this order itself; cancel it in Seller Central"
        return PushResult(Outcome.REFUSED, reason)
    if status != "UNSHIPPED":
        reason = f"the order is {status}; only one that is UNSHIPPED can be cancelled"
        return PushResult(Outcome.REFUSED, reason)
    try:
        content = _describe_cancellation(order, push)
        feed_id = submit_feed(seller, CANCEL_FEED, content, FLAT_FILE_TYPE)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=feed_id)


def number_parcel(reference: str) -> str:
    """Return the positive number by which Amazon knows a parcel of one order."""
    digest = hashlib.sha256(reference.encode()).digest()
    return str(int.from_bytes(digest[:8]) % _NUMBERS + 1)


def _describe_parcel(push: FulfillmentPush, number: str) -> Json:
    code, name = name_carrier(push.carrier)
    return {
        "packageReferenceId": number,
        "carrierCode": code,
        **({"carrierName": name} if name else {}),
        "trackingNumber": push.tracking_number,
        "shipDate": format_time(push.shipped_at),
        "orderItems": [
            {"orderItemId": line.line_external_id, "quantity": line.quantity}
            for line in push.lines
        ],
    }


def _describe_cancellation(order: WireOrder, push: CancellationPush) -> bytes:
    """Return the flat file: one row for each line, all with the same reason."""
    code = name_cancel_reason(push.reason, restock=push.restock)
    columns = ("order-id", "cancellation-reason-code", "amazon-order-item-code")
    rows = [
        columns,
        *((order.order_id, code, x.order_item_id) for x in order.order_items),
    ]
    return "".join("\t".join(row) + "\n" for row in rows).encode()
