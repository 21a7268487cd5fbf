"""Etsy's listings: what has no inventory, is switched off, or has no ids of its own."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.listings import Listing, ListingState
from crossdock.mapping.etsy import translator
from crossdock.mapping.etsy_identity import find_listing

Json = dict[str, Any]


def read(product: Json, **changes: Any) -> Listing:
    inventory = {"products": [{"sku": "BOWL", **product}]}
    listing = {"listing_id": 500, "title": "Bowl", "state": "active"}
    (told,) = translator.read_listings({**listing, "inventory": inventory, **changes})
    return told


def offer(**changes: Any) -> Json:
    return {"offerings": [{"quantity": 4, "is_enabled": True, **changes}]}


def test_a_listing_that_came_without_its_inventory_says_nothing_of_any_product() -> (
    None
):
    bare = {"listing_id": 500, "title": "Bowl", "state": "active", "inventory": None}
    assert translator.read_listings(bare) == ()


def test_a_variation_that_was_switched_off_cannot_be_bought() -> None:
    told = read(offer(is_enabled=False))
    assert (told.state, told.quantity) == (ListingState.INACTIVE, 4)


def test_a_variation_that_is_not_offered_cannot_be_bought_and_is_not_counted() -> None:
    told = read(offer(is_deleted=True))
    assert (told.state, told.tracked, told.quantity) == (
        ListingState.INACTIVE,
        False,
        None,
    )


def test_a_listing_that_the_hub_took_off_sale_is_sold_out_and_not_withdrawn() -> None:
    told = read(offer(), state="inactive", _parked=True)
    assert (told.state, told.quantity) == (ListingState.ACTIVE, 0)


def test_a_value_that_the_seller_typed_has_no_id_and_is_known_by_its_text() -> None:
    typed = {"property_id": 513, "value_ids": [], "values": ["Ratio 1:2"]}
    assert read({**offer(), "property_values": [typed]}).external_id == (
        "500:513.Ratio 12"
    )


@pytest.mark.parametrize(
    ("name", "listing"),
    [("500", 500), ("500:513.77", 500), ("BOWL", None), ("", None), ("0", None)],
)
def test_the_listing_of_a_name_is_found_and_a_foreign_name_has_none(
    name: str, listing: int | None
) -> None:
    assert find_listing(name) == listing
