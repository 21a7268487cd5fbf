"""Tells the shop that goods have left, and cancels orders.

Neither native fulfillments nor notes are safe to repeat, so each push searches for its
own reference first, and writes a marker on the order last, together with the status:
an order with the marker has been told everything. Stock is not touched here.
"""

from __future__ import annotations

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PushResult,
)
from ...mapping.woocommerce_parcels import (
    CARRIER_KEYS,
    FULFILLED_LINES_KEY,
    TRACKING_NUMBER_KEY,
    TRACKING_URL_KEY,
)
from ...mapping.woocommerce_wire import find_meta
from ..calls import Call, Transport
from .settings import TrackingMode, WooCommerceSettings
from .wire import (
    FulfillmentHead,
    Json,
    Note,
    OrderHead,
    Refusal,
    is_id,
    read_one,
    read_rows,
    read_shape,
)

REFERENCE_KEY = "_crossdock_reference"
"""Meta of a native fulfillment: the hub's own id of it."""
MARKER_PREFIX = "_crossdock_told_"
"""Meta of an order, with the hub's id behind it: what was told, as the shop's id."""

_CLOSED = frozenset({"cancelled", "refunded", "failed", "trash"})
_ROUTE_MISSING = "rest_no_route"


def push_fulfillment(
    transport: Transport, settings: WooCommerceSettings, push: FulfillmentPush
) -> PushResult:
    """Tell the shop of one parcel. Repeating it finds what was told and goes on."""
    try:
        order = _read_order(transport, push.order_external_id)
        told = _find_marker(order, push.reference)
        if told:
            return PushResult(Outcome.ACCEPTED, external_id=told)
        if order.status in _CLOSED:
            return PushResult(Outcome.REFUSED, f"the order is {order.status}")
        external_id = _tell(transport, settings, push)
        _mark_as_told(transport, order, push, external_id)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=external_id)


def find_fulfillment(transport: Transport, push: FulfillmentPush) -> str | None:
    """Return the shop's id of a push that was told completely, or None."""
    try:
        order = _read_order(transport, push.order_external_id)
    except RejectedError:
        return None
    return _find_marker(order, push.reference)


def push_cancellation(transport: Transport, push: CancellationPush) -> PushResult:
    """Cancel an order. Safe to repeat.

    The shop gives the stock back by itself, and cannot be asked not to. A completed
    order would be cancelled and restocked too, so those are refused here.
    """
    try:
        order = _read_order(transport, push.order_external_id)
        if order.status in {"completed", "refunded"}:
            reason = f"the order is {order.status}; refund it in the shop instead"
            return PushResult(Outcome.REFUSED, reason)
        if order.status not in _CLOSED:
            _update_order(transport, order.id, {"status": "cancelled"})
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=str(order.id))


def _read_order(transport: Transport, order_id: str) -> OrderHead:
    if not is_id(order_id):
        raise RejectedError(f"{order_id!r} is no id of an order")
    answer = transport.send(Call("GET", f"/orders/{order_id}", safe=True))
    return read_one(OrderHead, answer)


def _find_marker(order: OrderHead, reference: str) -> str | None:
    marker = find_meta(order.meta_data, MARKER_PREFIX + reference)
    return str(marker) if marker else None


def _mark_as_told(
    transport: Transport, order: OrderHead, push: FulfillmentPush, external_id: str
) -> None:
    changes: Json = {
        "meta_data": [{"key": MARKER_PREFIX + push.reference, "value": external_id}]
    }
    if push.completes_order and order.status != "completed":
        changes["status"] = "completed"
    _update_order(transport, order.id, changes)


def _update_order(transport: Transport, order_id: int, changes: Json) -> None:
    """Set fields of an order. Setting them twice is the same as once."""
    transport.send(Call("PUT", f"/orders/{order_id}", json=changes, safe=True))


def _tell(
    transport: Transport, settings: WooCommerceSettings, push: FulfillmentPush
) -> str:
    """Tell of the parcel in the way that is set, and return the shop's id of it.

    Raises:
        RejectedError: native fulfillments are asked for, and the shop has none.
    """
    if settings.tracking is not TrackingMode.NOTE:
        path = f"/orders/{push.order_external_id}/fulfillments"
        call = Call("GET", path, safe=True, accept_statuses=(404,))
        answer = transport.send(call)
        if answer.status != 404:
            return _tell_natively(transport, settings, push, read_rows(answer))
        code = read_shape(Refusal, answer.json()).code
        if settings.tracking is TrackingMode.NATIVE or code != _ROUTE_MISSING:
            raise RejectedError(
                "the shop offers no order fulfillments",
                next_step="Enable them in WooCommerce > Settings > Advanced > "
                "Features, or set tracking to auto.",
            )
    return _tell_by_note(transport, settings, push)


def _tell_natively(
    transport: Transport,
    settings: WooCommerceSettings,
    push: FulfillmentPush,
    existing: list[Json],
) -> str:
    for row in existing:
        fulfillment = read_shape(FulfillmentHead, row)
        if find_meta(fulfillment.meta_data, REFERENCE_KEY) == push.reference:
            return str(fulfillment.id)
    call = Call(
        "POST",
        f"/orders/{push.order_external_id}/fulfillments",
        {"notify_customer": "true"} if settings.notify_customer else {},
        json={
            "status": "fulfilled",
            "is_fulfilled": True,
            "meta_data": _describe_parcel(push),
        },
    )
    return str(read_one(FulfillmentHead, transport.send(call)).id)


def _describe_parcel(push: FulfillmentPush) -> list[Json]:
    """Return the meta data that makes a fulfillment what it is.

    Raises:
        RejectedError: a line's id is none of this shop's.
    """
    if not all(is_id(line.line_external_id) for line in push.lines):
        raise RejectedError("a line of the parcel has no id of this shop")
    lines = [
        {"item_id": int(line.line_external_id), "qty": line.quantity}
        for line in push.lines
    ]
    values = {
        FULFILLED_LINES_KEY: lines,
        REFERENCE_KEY: push.reference,
        TRACKING_NUMBER_KEY: push.tracking_number,
        TRACKING_URL_KEY: push.tracking_url,
        **dict.fromkeys(CARRIER_KEYS, push.carrier),
    }
    return [{"key": key, "value": value} for key, value in values.items() if value]


def _tell_by_note(
    transport: Transport, settings: WooCommerceSettings, push: FulfillmentPush
) -> str:
    path = f"/orders/{push.order_external_id}/notes"
    listed = transport.send(Call("GET", path, {"type": "any"}, safe=True))
    for row in read_rows(listed):
        note = read_shape(Note, row)
        if _signature(push) in note.note:
            return f"note-{note.id}"
    body = {"note": _write_note(push), "customer_note": settings.notify_customer}
    answer = transport.send(Call("POST", path, json=body))
    return f"note-{read_one(Note, answer).id}"


def _write_note(push: FulfillmentPush) -> str:
    parts = ["Shipped"]
    if push.carrier:
        parts.append(f"with {push.carrier}")
    if push.tracking_number:
        parts.append(f"under {push.tracking_number}")
    return f"{' '.join(parts)}. {push.tracking_url} {_signature(push)}".replace(
        "  ", " "
    )


def _signature(push: FulfillmentPush) -> str:
    """Return how a note says which push it belongs to; searched for later."""
    return f"(reference {push.reference})"
