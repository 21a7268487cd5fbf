"""Tells the store that goods have left, and cancels orders.

A shipment is not safe to repeat. So each carries the hub's own reference in its
comments and is searched for before it is made. The store sets the order's status to
shipped, in part or as a whole, by itself. Stock is not touched here.
"""

from __future__ import annotations

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import CancellationPush, FulfillmentPush, Outcome, PushResult
from ...mapping.bigcommerce_words import (
    CANCELLED,
    COMPLETED,
    REFUNDED,
    SHIPPED,
    name_carrier,
)
from ..calls import Call, Transport
from .orders import WITH_LINES, read_shipments
from .wire import Json, OrderHead, Shipment, is_id, read_one, read_shape

TRACKING_NUMBER_MAX = 50
TRACKING_LINK_MAX = 500
_GONE = {CANCELLED: "cancelled", REFUNDED: "refunded"}
_LEFT = {SHIPPED: "shipped", 3: "partly shipped", COMPLETED: "completed"}


def push_fulfillment(transport: Transport, push: FulfillmentPush) -> PushResult:
    """Tell the store of one parcel. A repetition finds the first."""
    try:
        order = _read_order(transport, push.order_external_id)
        found = _search(transport, push)
        if found is not None:
            return PushResult(Outcome.ACCEPTED, external_id=found)
        if order.status_id in _GONE:
            reason = f"the order is {_GONE[order.status_id]}"
            return PushResult(Outcome.REFUSED, reason)
        path = f"{order_path(push.order_external_id)}/shipments"
        call = Call("POST", path, json=_describe(order, push))
        made = read_one(Shipment, transport.send(call))
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=str(made.id))


def find_fulfillment(transport: Transport, push: FulfillmentPush) -> str | None:
    """Return the store's id of what an earlier push made, or None."""
    return _search(transport, push) if is_id(push.order_external_id) else None


def push_cancellation(transport: Transport, push: CancellationPush) -> PushResult:
    """Cancel an order. Safe to repeat.

    Whether stock goes back is a setting of the store, and no part of the request.
    """
    try:
        order = _read_order(transport, push.order_external_id)
        if order.status_id in _LEFT or order.status_id == REFUNDED:
            state = {**_LEFT, **_GONE}[order.status_id]
            reason = f"the order is {state}; refund it in the store instead"
            return PushResult(Outcome.REFUSED, reason)
        if order.status_id != CANCELLED:
            path, change = order_path(push.order_external_id), {"status_id": CANCELLED}
            transport.send(Call("PUT", path, json=change, safe=True))
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=str(order.id))


def order_path(order_id: str) -> str:
    """Return the path of an order in v2.

    Raises:
        RejectedError: the id is none of this store's.
    """
    if not is_id(order_id):
        raise RejectedError(f"{order_id!r} is no id of an order")
    return f"/v2/orders/{order_id}"


def _read_order(transport: Transport, order_id: str) -> OrderHead:
    call = Call("GET", order_path(order_id), WITH_LINES, safe=True)
    return read_one(OrderHead, transport.send(call))


def _search(transport: Transport, push: FulfillmentPush) -> str | None:
    for row in read_shipments(transport, push.order_external_id):
        shipment = read_shape(Shipment, row)
        if _sign(push) in shipment.comments:
            return str(shipment.id)
    return None


def _describe(order: OrderHead, push: FulfillmentPush) -> Json:
    """Return a shipment as the store wants it.

    Raises:
        RejectedError: it cannot be told to this store; says why.
    """
    addresses = {str(line.id): line.order_address_id for line in order.lines}
    strangers = [
        line.line_external_id
        for line in push.lines
        if not addresses.get(line.line_external_id)
    ]
    if strangers:
        raise RejectedError(f"the order ships no line {strangers[0]!r} anywhere")
    going_to = {addresses[line.line_external_id] for line in push.lines}
    if len(going_to) != 1:
        raise RejectedError(
            "a shipment goes to one address, and these lines to "
            f"{len(going_to)}; ship each by itself"
        )
    if len(push.tracking_number) > TRACKING_NUMBER_MAX:
        raise RejectedError(
            f"the tracking number is longer than {TRACKING_NUMBER_MAX} characters"
        )
    shipment: Json = {
        "order_address_id": going_to.pop(),
        "tracking_number": push.tracking_number,
        "comments": _sign(push),
        "items": [
            {"order_product_id": int(line.line_external_id), "quantity": line.quantity}
            for line in push.lines
        ],
        **name_carrier(push.carrier),
    }
    if push.tracking_url and len(push.tracking_url) <= TRACKING_LINK_MAX:
        shipment["tracking_link"] = push.tracking_url
    return shipment


def _sign(push: FulfillmentPush) -> str:
    """Return how a comment says which push it belongs to; searched for later."""
    return f"(reference {push.reference})"
