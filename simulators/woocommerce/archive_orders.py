"""Builds the archive's templates from real orders, so that they have their shape."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from . import orders
from .archive import ORDERS_PER_SECOND, Archive
from .render import encoded_order
from .state import Order, Product, State
from .times import gmt_text, local_text

_TEMPLATES_MAX = 50
_SENTINEL_ID = 900_000_000_000
"""Above every real id, so that a template's ids can be found and replaced as text."""
_SENTINEL_TIME = datetime(2001, 1, 1, 12, tzinfo=UTC)


def build_archive(
    state: State, *, count: int, lines_per_order: int, started: datetime | None
) -> Archive:
    """Return ``count`` paid orders over the shop's products.

    Args:
        started: when the first was placed; the last is placed now when not said.

    Raises:
        ValueError: the shop has nothing to sell.
    """
    sold = [one for one in state.products.values() if one.kind != "variable"]
    if not sold:
        raise ValueError("an archive of orders needs products")
    ids_per_order = lines_per_order + 4
    length = timedelta(seconds=count // ORDERS_PER_SECOND + 1)
    return Archive(
        count=count,
        first_id=state.reserve_ids(count * ids_per_order),
        ids_per_order=ids_per_order,
        started=(started or state.now() - length).replace(microsecond=0),
        zone=state.settings.zone,
        templates=tuple(
            _template(
                state,
                [sold[(first + step) % len(sold)] for step in range(lines_per_order)],
            )
            for first in range(min(len(sold), _TEMPLATES_MAX))
        ),
    )


def _template(state: State, basket: list[Product]) -> str:
    """Return an order of these products as text with placeholders."""
    order = _specimen(state, basket)
    text = encoded_order(state, order).decode().replace("%", "%%")
    for offset in range(len(basket) + 3, 0, -1):
        text = text.replace(str(_SENTINEL_ID + offset), f"%(id{offset})d")
    text = text.replace(f"{_SENTINEL_ID:x}", "%(order)x")
    text = text.replace(str(_SENTINEL_ID), "%(order)d")
    text = text.replace(
        str(local_text(_SENTINEL_TIME, state.settings.zone)), "%(local)s"
    )
    return text.replace(str(gmt_text(_SENTINEL_TIME)), "%(gmt)s")


def _specimen(state: State, basket: list[Product]) -> Order:
    """Return a paid order that is in no books, with ids and times to be replaced."""
    shipping_net, shipping_tax = orders.split_tax(state, state.settings.shipping_price)
    return Order(
        order_id=_SENTINEL_ID,
        status="processing",
        created=_SENTINEL_TIME,
        modified=_SENTINEL_TIME,
        changed_at=_SENTINEL_TIME,
        created_via="checkout",
        billing=orders.address_of("Ada Archive", billing=True),
        shipping=orders.address_of("Ada Archive", billing=False),
        lines=[
            replace(
                orders.new_line(state, product, 1),
                line_id=_SENTINEL_ID + 3 + position,
                stock_taken=1,
            )
            for position, product in enumerate(basket)
        ],
        shipping_line_id=_SENTINEL_ID + 1,
        shipping_total=shipping_net,
        shipping_tax=shipping_tax,
        tax_line_id=_SENTINEL_ID + 2,
        paid=_SENTINEL_TIME,
        has_taken_stock=True,
    )
