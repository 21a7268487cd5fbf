"""Amazon's listings items into the canonical model.

A listing is known by the merchant's SKU, and by nothing else: prices, stock and order
lines all name it so. Families of variations have a parent that cannot be bought; it
gives no listing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..canonical.listings import Listing, ListingState
from .amazon_wire import WireListing
from .amazon_words import OWN_WAREHOUSE
from .wire import read_wire


def read_listings(payload: Mapping[str, Any]) -> tuple[Listing, ...]:
    """Translate one listings item; the parent of variations gives none.

    Raises:
        MappingError: a required part is missing or cannot be understood.
    """
    wire = read_wire(WireListing, payload)
    if _is_parent(wire):
        return ()
    quantity = read_quantity(wire)
    return (
        Listing(
            external_id=wire.sku,
            stock_external_id=wire.sku,
            sku=wire.sku,
            title=next((each.item_name for each in wire.summaries), ""),
            quantity=quantity,
            state=_read_state(wire, quantity),
            held_by_channel=is_held_by_amazon(wire),
        ),
    )


def is_held_by_amazon(wire: WireListing) -> bool:
    """Say whether the goods lie in one of Amazon's warehouses (FBA).

    A listing with both an own and an Amazon warehouse is being moved from one to the
    other; writing to it would decide that, so Amazon's counts.
    """
    channels = {each.fulfillment_channel_code for each in wire.fulfillment_availability}
    return bool(channels - {OWN_WAREHOUSE})


def read_quantity(wire: WireListing) -> int | None:
    """Return what the listing shows; None where the item tells none."""
    if wire.fba_quantity is not None:
        return wire.fba_quantity
    held = is_held_by_amazon(wire)
    for each in wire.fulfillment_availability:
        if (each.fulfillment_channel_code != OWN_WAREHOUSE) == held:
            return each.quantity
    return None


def _is_parent(wire: WireListing) -> bool:
    return any(
        relationship.type == "VARIATION" and relationship.child_skus
        for store in wire.relationships
        for relationship in store.relationships
    )


def _read_state(wire: WireListing, quantity: int | None) -> ListingState:
    """Say whether shoppers can see the listing.

    One that is sold out is not BUYABLE and may not be DISCOVERABLE; it comes back with
    its stock. One with stock and neither is suppressed by Amazon.
    """
    hidden = not any(each.status for each in wire.summaries)
    if not wire.summaries or (hidden and quantity):
        return ListingState.INACTIVE
    return ListingState.ACTIVE
