"""WooCommerce products into listings: one per simple product, one per variation.

A variable product itself is not sold and is no listing, but may carry the stock of its
variations. Pure; the record is what the connector stored, product and variations.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import unescape
from math import floor
from typing import Any

from ..canonical.listings import Listing, ListingState
from .wire import read_wire
from .woocommerce_wire import WireProduct, WireProductRecord

NOT_OURS_TO_SELL = frozenset({"grouped", "external"})
"""A grouped product sells its members, an external one is sold by another site."""


def read_listings(payload: Mapping[str, Any]) -> tuple[Listing, ...]:
    """Translate ``{"product": ..., "variations": [...]}`` into listings.

    Raises:
        MappingError: a required part is missing or cannot be understood.
    """
    record = read_wire(WireProductRecord, payload)
    product = record.product
    if product.type in NOT_OURS_TO_SELL:
        return ()
    if record.variations:
        return tuple(_read_variation(product, each) for each in record.variations)
    if product.type.startswith("variable"):
        return ()
    return (_read_simple(product),)


def join_listing_id(product_id: int, variation_id: int) -> str:
    """Return the id of a listing: ``123``, or ``123/456`` for a variation."""
    return f"{product_id}/{variation_id}" if variation_id else str(product_id)


def _read_simple(product: WireProduct) -> Listing:
    tracked = product.manage_stock is True
    return Listing(
        external_id=str(product.id),
        stock_external_id=str(product.id),
        sku=product.sku,
        barcode=product.global_unique_id,
        title=unescape(product.name),
        tracked=tracked,
        quantity=_count_whole(product.stock_quantity) if tracked else None,
        state=_read_state(product.status),
    )


def _read_variation(product: WireProduct, variation: WireProduct) -> Listing:
    shared = variation.manage_stock == "parent"
    tracked = shared or variation.manage_stock is True
    own_id = join_listing_id(product.id, variation.id)
    quantity = product.stock_quantity if shared else variation.stock_quantity
    return Listing(
        external_id=own_id,
        stock_external_id=str(product.id) if shared else own_id,
        # The shop fills in the product's own where a variation has none. Siblings
        # would then look like duplicates of one another.
        sku=_without_inherited(variation.sku, product.sku),
        barcode=_without_inherited(
            variation.global_unique_id, product.global_unique_id
        ),
        title=_name_variation(product, variation),
        tracked=tracked,
        quantity=_count_whole(quantity) if tracked else None,
        state=_join_states(_read_state(product.status), _read_state(variation.status)),
    )


def _count_whole(quantity: float | None) -> int | None:
    return None if quantity is None else floor(quantity)


def _without_inherited(value: str, inherited: str) -> str:
    return "" if value == inherited else value


def _name_variation(product: WireProduct, variation: WireProduct) -> str:
    options = ", ".join(each.option for each in variation.attributes if each.option)
    name = f"{product.name}: {options}" if options else product.name
    return unescape(name)


def _read_state(status: str | bool) -> ListingState:
    """Drafts, pending, private, scheduled and plugins' states: nobody can buy it."""
    if status == "trash":
        return ListingState.DELETED
    return ListingState.ACTIVE if status in {"publish", True} else ListingState.INACTIVE


def _join_states(product: ListingState, variation: ListingState) -> ListingState:
    for state in (ListingState.DELETED, ListingState.INACTIVE):
        if state in {product, variation}:
            return state
    return ListingState.ACTIVE
