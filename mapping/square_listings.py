"""Square's catalogue into listings: one per variation, none for the item itself.

A variation is listed as it stands at the channel's one location: whether it is present
there, whether its inventory is tracked there, and how many are counted there. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

from pydantic import BaseModel, Field

from ..canonical.listings import Listing, ListingState
from .square_wire import Quantity
from .square_words import name_variation
from .wire import Rows, Text, read_wire


class WireOverride(BaseModel):
    """What is different about a variation at one location."""

    location_id: Text = ""
    track_inventory: bool | None = None


class WireVariationDetails(BaseModel):
    """``item_variation_data`` of a catalogue object."""

    name: Text = ""
    sku: Text = ""
    upc: Text = ""
    track_inventory: bool | None = None
    stockable: bool | None = None
    sellable: bool | None = None
    location_overrides: Rows[WireOverride] = []


class WirePresence(BaseModel):
    """At which locations a catalogue object exists."""

    is_deleted: bool | None = None
    present_at_all_locations: bool | None = None
    present_at_location_ids: Rows[str] = []
    absent_at_location_ids: Rows[str] = []

    def is_at(self, location_id: str) -> bool:
        """Say whether it is present there; without a word it is everywhere."""
        if self.present_at_all_locations is False:
            return location_id in self.present_at_location_ids
        return location_id not in self.absent_at_location_ids


class WireVariation(WirePresence):
    """A variation: what is really sold, and a listing here."""

    id: str = Field(min_length=1)
    item_variation_data: WireVariationDetails


class WireItemDetails(BaseModel):
    """``item_data`` of a catalogue object."""

    name: Text = ""
    is_archived: bool | None = None
    variations: Rows[WireVariation] = []


class WireItem(WirePresence):
    """An item of the catalogue: a name over one or more variations."""

    id: str = Field(min_length=1)
    item_data: WireItemDetails


class WireListingRecord(BaseModel):
    """What our connector stores of an item: it, its counts, and where they hold."""

    item: WireItem
    location_id: str
    counts: dict[str, Quantity] = {}


def read_listings(payload: Mapping[str, Any]) -> tuple[Listing, ...]:
    """Translate ``{"item": ..., "location_id": ..., "counts": {...}}`` into listings.

    Raises:
        MappingError: a required part is missing or cannot be understood.
    """
    record = read_wire(WireListingRecord, payload)
    return tuple(
        _read_variation(record, each) for each in record.item.item_data.variations
    )


def _read_variation(record: WireListingRecord, variation: WireVariation) -> Listing:
    details = variation.item_variation_data
    tracked = _is_tracked(details, record.location_id)
    counted = record.counts.get(variation.id)
    return Listing(
        external_id=variation.id,
        stock_external_id=variation.id,
        sku=details.sku,
        barcode=details.upc,
        title=name_variation(record.item.item_data.name, details.name),
        tracked=tracked,
        # A variation that was never counted has no count at all.
        quantity=None if counted is None or not tracked else floor(counted),
        state=_read_state(record, variation),
    )


def _is_tracked(details: WireVariationDetails, location_id: str) -> bool:
    """Say whether a quantity is kept of this very variation at the location.

    One that is not stockable (wine by the glass) takes its count from another one.
    """
    if details.stockable is False:
        return False
    for override in details.location_overrides:
        if override.location_id == location_id and override.track_inventory is not None:
            return override.track_inventory
    return bool(details.track_inventory)


def _read_state(record: WireListingRecord, variation: WireVariation) -> ListingState:
    item = record.item
    if item.is_deleted or variation.is_deleted:
        return ListingState.DELETED
    present = item.is_at(record.location_id) and variation.is_at(record.location_id)
    sold = variation.item_variation_data.sellable is not False
    if present and sold and not item.item_data.is_archived:
        return ListingState.ACTIVE
    return ListingState.INACTIVE
