"""Square's items and variations as listings of one location."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import ListingState
from crossdock.mapping.square import translator

Json = dict[str, Any]


def item(*variations: Json, **changes: Any) -> Json:
    rows = variations or (variation(),)
    return {
        "type": "ITEM",
        "id": "IT1",
        "present_at_all_locations": True,
        **changes,
        "item_data": {"name": "Teapot", "variations": list(rows)},
    }


def variation(id_: str = "VA1", **details: Any) -> Json:
    return {
        "type": "ITEM_VARIATION",
        "id": id_,
        "item_variation_data": {
            "name": "Regular",
            "sku": "TEAPOT",
            "upc": "4006381333931",
            "track_inventory": True,
            **details,
        },
    }


def read(row: Json, counts: Json | None = None) -> Any:
    record = {"item": row, "location_id": "LHERE", "counts": counts or {}}
    return translator.read_listings(record)


def test_each_variation_is_a_listing_with_the_sku_that_orders_lack() -> None:
    rows = (variation(), variation("VA2", name="Mauve", sku="TEAPOT-MAUVE"))
    one, two = read(item(*rows), {"VA1": "7", "VA2": "3"})
    assert (one.external_id, one.sku, one.quantity) == ("VA1", "TEAPOT", 7)
    assert (one.stock_external_id, one.barcode) == ("VA1", "4006381333931")
    assert (one.title, two.title) == ("Teapot", "Teapot: Mauve")


def test_a_count_in_fractions_shows_the_whole_units_that_can_be_sold() -> None:
    assert read(item(), {"VA1": "7.50000"})[0].quantity == 7
    assert read(item(), {"VA1": "-1.5"})[0].quantity == -2


def test_a_variation_that_was_never_counted_shows_no_count() -> None:
    (told,) = read(item())
    assert told.tracked
    assert told.quantity is None


def test_the_location_has_the_last_word_on_tracking() -> None:
    here = {"location_id": "LHERE", "track_inventory": False}
    there = {"location_id": "LTHERE", "track_inventory": False}
    assert not read(item(variation(location_overrides=[here])))[0].tracked
    assert read(item(variation(location_overrides=[there])))[0].tracked


def test_wine_by_the_glass_is_counted_by_the_bottle() -> None:
    (told,) = read(item(variation(stockable=False)), {"VA1": "3"})
    assert not told.tracked
    assert told.quantity is None


@pytest.mark.parametrize(
    "change",
    [
        {"present_at_all_locations": False},
        {"present_at_all_locations": False, "present_at_location_ids": ["LTHERE"]},
        {"absent_at_location_ids": ["LHERE"]},
    ],
)
def test_what_is_not_at_the_location_cannot_be_bought_there(change: Json) -> None:
    assert read(item(**change))[0].state is ListingState.INACTIVE


def test_what_is_at_the_location_can_be_bought() -> None:
    here = {"present_at_all_locations": False, "present_at_location_ids": ["LHERE"]}
    assert read(item(**here))[0].state is ListingState.ACTIVE


def test_deleted_and_archived_items_are_told_apart() -> None:
    assert read(item(is_deleted=True))[0].state is ListingState.DELETED
    archived = item()
    archived["item_data"]["is_archived"] = True
    assert read(archived)[0].state is ListingState.INACTIVE


def test_an_item_without_its_part_is_refused_with_its_place() -> None:
    row = item()
    del row["item_data"]
    with pytest.raises(MappingError) as caught:
        read(row)
    assert caught.value.path == "item.item_data"
