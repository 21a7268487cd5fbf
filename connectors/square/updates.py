"""Tells Square that goods have left, and cancels orders: sparse updates of an order.

Every update names the version that it was made for, and Square refuses one that is out
of date: the hub then asks again. Orders that were not made through the API have no
version and cannot be updated; completed and cancelled ones cannot either. Source: the
operation ``UpdateOrder`` of Square's description.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from ...canonical.errors import OutcomeUnknownError, RejectedError, RetryLaterError
from ...canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PushResult,
)
from ..calls import Call, Transport
from .orders import retrieve_orders
from .wire import (
    FulfillmentState,
    Json,
    OrderState,
    format_time,
    read_one,
    read_problems,
    read_shape,
    require_id,
)

REFERENCE_PREFIX = "crossdock_"
"""Begins the key of a mark that the hub leaves in a fulfillment's metadata."""
_KEY_MAX = 60
_MARKS_MAX = 10
_CARRIER_MAX, _TRACKING_MAX, _URL_MAX = 50, 100, 2000
_REFUSALS = (400, 404, 409)
_NAMESPACE = uuid.UUID("7a3c5f9e-41d0-5f08-8a55-1f9c0c5b7d21")
_COMPLETED, _CANCELED, _OPEN = "COMPLETED", "CANCELED", "OPEN"
_DONE = frozenset({_COMPLETED, _CANCELED, "FAILED"})
_MOVED_ON_SECONDS = 2.0


def push_fulfillment(transport: Transport, push: FulfillmentPush) -> PushResult:
    """Tell of one parcel. The last one completes the order's fulfillment.

    Square keeps one fulfillment for an order, and the API cannot split it: a parcel
    before the last leaves its tracking number, and its mark, on it.
    """
    try:
        order = _read_order(transport, push.order_external_id)
        told = _find_told(order, push)
        if told is not None:
            return PushResult(Outcome.ACCEPTED, external_id=told)
        fulfillment = _choose_fulfillment(order)
        _require_open(order)
        change = _describe_parcel(fulfillment, push)
        _update(transport, order, {"fulfillments": [change]}, push.idempotency_key)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=_name_parcel(fulfillment, push))


def find_fulfillment(transport: Transport, push: FulfillmentPush) -> str | None:
    """Return Square's id of what an earlier push made, or None."""
    try:
        return _find_told(_read_order(transport, push.order_external_id), push)
    except RejectedError:
        return None


def push_cancellation(transport: Transport, push: CancellationPush) -> PushResult:
    """Cancel an order. Safe to repeat.

    Its fulfillments first, because Square wants that. An order that was paid stays as
    it is beyond that: Square cancels none, and the money is another matter. It does
    not put the units back on sale either; the hub's next count does.
    """
    try:
        order = _read_order(transport, push.order_external_id)
        if _is_called_off(order):
            return PushResult(Outcome.ACCEPTED, external_id=order.id)
        _require_open(order)
        _call_off(transport, _cancel_fulfillments(transport, order, push), push)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=order.id)


def _read_order(transport: Transport, order_id: str) -> OrderState:
    rows = retrieve_orders(transport, [require_id(order_id, "an order")])
    if not rows:
        raise RejectedError("Square has no such order")
    return read_shape(OrderState, rows[0])


def _require_open(order: OrderState) -> None:
    if order.state != _OPEN:
        raise RejectedError(f"the order is {order.state}; Square changes it no more")
    if order.version is None:
        raise RejectedError(
            "the order was made at the counter; Square lets nobody update such orders"
        )


def _find_told(order: OrderState, push: FulfillmentPush) -> str | None:
    key = _mark_key(push.reference)
    for fulfillment in order.fulfillments:
        if key in (fulfillment.metadata or {}):
            return _name_parcel(fulfillment, push)
    return None


def _choose_fulfillment(order: OrderState) -> FulfillmentState:
    """Return the fulfillment that a parcel belongs to: one that is still to be done.

    Raises:
        RejectedError: there is none.
    """
    for fulfillment in order.fulfillments:
        if fulfillment.state not in _DONE:
            return fulfillment
    if not order.fulfillments:
        raise RejectedError("the order asks for nothing to be shipped")
    state = order.fulfillments[-1].state
    raise RejectedError(f"the order's fulfillment is {state} already")


