"""Etsy listings into the canonical model: one for each product of the inventory. Pure.

A listing that the hub took off sale because nothing was left (``PARKED_KEY``) counts as
sold out and not as withdrawn: it sells again as soon as there is stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..canonical.listings import Listing, ListingState
from .etsy_identity import name_product, name_stock
from .etsy_wire import WireInventory, WireListing, WireOffering, WireProduct
from .etsy_words import LISTING_STATES
from .wire import read_wire

PARKED_KEY = "_parked"
"""Where the connector says that it took the listing off sale itself."""
_DIGITAL = "download"


def read_listings(payload: Mapping[str, Any]) -> tuple[Listing, ...]:
    """Translate one listing with its inventory into a listing for each product.

    Raises:
        MappingError: a required part is missing or cannot be understood.
    """
    wire = read_wire(WireListing, payload)
    inventory = wire.inventory
    if inventory is None:
        return ()
    parked = payload.get(PARKED_KEY) is True
    return tuple(
        _read_product(wire, inventory, product, parked=parked)
        for product in inventory.products
        if not product.is_deleted
    )


def find_offering(product: WireProduct) -> WireOffering | None:
    """Return the offering that carries a product's price and quantity: the first."""
    return next((one for one in product.offerings if not one.is_deleted), None)


def _read_product(
    wire: WireListing, inventory: WireInventory, product: WireProduct, *, parked: bool
) -> Listing:
    offering = find_offering(product)
    tracked = offering is not None and wire.listing_type != _DIGITAL
    shown = 0 if parked or offering is None else max(0, offering.quantity)
    return Listing(
        external_id=name_product(wire.listing_id, product.property_values),
        stock_external_id=name_stock(wire.listing_id, product, inventory),
        sku=product.sku,
        title=_name(wire, product),
        tracked=tracked,
        quantity=shown if tracked else None,
        state=_read_state(wire, offering, parked=parked),
    )


def _name(wire: WireListing, product: WireProduct) -> str:
    values = [", ".join(one.values) for one in product.property_values if one.values]
    return " - ".join([wire.title, *values])


def _read_state(
    wire: WireListing, offering: WireOffering | None, *, parked: bool
) -> ListingState:
    if offering is None or not offering.is_enabled:
        return ListingState.INACTIVE
    if parked:
        return ListingState.ACTIVE
    return LISTING_STATES.get(wire.state, ListingState.INACTIVE)
