"""Tells the shop that goods have left, and cancels orders.

Neither native fulfillments nor notes are safe to repeat. So each carries the hub's own
reference, is searched for before it is made, and is the last thing that a push does: a
push that can be found is complete. Stock is not touched here.
"""

from __future__ import annotations

from dataclasses import dataclass

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
"""Meta of a native fulfillment and of a refund: the hub's own id of it."""

_CLOSED = frozenset({"cancelled", "refunded", "failed", "trash"})
_ROUTE_MISSING = "rest_no_route"


@dataclass(frozen=True, slots=True)
class _Trace:
    """How this shop is told of parcels, and the id of the one in question if it was."""

    native: bool
    external_id: str | None


def push_fulfillment(
    transport: Transport, settings: WooCommerceSettings, push: FulfillmentPush
) -> PushResult:
    """Tell the shop of one parcel. A repetition finds the first and changes nothing."""
    try:
        order = _read_order(transport, push.order_external_id)
        trace = _search(transport, settings, push)
        if trace.external_id:
            return PushResult(Outcome.ACCEPTED, external_id=trace.external_id)
        if order.status in _CLOSED:
            return PushResult(Outcome.REFUSED, f"the order is {order.status}")
        # Described first, so that nothing is done for a parcel that cannot be told of.
        parcel = _describe_parcel(push) if trace.native else []
        if push.completes_order and order.status != "completed":
            _set_status(transport, order.id, "completed")
        tell = _tell_natively if trace.native else _tell_by_note
        external_id = tell(transport, settings, push, parcel)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=external_id)


def find_fulfillment(
    transport: Transport, settings: WooCommerceSettings, push: FulfillmentPush
) -> str | None:
    """Return the shop's id of what an earlier push made, or None."""
    try:
        return _search(transport, settings, push).external_id
    except RejectedError:
        return None


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
        if order.status not in {"cancelled", "trash"}:
            _set_status(transport, order.id, "cancelled")
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=str(order.id))


def _read_order(transport: Transport, order_id: str) -> OrderHead:
    answer = transport.send(Call("GET", order_path(order_id), safe=True))
    return read_one(OrderHead, answer)


def order_path(order_id: str) -> str:
    """Return the path of an order.

    Raises:
        RejectedError: the id is none of this shop's.
    """
    if not is_id(order_id):
        raise RejectedError(f"{order_id!r} is no id of an order")
    return f"/orders/{order_id}"


def _set_status(transport: Transport, order_id: int, status: str) -> None:
    """Set the status of an order. Setting it twice is the same as once."""
    changes = {"status": status}
    transport.send(Call("PUT", f"/orders/{order_id}", json=changes, safe=True))


def _search(
    transport: Transport, settings: WooCommerceSettings, push: FulfillmentPush
) -> _Trace:
    """Look for the parcel where the settings and the shop's features put it.

    Raises:
        RejectedError: no such order; or the settings ask for native fulfillments, and
            the shop has none.
    """
    path = order_path(push.order_external_id)
    if settings.tracking is not TrackingMode.NOTE:
        call = Call("GET", f"{path}/fulfillments", safe=True, accept_statuses=(404,))
        answer = transport.send(call)
        if answer.status != 404:
            return _Trace(True, _find_parcel(read_rows(answer), push))
        refusal = read_one(Refusal, answer)
        if refusal.code != _ROUTE_MISSING:
            raise RejectedError(f"the shop has no such order: {refusal.code}")
        if settings.tracking is TrackingMode.NATIVE:
            raise RejectedError(
                "the shop offers no order fulfillments; enable them in WooCommerce > "
                "Settings > Advanced > Features, or set tracking to auto"
            )
    listed = transport.send(Call("GET", f"{path}/notes", {"type": "any"}, safe=True))
    return _Trace(False, _find_note(read_rows(listed), push))


def _find_parcel(rows: list[Json], push: FulfillmentPush) -> str | None:
    for row in rows:
        parcel = read_shape(FulfillmentHead, row)
        if find_meta(parcel.meta_data, REFERENCE_KEY) == push.reference:
            return str(parcel.id)
    return None


def _find_note(rows: list[Json], push: FulfillmentPush) -> str | None:
    for row in rows:
        note = read_shape(Note, row)
        if _sign(push) in note.note:
            return f"note-{note.id}"
    return None


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


def _tell_natively(
    transport: Transport,
    settings: WooCommerceSettings,
    push: FulfillmentPush,
    parcel: list[Json],
) -> str:
    call = Call(
        "POST",
        f"{order_path(push.order_external_id)}/fulfillments",
        {"notify_customer": "true"} if settings.notify_customer else {},
        json={"status": "fulfilled", "is_fulfilled": True, "meta_data": parcel},
    )
    return str(read_one(FulfillmentHead, transport.send(call)).id)


def _tell_by_note(
    transport: Transport,
    settings: WooCommerceSettings,
    push: FulfillmentPush,
    _parcel: list[Json],
) -> str:
    path = f"{order_path(push.order_external_id)}/notes"
    body = {"note": _write_note(push), "customer_note": settings.notify_customer}
    answer = transport.send(Call("POST", path, json=body))
    return f"note-{read_one(Note, answer).id}"


def _write_note(push: FulfillmentPush) -> str:
    words = ["Shipped"]
    if push.carrier:
        words.append(f"with {push.carrier}")
    if push.tracking_number:
        words.append(f"under {push.tracking_number}")
    sentences = [f"{' '.join(words)}.", push.tracking_url, _sign(push)]
    return " ".join(sentence for sentence in sentences if sentence)


def _sign(push: FulfillmentPush) -> str:
    """Return how a note says which push it belongs to; searched for later."""
    return f"(reference {push.reference})"
