"""Tells the server that goods have left, and cancels orders.

Goods leave in two steps: a fulfillment (packed, which takes the stock), and its
shipment. A fulfillment is not safe to repeat, so it carries the hub's reference in its
metadata and is searched for first; one whose shipment is missing is gone on with. A
second shipment is refused as "already created", which is success.
"""

from __future__ import annotations

from ...canonical.errors import ContractBrokenError, OutcomeUnknownError, RejectedError
from ...canonical.pushes import CancellationPush, FulfillmentPush, Outcome, PushResult
from ...mapping.medusa_parts import CARRIER_KEY
from ...mapping.medusa_words import CANCELED
from ..calls import Call, Transport
from ..statuses import read_reason
from .wire import Fulfillment, Json, OrderHead, read_one, require_id

REFERENCE_KEY = "crossdock_reference"
_FIELDS = "id,status,*fulfillments"
_ALREADY = "already been created"


def push_fulfillment(
    transport: Transport, location_id: str, push: FulfillmentPush
) -> PushResult:
    """Tell the server of one parcel. A repetition finds the first."""
    try:
        order = _read_order(transport, push.order_external_id)
        made = _search(order, push)
        if made is not None and _has_left(made):
            return PushResult(Outcome.ACCEPTED, external_id=made.id)
        if order.status == CANCELED:
            return PushResult(Outcome.REFUSED, "the order is cancelled")
        made = made or _pack(transport, location_id, push)
        _ship(transport, made, push)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=made.id)


def find_fulfillment(transport: Transport, push: FulfillmentPush) -> str | None:
    """Return the server's id of what an earlier push made, or None.

    What is packed and has not left is not yet what the push was to make.
    """
    try:
        made = _search(_read_order(transport, push.order_external_id), push)
    except RejectedError:
        return None
    return made.id if made is not None and _has_left(made) else None


def push_cancellation(transport: Transport, push: CancellationPush) -> PushResult:
    """Cancel an order. Safe to repeat.

    The server frees what is reserved and pays back what was captured, unasked.
    """
    try:
        order = _read_order(transport, push.order_external_id)
        if order.status != CANCELED:
            path = f"/admin/orders/{require_id(order.id)}/cancel"
            call = Call("POST", path, {"fields": "id,status"}, accept_statuses=(400,))
            answer = transport.send(call)
            if answer.status == 400:
                reason = read_reason(answer.headers, answer.body) or "it says not why"
                return PushResult(Outcome.REFUSED, f"the server refused: {reason}")
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=order.id)


def _read_order(transport: Transport, order_id: str) -> OrderHead:
    path = f"/admin/orders/{require_id(order_id)}"
    answer = transport.send(Call("GET", path, {"fields": _FIELDS}, safe=True))
    return read_one(OrderHead, answer, "order")


def _search(order: OrderHead, push: FulfillmentPush) -> Fulfillment | None:
    for each in order.fulfillments:
        told = (each.metadata or {}).get(REFERENCE_KEY)
        if told == push.reference and each.canceled_at is None:
            return each
    return None


def _has_left(made: Fulfillment) -> bool:
    return made.shipped_at is not None or made.delivered_at is not None


def _pack(transport: Transport, location_id: str, push: FulfillmentPush) -> Fulfillment:
    body = {
        "items": _list_lines(push),
        "location_id": location_id,
        "metadata": _sign(push),
    }
    path = f"/admin/orders/{require_id(push.order_external_id)}/fulfillments"
    answer = transport.send(Call("POST", path, {"fields": _FIELDS}, json=body))
    try:
        made = _search(read_one(OrderHead, answer, "order"), push)
    except ContractBrokenError as error:
        raise OutcomeUnknownError(error.message) from None
    if made is None:
        raise OutcomeUnknownError("the server's answer does not tell the fulfillment")
    return made


def _ship(transport: Transport, made: Fulfillment, push: FulfillmentPush) -> None:
    label = {
        "tracking_number": push.tracking_number,
        "tracking_url": push.tracking_url,
        "label_url": "",
    }
    body = {
        "items": _list_lines(push),
        "labels": [label] if push.tracking_number else [],
        "metadata": _sign(push),
    }
    order_id = require_id(push.order_external_id)
    path = f"/admin/orders/{order_id}/fulfillments/{require_id(made.id)}/shipments"
    call = Call("POST", path, {"fields": "id"}, json=body, accept_statuses=(400,))
    answer = transport.send(call)
    if answer.status == 400:
        reason = read_reason(answer.headers, answer.body) or "it says not why"
        if _ALREADY not in reason:
            raise RejectedError(f"the server refused the shipment: {reason}")


def _list_lines(push: FulfillmentPush) -> list[Json]:
    return [
        {"id": line.line_external_id, "quantity": line.quantity} for line in push.lines
    ]


def _sign(push: FulfillmentPush) -> Json:
    """Return the metadata by which a fulfillment is known again."""
    return {REFERENCE_KEY: push.reference, CARRIER_KEY: push.carrier}
