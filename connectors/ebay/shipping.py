"""Parcels told to eBay, and found again.

eBay has no idempotency here and keeps no reference of ours; a parcel cannot be changed
or deleted. It is known again by its tracking number, and one without by its lines.
"""

from __future__ import annotations

import re
from collections import Counter

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import FulfillmentPush, Outcome, PushResult
from ...mapping.ebay_words import name_carrier_code
from ..calls import Call, Transport
from .doors import FULFILLMENT
from .orders import list_parcels, read_order
from .wire import Json, Parcel, format_time, read_created_id, read_shape

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9]")


def clean_tracking_number(number: str) -> str:
    """Return a number as eBay takes it: letters and digits alone."""
    return _NOT_ALLOWED.sub("", number)


def push_fulfillment(seller: Transport, push: FulfillmentPush) -> PushResult:
    """Tell eBay that goods left; a parcel that it knows is not told again."""
    try:
        known = find_fulfillment(seller, push)
        if known is not None:
            return PushResult(Outcome.ACCEPTED, "eBay knew it already", known)
        path = f"{FULFILLMENT}/order/{push.order_external_id}/shipping_fulfillment"
        answer = seller.send(Call("POST", path, json=_describe(push)))
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=read_created_id(answer))


def find_fulfillment(seller: Transport, push: FulfillmentPush) -> str | None:
    """Return eBay's id of what an earlier push of this parcel made, or None."""
    if read_order(seller, push.order_external_id) is None:
        return None
    rows = list_parcels(seller, push.order_external_id)
    number = clean_tracking_number(push.tracking_number)
    for parcel in (read_shape(Parcel, row) for row in rows):
        known = clean_tracking_number(parcel.shipment_tracking_number or "")
        if known == number and (number or _units_in(parcel) == _units_of(push)):
            return parcel.fulfillment_id
    return None


def _describe(push: FulfillmentPush) -> Json:
    body: Json = {
        "lineItems": [
            {"lineItemId": line.line_external_id, "quantity": line.quantity}
            for line in push.lines
        ],
        "shippedDate": format_time(push.shipped_at),
    }
    number = clean_tracking_number(push.tracking_number)
    if number:
        # Neither is taken without the other.
        body["trackingNumber"] = number
        body["shippingCarrierCode"] = name_carrier_code(push.carrier)
    return body


def _units_of(push: FulfillmentPush) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in push.lines:
        units[line.line_external_id] += line.quantity
    return units


def _units_in(parcel: Parcel) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in parcel.line_items:
        units[line.line_item_id] += line.quantity
    return units
