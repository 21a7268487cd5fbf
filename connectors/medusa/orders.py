"""Reads orders: what changed since a cursor, or the ones asked for by id.

Two walks make a pull: over orders by their ``updated_at``, and then over payments by
theirs, because a capture moves the payment's time and not the order's. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ...canonical.clock import Clock
from ...canonical.model import require_utc
from ...canonical.pages import Page, Record
from ...mapping.medusa_wire import WirePaymentCollection
from ..calls import Answer, Call, Transport
from .cursor import Place, Walk
from .wire import (
    Changed,
    Json,
    PaymentHead,
    Rows,
    Shape,
    chunk,
    name_ids,
    read_rows,
    read_shape,
    read_time,
)

PAGE_SIZE = 50
"""Orders come with their lines, payments, parcels and returns."""
PAYMENTS_PAGE_SIZE = 20
"""As many payments as orders can be fetched by id in one request."""

FIELDS = ",".join(
    (
        "id,display_id,status,currency_code,email,created_at,updated_at,canceled_at",
        "total,credit_line_total,payment_status,fulfillment_status",
        "*items,*items.detail,*items.tax_lines,*items.adjustments",
        "*shipping_methods,*shipping_address,*billing_address,*customer",
        "*payment_collections,*payment_collections.payments",
        "*payment_collections.payments.captures",
        "*payment_collections.payments.refunds",
        "*fulfillments,*fulfillments.items,*fulfillments.labels",
        "*returns,*returns.items",
    )
)
"""Everything that the mapping reads; nothing else is computed."""


class OrderTimes(Shape):
    """What says when an order or one of its payments changed."""

    payment_collections: Rows[WirePaymentCollection] = ()


def pull_orders(
    transport: Transport, clock: Clock, cursor: str | None, since: datetime
) -> Page:
    """Return the next page of orders changed since the cursor."""
    place = Place(Walk(require_utc(since))) if cursor is None else Place.decode(cursor)
    if place.orders_done and place.payments is not None:
        return _follow_payments(transport, place, place.payments)
    params = {**place.orders.params("updated_at", PAGE_SIZE), "fields": FIELDS}
    answer = transport.send(Call("GET", "/admin/orders", params, safe=True))
    rows = read_rows(answer, "orders")
    heads = [read_shape(Changed, row) for row in rows]
    walk, done = place.orders.advance([head.updated_at for head in heads], PAGE_SIZE)
    # Orders read from here on tell of every payment that changed before.
    payments = place.payments or Walk(read_time(answer, clock)).step_back()
    following = Place(walk, payments, done)
    return Page(_as_records(rows), following.encode(), complete=False)


def fetch_orders(transport: Transport, ids: Sequence[str]) -> tuple[Record, ...]:
    """Return the named orders as they are now; ids not found are left out."""
    rows = [row for names in chunk(ids) for row in _list_named(transport, names)]
    return _as_records(rows)


def _follow_payments(transport: Transport, place: Place, walk: Walk) -> Page:
    """Return the orders of the next page of payments that changed."""
    answer = _list_payments(transport, walk)
    heads = [read_shape(PaymentHead, row) for row in read_rows(answer, "payments")]
    walk, done = walk.advance([head.updated_at for head in heads], PAYMENTS_PAGE_SIZE)
    ids = [
        head.payment_collection.order.id
        for head in heads
        if head.payment_collection and head.payment_collection.order
    ]
    following = replace(place, payments=walk)
    if done:
        following = Place(place.orders.step_back(), walk.step_back())
    return Page(fetch_orders(transport, ids), following.encode(), done)


def _list_payments(transport: Transport, walk: Walk) -> Answer:
    params = {
        **walk.params("updated_at", PAYMENTS_PAGE_SIZE),
        "fields": "id,updated_at,payment_collection.order.id",
    }
    return transport.send(Call("GET", "/admin/payments", params, safe=True))


def _list_named(transport: Transport, ids: Sequence[str]) -> list[Json]:
    params = {**name_ids(ids), "limit": str(len(ids)), "fields": FIELDS}
    answer = transport.send(Call("GET", "/admin/orders", params, safe=True))
    return read_rows(answer, "orders")


def _as_records(rows: Sequence[Json]) -> tuple[Record, ...]:
    """Return orders as records; a payment that changed makes a new version."""
    records = []
    for row in rows:
        head = read_shape(Changed, row)
        collections = read_shape(OrderTimes, row).payment_collections
        times = [
            payment.updated_at
            for each in collections
            for payment in each.payments
            if payment.updated_at
        ]
        records.append(Record(head.id, max([head.updated_at, *times]), row))
    return tuple(records)