def _describe_parcel(fulfillment: FulfillmentState, push: FulfillmentPush) -> Json:
    """Return the sparse fulfillment that tells of a parcel.

    Raises:
        RejectedError: there is no room for another mark.
    """
    marks = fulfillment.metadata or {}
    if len(marks) >= _MARKS_MAX:
        raise RejectedError(
            f"Square keeps {_MARKS_MAX} notes on a fulfillment, and they are used up"
        )
    value = push.tracking_number[:255] or "shipped"
    change: Json = {
        "uid": fulfillment.uid,
        "metadata": {**marks, _mark_key(push.reference): value},
    }
    if push.completes_order:
        change["state"] = _COMPLETED
    if fulfillment.type == "SHIPMENT":
        change["shipment_details"] = _describe_shipment(push)
    return change


def _describe_shipment(push: FulfillmentPush) -> Json:
    """Return carrier and tracking; what is too long for Square is cut or left out."""
    details = {
        "carrier": push.carrier[:_CARRIER_MAX],
        "tracking_number": push.tracking_number[:_TRACKING_MAX],
        "tracking_url": (
            push.tracking_url if len(push.tracking_url) <= _URL_MAX else ""
        ),
        "expected_shipped_at": format_time(push.shipped_at),
    }
    return {name: text for name, text in details.items() if text}


def _cancel_fulfillments(
    transport: Transport, order: OrderState, push: CancellationPush
) -> OrderState:
    """Cancel what is still to be shipped, and return the order as it is then.

    Raises:
        RejectedError: something has left.
    """
    if any(each.state == _COMPLETED for each in order.fulfillments):
        raise RejectedError("part of the order has left; refund it instead")
    alive = [each for each in order.fulfillments if each.state not in _DONE]
    if not alive:
        return order
    changes: Sequence[Json] = [{"uid": each.uid, "state": _CANCELED} for each in alive]
    return _update(transport, order, {"fulfillments": changes}, push.idempotency_key)


def _call_off(transport: Transport, order: OrderState, push: CancellationPush) -> None:
    """Cancel an order whose fulfillments are; one that was paid stays as it is.

    Raises:
        RejectedError: it is paid, and there was nothing to be shipped.
    """
    if _is_called_off(order):
        return
    if order.tenders:
        raise RejectedError(
            "the order is paid and has nothing to be shipped; refund it instead"
        )
    _update(transport, order, {"state": _CANCELED}, f"{push.idempotency_key}-order")


def _is_called_off(order: OrderState) -> bool:
    if order.state == _CANCELED:
        return True
    states = {each.state for each in order.fulfillments}
    return bool(order.tenders) and states == {_CANCELED}


def _update(
    transport: Transport, order: OrderState, change: Json, key: str
) -> OrderState:
    """Send one update of one version. Safe to repeat: Square recognises the key.

    Raises:
        RetryLaterError: somebody changed the order meanwhile.
        RejectedError: Square does not want it.
    """
    body = {
        "idempotency_key": str(uuid.uuid5(_NAMESPACE, f"{key}\n{order.version}")),
        "order": {
            "location_id": order.location_id,
            "version": order.version,
            **change,
        },
    }
    path = f"/v2/orders/{order.id}"
    call = Call("PUT", path, json=body, safe=True, accept_statuses=_REFUSALS)
    answer = transport.send(call)
    if answer.status in _REFUSALS:
        problems = read_problems(answer)
        if problems.has("VERSION_MISMATCH", "CONFLICT"):
            raise RetryLaterError(
                "the order was changed meanwhile", delay_seconds=_MOVED_ON_SECONDS
            )
        raise RejectedError(f"Square refused: {problems.reason}")
    return read_one(OrderState, answer, "order")


def _mark_key(reference: str) -> str:
    key = REFERENCE_PREFIX + reference
    if len(key) <= _KEY_MAX and reference.isascii():
        return key
    return REFERENCE_PREFIX + uuid.uuid5(_NAMESPACE, reference).hex


def _name_parcel(fulfillment: FulfillmentState, push: FulfillmentPush) -> str:
    """Return the id under which a parcel is known.

    The last one is the fulfillment itself; those before it are marks on it.
    """
    if push.completes_order:
        return fulfillment.uid
    return f"{fulfillment.uid}/{push.reference}"
