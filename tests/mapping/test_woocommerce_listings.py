"""WooCommerce products become listings: SKUs, stock records and what can be bought."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import Listing, ListingState
from crossdock.mapping.woocommerce import translator

Json = dict[str, Any]


def make_product(**changes: Any) -> Json:
    """A lamp that keeps its own stock."""
    return {
        "id": 501,
        "type": "simple",
        "status": "publish",
        "name": "Lamp &amp; shade",
        "sku": "LAMP",
        "global_unique_id": "4006381333931",
        "manage_stock": True,
        "stock_quantity": 5,
        "variations": [],
        **changes,
    }


def make_variation(variation_id: int = 77, **changes: Any) -> Json:
    """A blue lamp."""
    return {
        "id": variation_id,
        "status": "publish",
        "sku": "LAMP-BLUE",
        "manage_stock": True,
        "stock_quantity": 3,
        "attributes": [{"name": "Colour", "option": "Blue"}, {"option": ""}],
        **changes,
    }


def read_one(product: Json, *variations: Json) -> Listing:
    """Return the only listing of a record."""
    (listing,) = translator.read_listings(
        {"product": product, "variations": list(variations)}
    )
    return listing


def test_a_simple_product_is_one_listing() -> None:
    assert read_one(make_product()) == Listing(
        external_id="501",
        stock_external_id="501",
        sku="LAMP",
        barcode="4006381333931",
        title="Lamp & shade",
        quantity=5,
    )


def test_a_product_that_keeps_no_stock_is_untracked_and_shows_no_quantity() -> None:
    listing = read_one(make_product(manage_stock=False, stock_quantity=None))
    assert not listing.tracked
    assert listing.quantity is None


def test_a_variable_product_is_one_listing_per_variation_and_none_itself() -> None:
    listings = translator.read_listings(
        {
            "product": make_product(type="variable", sku="", global_unique_id=""),
            "variations": [make_variation(77), make_variation(78, sku="LAMP-RED")],
        }
    )
    assert [each.external_id for each in listings] == ["501/77", "501/78"]
    assert [each.stock_external_id for each in listings] == ["501/77", "501/78"]
    assert [each.sku for each in listings] == ["LAMP-BLUE", "LAMP-RED"]
    assert listings[0].title == "Lamp & shade: Blue"


def test_a_variable_product_without_variations_sells_nothing() -> None:
    record = {"product": make_product(type="variable"), "variations": []}
    assert translator.read_listings(record) == ()


@pytest.mark.parametrize("kind", ["grouped", "external"])
def test_products_sold_by_others_are_no_listings(kind: str) -> None:
    assert translator.read_listings({"product": make_product(type=kind)}) == ()


def test_a_variation_without_its_own_sku_is_not_taken_for_its_product() -> None:
    parent = make_product(type="variable")
    listing = read_one(
        parent, make_variation(sku="LAMP", global_unique_id="4006381333931")
    )
    assert listing.sku == ""
    assert listing.barcode == ""


def test_a_variation_whose_product_keeps_the_stock_names_the_product() -> None:
    parent = make_product(type="variable", stock_quantity=9)
    listing = read_one(parent, make_variation(manage_stock="parent", stock_quantity=9))
    assert listing.external_id == "501/77"
    assert listing.stock_external_id == "501"
    assert listing.tracked
    assert listing.quantity == 9


def test_a_variation_without_stock_keeping_is_untracked() -> None:
    listing = read_one(
        make_product(type="variable"), make_variation(manage_stock=False)
    )
    assert not listing.tracked
    assert listing.stock_external_id == "501/77"
    assert listing.quantity is None


def test_a_tracked_product_that_was_never_counted_shows_no_quantity() -> None:
    assert read_one(make_product(stock_quantity=None)).quantity is None


def test_a_fraction_of_a_unit_cannot_be_sold() -> None:
    assert read_one(make_product(stock_quantity=2.75)).quantity == 2


def test_a_variation_without_attributes_carries_its_products_name() -> None:
    listing = read_one(make_product(type="variable"), make_variation(attributes=[]))
    assert listing.title == "Lamp & shade"


@pytest.mark.parametrize(
    ("product", "variation", "state"),
    [
        ("publish", "publish", ListingState.ACTIVE),
        ("publish", "private", ListingState.INACTIVE),
        ("draft", "publish", ListingState.INACTIVE),
        ("trash", "publish", ListingState.DELETED),
        ("draft", "trash", ListingState.DELETED),
        ("publish", "state-of-a-plugin", ListingState.INACTIVE),
    ],
)
def test_a_variation_is_for_sale_only_if_its_product_is_too(
    product: str, variation: str, state: ListingState
) -> None:
    parent = make_product(type="variable", status=product)
    assert read_one(parent, make_variation(status=variation)).state is state


def test_a_trashed_product_is_deleted() -> None:
    assert read_one(make_product(status="trash")).state is ListingState.DELETED


def test_a_record_without_a_product_is_refused_with_the_place() -> None:
    with pytest.raises(MappingError) as caught:
        translator.read_listings({"product": {"name": "no id"}})
    assert caught.value.path == "product.id"
