"""Reads orders: what changed since a cursor, or the ones asked for by id.

A list never shows cancellation requests, and an order never its parcels: both are
fetched and put into the payload. Changes nothing at eBay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ...canonical.clock import Clock
from ...canonical.model import require_utc
from ...canonical.pages import Page, Record
from ..calls import Call, Transport
from .cursor import PAGE_SIZE, Window
from .doors import FULFILLMENT
from .wire import (
    Json,
    OrderHead,
    OrderPage,
    Parcels,
    format_time,
    read_answer,
    read_shape,
    read_time,
)

PARCELS_KEY = "_fulfillments"
"""Where the parcels are put into an order's payload."""
WITH_TAXES = {"fieldGroups": "TAX_BREAKDOWN"}
"""Without it totals leave out the taxes that eBay collects from the buyer itself."""

_ORDER_ID = re.compile(r"[\w!-]{1,80}", re.ASCII)
_NO_SUCH_ORDER = (400, 404)


def pull_orders(
    seller: Transport, clock: Clock, cursor: str | None, since: datetime
) -> Page:
    """Return the next page of orders changed since the cursor."""
    window = Window.decode(cursor) if cursor else Window(require_utc(since))
    window = window.open(clock.now())
    answer = seller.send(_list_changed(window))
    page = read_answer(OrderPage, answer)
    records = tuple(_complete(seller, row) for row in page.orders)
    told_at = read_time(answer, clock)
    window, is_read = window.advance(len(page.orders), page.total, told_at)
    if not is_read:
        return Page(records, window.encode(), complete=False)
    following, behind = window.follow()
    return Page(records, following.encode(), complete=not behind)


def fetch_orders(seller: Transport, ids: Sequence[str]) -> tuple[Record, ...]:
    """Return the named orders as they are now; ids that name none are left out."""
    found = (read_order(seller, each) for each in dict.fromkeys(ids))
    return tuple(_add_parcels(seller, order) for order in found if order is not None)


def read_order(seller: Transport, order_id: str) -> Json | None:
    """Return one order with its cancellation requests; None where there is none."""
    if not _ORDER_ID.fullmatch(order_id):
        return None
    path = f"{FULFILLMENT}/order/{order_id}"
    call = Call("GET", path, WITH_TAXES, safe=True, accept_statuses=_NO_SUCH_ORDER)
    answer = seller.send(call)
    if answer.status in _NO_SUCH_ORDER:
        return None
    order: Json = answer.json()
    read_shape(OrderHead, order)
    return order


def list_parcels(seller: Transport, order_id: str) -> Any:
    """Return the parcels of an order as eBay tells them."""
    path = f"{FULFILLMENT}/order/{order_id}/shipping_fulfillment"
    answer = seller.send(Call("GET", path, safe=True))
    read_answer(Parcels, answer)
    return answer.json().get("fulfillments") or []


def _list_changed(window: Window) -> Call:
    if window.until is None:
        raise ValueError("a window is opened before it is asked for")
    since, until = format_time(window.since), format_time(window.until)
    params = {
        **WITH_TAXES,
        "filter": f"lastmodifieddate:[{since}..{until}]",
        "limit": str(PAGE_SIZE),
        "offset": str(window.offset),
    }
    return Call("GET", f"{FULFILLMENT}/order", params, safe=True)


def _complete(seller: Transport, order: Json) -> Record:
    """Return a list's order as a record, with what the list does not show."""
    head = read_shape(OrderHead, order)
    if head.cancel_status.cancel_state not in {"", "NONE_REQUESTED"}:
        order = read_order(seller, head.order_id) or order
    return _add_parcels(seller, order)


def _add_parcels(seller: Transport, order: Json) -> Record:
    head = read_shape(OrderHead, order)
    if head.order_fulfillment_status != "NOT_STARTED":
        order = {**order, PARCELS_KEY: list_parcels(seller, head.order_id)}
    return Record(head.order_id, head.last_modified_date, order)
