"""What each variant of a Shopify product becomes."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import Listing, ListingState
from crossdock.mapping.shopify import read_listings

Json = dict[str, Any]


def make_variant(number: int = 1, **changes: Any) -> Json:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "title": "Walnut",
        "sku": "RETRO-CLOCK",
        "barcode": "4006381333931",
        "requiresComponents": False,
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{number}",
            "tracked": True,
            "inventoryLevel": {"quantities": [{"quantity": 8}]},
        },
        **changes,
    }


def make_product(*variants: Json, **changes: Any) -> Json:
    return {
        "id": "gid://shopify/Product/3",
        "title": "Retro clock",
        "status": "ACTIVE",
        "updatedAt": "2026-03-01T10:00:00Z",
        "variants": {"nodes": list(variants)},
        **changes,
    }


def test_each_variant_is_a_listing_with_its_own_stock_record() -> None:
    product = make_product(make_variant(1), make_variant(2, title="Oak", sku="OAK"))
    walnut, oak = read_listings(product)
    assert walnut == Listing(
        external_id="gid://shopify/ProductVariant/1",
        stock_external_id="gid://shopify/InventoryItem/1",
        sku="RETRO-CLOCK",
        barcode="4006381333931",
        title="Retro clock - Walnut",
        quantity=8,
    )
    assert (oak.title, oak.sku) == ("Retro clock - Oak", "OAK")


def test_a_variant_without_sku_or_barcode_has_empty_ones() -> None:
    (listing,) = read_listings(make_product(make_variant(sku=None, barcode=None)))
    assert (listing.sku, listing.barcode) == ("", "")


@pytest.mark.parametrize("level", [None, {"quantities": [{"quantity": 3}]}])
def test_a_variant_that_shopify_does_not_track_has_no_quantity(
    level: Json | None,
) -> None:
    stock = {"id": "gid://shopify/InventoryItem/1", "tracked": False}
    variant = make_variant(inventoryItem={**stock, "inventoryLevel": level})
    (listing,) = read_listings(make_product(variant))
    assert (listing.tracked, listing.quantity) == (False, None)


def test_the_parent_of_a_bundle_is_not_tracked_because_its_parts_are() -> None:
    (listing,) = read_listings(make_product(make_variant(requiresComponents=True)))
    assert (listing.tracked, listing.quantity) == (False, None)


def test_a_variant_that_is_not_kept_at_the_location_has_no_quantity() -> None:
    stock = {"id": "gid://shopify/InventoryItem/1", "tracked": True}
    variant = make_variant(inventoryItem={**stock, "inventoryLevel": None})
    (listing,) = read_listings(make_product(variant))
    assert (listing.tracked, listing.quantity) == (True, None)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ACTIVE", ListingState.ACTIVE),
        ("UNLISTED", ListingState.ACTIVE),
        ("DRAFT", ListingState.INACTIVE),
        ("ARCHIVED", ListingState.INACTIVE),
        ("TELEPORTED", ListingState.ACTIVE),
    ],
)
def test_a_product_that_can_be_bought_is_active(
    status: str, state: ListingState
) -> None:
    (listing,) = read_listings(make_product(make_variant(), status=status))
    assert listing.state is state


def test_a_product_without_variants_has_no_listings() -> None:
    assert read_listings(make_product()) == ()


def test_a_missing_field_of_a_variant_is_named_with_its_place() -> None:
    broken = make_variant(2)
    del broken["inventoryItem"]
    with pytest.raises(MappingError) as caught:
        read_listings(make_product(make_variant(), broken))
    assert caught.value.path == "variants.nodes[1].inventoryItem"


def test_a_product_without_a_list_of_variants_is_refused() -> None:
    with pytest.raises(MappingError, match="variants is missing"):
        read_listings({"title": "Retro clock", "status": "ACTIVE"})
