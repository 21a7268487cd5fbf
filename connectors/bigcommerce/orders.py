"""Reads orders: what changed since a cursor, or the ones asked for by id.

One request brings a page of orders with all of their lines. Refunds come with one more
for the whole page, shipments with one for each order that has some; both are stored in
the payload. Changes nothing at the store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from ...canonical.model import require_utc
from ...canonical.pages import Page, Record
from ...mapping.bigcommerce import REFUNDS_KEY, RESTOCKS_KEY, SHIPMENTS_KEY
from ..calls import Call, Transport
from .cursor import Place
from .settings import BigCommerceSettings
from .wire import Json, Listed, OrderHead, is_id, read_one, read_rows, read_shape

PAGE_SIZE = 100
"""Orders come with their lines; at the 250 that v2 allows an answer takes long."""
DETAIL_PAGE_SIZE = 250

WITH_LINES = {
    "include": "consignments.line_items,fees",
    "consignment_structure": "object",
}
"""What turns the links in an order into the things themselves."""

_REFUND_WORDS = {"refunded", "partially refunded"}
_REFUND_STATUSES = {4, 14}


def pull_orders(
    transport: Transport,
    settings: BigCommerceSettings,
    cursor: str | None,
    since: datetime,
) -> Page:
    """Return the next page of orders changed since the cursor."""
    place = Place(require_utc(since)) if cursor is None else Place.decode(cursor)
    params = {**place.params(PAGE_SIZE), **WITH_LINES}
    rows = read_rows(transport.send(Call("GET", "/v2/orders", params, safe=True)))
    heads = [read_shape(OrderHead, row) for row in rows]
    following, complete = place.advance(
        [(head.id, head.date_modified) for head in heads], PAGE_SIZE
    )
    records = _complete(transport, settings, list(zip(heads, rows, strict=True)))
    return Page(records, following.encode(), complete)


def fetch_orders(
    transport: Transport, settings: BigCommerceSettings, ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named orders as they are now, archived ones included."""
    found = []
    for each in dict.fromkeys(ids):
        if not is_id(each):
            continue
        call = Call(
            "GET", f"/v2/orders/{each}", WITH_LINES, safe=True, accept_statuses=(404,)
        )
        answer = transport.send(call)
        if answer.status != 404:
            found.append((read_one(OrderHead, answer), answer.json()))
    return _complete(transport, settings, found)


def read_shipments(transport: Transport, order_id: str) -> list[Json]:
    """Return the shipments of an order; none where it vanished meanwhile."""
    call = Call(
        "GET",
        f"/v2/orders/{order_id}/shipments",
        {"limit": str(DETAIL_PAGE_SIZE)},
        safe=True,
        accept_statuses=(404,),
    )
    answer = transport.send(call)
    return [] if answer.status == 404 else read_rows(answer)


def read_refunds(transport: Transport, order_ids: Sequence[str]) -> list[Json]:
    """Return the refunds of some orders, of each at most what one page holds."""
    if not order_ids:
        return []
    params = {"order_id:in": ",".join(order_ids), "limit": str(DETAIL_PAGE_SIZE)}
    call = Call("GET", "/v3/orders/payment_actions/refunds", params, safe=True)
    return list(read_one(Listed, transport.send(call)).data)


def _complete(
    transport: Transport,
    settings: BigCommerceSettings,
    orders: Sequence[tuple[OrderHead, Json]],
) -> tuple[Record, ...]:
    """Return the orders with their refunds and shipments, where they have some."""
    refunds: defaultdict[int, list[Json]] = defaultdict(list)
    refunded = [str(head.id) for head, _ in orders if _has_refunds(head)]
    for refund in read_refunds(transport, refunded):
        refunds[refund.get("order_id", 0)].append(refund)
    records = []
    for head, row in orders:
        details: Json = {RESTOCKS_KEY: settings.restocks_by_itself}
        if head.id in refunds:
            details[REFUNDS_KEY] = refunds[head.id]
        if head.items_shipped or any(line.quantity_shipped for line in head.lines):
            details[SHIPMENTS_KEY] = read_shipments(transport, str(head.id))
        payload = {**row, **details}
        records.append(Record(str(head.id), head.date_modified, payload))
    return tuple(records)


def _has_refunds(head: OrderHead) -> bool:
    """Say whether there are refunds; ``refunded_amount`` always says zero."""
    return (
        head.status_id in _REFUND_STATUSES
        or head.payment_status in _REFUND_WORDS
        or any(line.quantity_refunded for line in head.lines)
    )
