"""A listing is one sellable thing of a channel; components say what it is made of."""

from __future__ import annotations

import pytest
from crossdock.canonical.listings import Component, Listing, ListingState
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

# NUL is left to the SKU key to refuse; JSON itself carries it.
TEXTS = st.text(max_size=30)
IDS = st.text(min_size=1, max_size=30)


@given(
    st.builds(
        Listing,
        external_id=IDS,
        stock_external_id=IDS,
        sku=TEXTS,
        barcode=TEXTS,
        title=TEXTS,
        tracked=st.booleans(),
        quantity=st.none() | st.integers(-(10**9), 10**9),
        state=st.sampled_from(ListingState),
    )
)
def test_a_listing_survives_the_way_through_json(listing: Listing) -> None:
    assert Listing.model_validate_json(listing.model_dump_json()) == listing


def test_a_listing_is_tracked_and_active_unless_its_channel_says_otherwise() -> None:
    listing = Listing(external_id="1", stock_external_id="1")
    assert listing.tracked
    assert listing.state is ListingState.ACTIVE
    assert listing.quantity is None


@pytest.mark.parametrize("field", ["external_id", "stock_external_id"])
def test_a_listing_without_an_id_is_refused(field: str) -> None:
    ids = {"external_id": "1", "stock_external_id": "1"} | {field: ""}
    with pytest.raises(ValidationError, match=field):
        Listing(**ids)


@pytest.mark.parametrize(("sku", "units"), [("", 1), ("MUG", 0), ("MUG", -1)])
def test_a_component_is_at_least_one_unit_of_a_named_sku(sku: str, units: int) -> None:
    with pytest.raises(ValidationError):
        Component(sku=sku, units=units)


def test_components_with_the_same_content_are_the_same_value() -> None:
    one, other = Component(sku="MUG", units=2), Component(sku="MUG", units=2)
    assert one == other
    assert len({one, other}) == 1
