"""Orders read from Vendure: pulled walk by walk, fetched by id.

Which page to ask for is in ``cursor``. A record's time is the newest of all times in
it, because the order's own stands still while its payments and fulfillments change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ...canonical.clock import Clock
from ...canonical.pages import Page, Record
from ...mapping.vendure_wire import find_newest
from .admin import Admin, NotThereError
from .cursor import PLACED_ORDERS, Place
from .documents import ORDER, ORDERS
from .settings import VendureSettings
from .wire import Json, Listed, OrderHead, read_rows, read_shape

PAGE_SIZE = 100


def pull_orders(
    admin: Admin,
    clock: Clock,
    settings: VendureSettings,
    cursor: str | None,
    since: datetime,
) -> Page:
    """Return the next page; orders that have not changed since the first are left out.

    Raises:
        ContractBrokenError: the list goes round in circles, or the cursor is none.
    """
    now = clock.now()
    place = Place.decode(cursor) if cursor else Place.start(since, now)
    closed_since = now - timedelta(days=settings.recheck_days)
    rows = _list_orders(admin, place.options(PAGE_SIZE, closed_since))
    heads = read_rows(OrderHead, rows, "orders")
    place, complete = place.advance(
        [(head.order_placed_at or head.updated_at, head.updated_at) for head in heads],
        PAGE_SIZE,
        now=now,
        recheck=timedelta(seconds=settings.recheck_seconds),
    )
    records = (_make_record(row) for row in rows)
    wanted = tuple(one for one in records if one.updated_at >= place.floor)
    return Page(wanted, place.encode(), complete)


def fetch_orders(admin: Admin, external_ids: Sequence[str]) -> tuple[Record, ...]:
    """Return the named orders as they are now; carts and drafts are no orders yet."""
    if not external_ids:
        return ()
    ids = list(dict.fromkeys(external_ids))
    options = {"filter": {**PLACED_ORDERS, "id": {"in": ids}}, "take": len(ids)}
    return tuple(_make_record(row) for row in _list_orders(admin, options))


def read_order(admin: Admin, external_id: str) -> OrderHead:
    """Return what there is of an order that is to be told something.

    Raises:
        NotThereError: there is no such order.
    """
    data, _ = admin.ask(ORDER, id=external_id)
    if data.get("order") is None:
        raise NotThereError(f"Vendure knows no order {external_id!r}")
    return read_shape(OrderHead, data["order"], "order")


def _list_orders(admin: Admin, options: dict[str, Any]) -> tuple[Json, ...]:
    data, _ = admin.ask(ORDERS, options=options)
    return read_shape(Listed, data.get("orders"), "orders").items


def _make_record(row: Json) -> Record:
    head = read_shape(OrderHead, row, "orders")
    return Record(head.id, find_newest(row) or head.updated_at, row)
