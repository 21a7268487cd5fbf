"""Orders and variants of Vendure, as the hub understands them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import Listing, ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfilledLine,
    Fulfillment,
    FulfillmentState,
    Order,
    PaymentState,
)
from crossdock.mapping.vendure import translator
from crossdock.mapping.vendure_words import ORDER_STATES
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    build_client_schema,
)

PLACED, CHANGED = "2026-11-02T09:00:05.163Z", "2026-11-02T09:00:04.000Z"


def order_of(**changes: Any) -> dict[str, Any]:
    """Return an order of three teapots and a clock, as Vendure tells it."""
    order: dict[str, Any] = {
        "id": "12",
        "code": "T58GHSQEKTCLHPKA",
        "state": "PaymentSettled",
        "type": "Regular",
        "active": False,
        "orderPlacedAt": PLACED,
        "createdAt": "2026-11-02T08:58:00.000Z",
        "updatedAt": CHANGED,
        "currencyCode": "EUR",
        "totalWithTax": 7091,
        "customer": {
            "id": "3",
            "firstName": "Zoë",
            "lastName": "Ångström",
            "emailAddress": "zoe@example.com",
            "phoneNumber": None,
        },
        "shippingAddress": {
            "fullName": "Zoë Ångström",
            "company": None,
            "streetLine1": "Kai 1",
            "streetLine2": "",
            "city": "Hamburg",
            "province": "HH",
            "postalCode": "20457",
            "countryCode": "DE",
            "phoneNumber": "+49 40 1",
        },
        "billingAddress": {"fullName": None, "city": None},
        "lines": [line_of(), line_of("22", sku="RETRO-CLOCK", price=3600)],
        "surcharges": [
            {"id": "1", "description": "Gift wrap", "price": 100, "priceWithTax": 120}
        ],
        "shippingLines": [
            {
                "id": "1",
                "discountedPrice": 500,
                "discountedPriceWithTax": 600,
                "shippingMethod": {"code": "standard", "name": "Standard"},
            }
        ],
        "payments": [payment_of()],
        "fulfillments": [],
    }
    return {**order, **changes}


def line_of(
    line_id: str = "21", *, sku: str = "TEAPOT", quantity: int = 3, price: int = 2771
) -> dict[str, Any]:
    return {
        "id": line_id,
        "updatedAt": "2026-11-02T09:00:05.000Z",
        "quantity": quantity,
        "orderPlacedQuantity": 3,
        "unitPriceWithTax": 924,
        "proratedLinePrice": price * 5 // 6,
        "proratedLinePriceWithTax": price,
        "taxLines": [{"description": "Standard Tax", "taxRate": 20}],
        "discounts": [{"description": "Autumn", "amountWithTax": -100}],
        "productVariant": {
            "id": f"9{line_id}",
            "sku": sku,
            "name": sku.title(),
            "trackInventory": "INHERIT",
        },
    }


def payment_of(**changes: Any) -> dict[str, Any]:
    return {
        "id": "31",
        "state": "Settled",
        "method": "card",
        "amount": 7091,
        "createdAt": "2026-11-02T09:00:05.000Z",
        "updatedAt": "2026-11-02T09:00:05.000Z",
        "refunds": [],
        **changes,
    }


def refund_of(total: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": "41",
        "state": "Settled",
        "total": total,
        "reason": None,
        "createdAt": "2026-11-03T09:00:00.000Z",
        "updatedAt": "2026-11-03T09:00:00.000Z",
        "lines": [{"orderLineId": "21", "quantity": 1}],
        **changes,
    }


def parcel_of(quantity: int = 3, **changes: Any) -> dict[str, Any]:
    return {
        "id": "51",
        "state": "Shipped",
        "method": "DHL",
        "trackingCode": "JD0141",
        "createdAt": "2026-11-04T09:00:00.000Z",
        "updatedAt": "2026-11-04T09:00:01.000Z",
        "lines": [
            {"orderLineId": "21", "quantity": quantity},
            {"orderLineId": "22", "quantity": 0},
        ],
        **changes,
    }


def read(**changes: Any) -> Order:
    return translator.read_order(order_of(**changes))


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


# -- the whole -------------------------------------------------------------------------


def test_an_order_is_read_field_by_field() -> None:
    order = read()
    assert (order.external_id, order.number) == ("12", "T58GHSQEKTCLHPKA")
    assert order.placed_at.isoformat() == "2026-11-02T09:00:05.163000+00:00"
    assert order.updated_at == order.placed_at
    assert (order.payment, order.fulfillment) == (
        PaymentState.PAID,
        FulfillmentState.UNFULFILLED,
    )
    assert order.total == euro(7091)
    assert order.residue == euro(0)
    teapot = order.lines[0]
    assert (teapot.external_id, teapot.listing_external_id) == ("21", "921")
    assert (teapot.sku, teapot.title) == ("TEAPOT", "Teapot")
    assert (teapot.quantity, teapot.quantity_current, teapot.quantity_taken) == (
        3,
        3,
        3,
    )
    assert (teapot.unit_price, teapot.total, teapot.tax) == (
        euro(924),
        euro(2771),
        euro(462),
    )
    assert [(tax.title, tax.amount, tax.rate_percent) for tax in teapot.taxes] == [
        ("Standard Tax", euro(462), "20")
    ]
    assert [(cut.title, cut.amount) for cut in teapot.discounts] == [
        ("Autumn", euro(100))
    ]
    assert [(one.title, one.total, one.tax) for one in order.shipping] == [
        ("Standard", euro(600), euro(100))
    ]
    assert [(one.title, one.total, one.tax) for one in order.fees] == [
        ("Gift wrap", euro(120), euro(20))
    ]
    assert [(one.method, one.amount) for one in order.payments] == [
        ("card", euro(7091))
    ]
    assert order.unknown_values == ()


def test_who_bought_and_where_to_send_is_read() -> None:
    order = read()
    assert order.customer is not None
    assert (order.customer.name, order.customer.email) == (
        "Zoë Ångström",
        "zoe@example.com",
    )
    assert order.shipping_address is not None
    assert (order.shipping_address.name, order.shipping_address.country) == (
        "Zoë Ångström",
        "DE",
    )
    assert order.billing_address is None


def test_a_guest_and_a_pickup_have_neither() -> None:
    order = read(customer=None, shippingAddress=None)
    assert order.customer is None
    assert order.shipping_address is None


def test_lists_that_are_null_are_empty() -> None:
    order = read(payments=None, fulfillments=None)
    assert (order.payments, order.fulfillments) == ((), ())
    assert order.payment is PaymentState.PENDING


def test_an_order_without_a_time_of_placing_was_begun_then() -> None:
    assert read(orderPlacedAt=None).placed_at.isoformat().startswith("2026-11-02T08:58")


def test_the_newest_time_in_an_order_is_its_own() -> None:
    order = read(fulfillments=[parcel_of()], updatedAt=CHANGED)
    assert order.updated_at.isoformat() == "2026-11-04T09:00:01+00:00"


def test_a_line_without_taxes_has_none() -> None:
    assert read(lines=[{**line_of(), "taxLines": []}]).lines[0].taxes == ()


def test_names_that_are_empty_have_a_word() -> None:
    order = read(
        surcharges=[{"id": "1", "description": "", "price": 1, "priceWithTax": 1}],
        shippingLines=[
            {
                "discountedPrice": 0,
                "discountedPriceWithTax": 0,
                "shippingMethod": {"code": "pickup", "name": ""},
            }
        ],
        lines=[
            {**line_of(), "discounts": [{"description": "", "amountWithTax": -1}]},
        ],
    )
    assert order.fees[0].title == "surcharge"
    assert order.shipping[0].title == "pickup"
    assert order.lines[0].discounts[0].title == "discount"


# -- states ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", ORDER_STATES)
def test_every_state_of_the_default_process_is_known(state: str) -> None:
    order = read(state=state)
    assert order.unknown_values == ()
    assert order.cancelled == (state == "Cancelled")
    assert order.held == (state in {"Modifying", "ArrangingAdditionalPayment"})


def test_a_cart_takes_no_stock_and_wants_nothing() -> None:
    line = read(state="ArrangingPayment").lines[0]
    assert (line.quantity_current, line.quantity_taken) == (0, 0)


def test_words_of_the_shops_own_are_unknown_and_named() -> None:
    order = read(
        state="AwaitingEngraving",
        payments=[payment_of(state="Held", refunds=[refund_of(5, state="Asked")])],
        fulfillments=[parcel_of(state="AtCustoms")],
    )
    assert order.fulfillment is FulfillmentState.UNKNOWN
    assert order.payment is PaymentState.UNKNOWN
    assert order.unknown_values == (
        "state=AwaitingEngraving",
        "payments.state=Held",
        "payments.refunds.state=Asked",
        "fulfillments.state=AtCustoms",
    )


@pytest.mark.parametrize(
    ("payments", "total", "wanted"),
    [
        ([], 7091, PaymentState.PENDING),
        ([], 0, PaymentState.PAID),
        ([payment_of()], 7091, PaymentState.PAID),
        ([payment_of(amount=5)], 7091, PaymentState.PARTIALLY_PAID),
        ([payment_of(state="Authorized")], 7091, PaymentState.AUTHORIZED),
        ([payment_of(state="Authorized")], 0, PaymentState.AUTHORIZED),
        ([payment_of(state="Cancelled")], 7091, PaymentState.VOIDED),
        ([payment_of(state="Declined")], 7091, PaymentState.PENDING),
        (
            [payment_of(refunds=[refund_of(100)])],
            7091,
            PaymentState.PARTIALLY_REFUNDED,
        ),
        ([payment_of(refunds=[refund_of(7091)])], 7091, PaymentState.REFUNDED),
        (
            [payment_of(refunds=[refund_of(7091, state="Failed")])],
            7091,
            PaymentState.PAID,
        ),
    ],
)
def test_what_was_paid_is_counted_from_the_payments(
    payments: list[Any], total: int, wanted: PaymentState
) -> None:
    assert read(payments=payments, totalWithTax=total).payment is wanted


# -- parcels, refunds, returns ---------------------------------------------------------


def test_a_parcel_that_was_sent_is_read_with_its_number() -> None:
    order = read(fulfillments=[parcel_of()])
    assert order.fulfillment is FulfillmentState.PARTIALLY_FULFILLED
    assert order.fulfillments == (
        Fulfillment.model_validate(
            {
                "external_id": "51",
                "lines": (FulfilledLine(line_external_id="21", quantity=3),),
                "carrier": "DHL",
                "tracking_number": "JD0141",
                "shipped_at": "2026-11-04T09:00:00Z",
            }
        ),
    )


def test_a_parcel_that_waits_has_not_left() -> None:
    order = read(fulfillments=[parcel_of(state="Pending")])
    assert order.fulfillments == ()
    assert order.fulfillment is FulfillmentState.UNFULFILLED


def test_a_parcel_that_was_called_off_is_told_as_such() -> None:
    order = read(fulfillments=[parcel_of(state="Cancelled")])
    assert [one.cancelled for one in order.fulfillments] == [True]
    assert order.fulfillment is FulfillmentState.UNFULFILLED


def test_an_order_is_shipped_when_all_that_is_left_of_it_was_sent() -> None:
    lines = [line_of(), line_of("22", quantity=0)]
    order = read(lines=lines, state="Delivered", fulfillments=[parcel_of()])
    assert order.fulfillment is FulfillmentState.FULFILLED


def test_units_cancelled_before_they_left_are_not_wanted_any_more() -> None:
    line = read(lines=[line_of(quantity=1)]).lines[0]
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (3, 1, 1)


def test_units_cancelled_after_they_left_came_back_one_by_one() -> None:
    order = read(lines=[line_of(quantity=1)], fulfillments=[parcel_of()])
    line = order.lines[0]
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (3, 3, 1)
    returned = [
        (one.external_id, one.amount.minor, one.lines[0].quantity)
        for one in order.refunds
    ]
    assert returned == [("21/returned/1", 0, 1), ("21/returned/2", 0, 1)]
    assert all(part.restocked for one in order.refunds for part in one.lines)


def test_a_cancelled_order_takes_no_stock() -> None:
    order = read(state="Cancelled", lines=[line_of(quantity=0)])
    assert order.cancelled_at is not None
    assert [line.quantity_taken for line in order.lines] == [0]
    assert [line.quantity_current for line in order.lines] == [0]


def test_a_refund_moves_no_goods() -> None:
    order = read(payments=[payment_of(refunds=[refund_of(250)])])
    (refund,) = order.refunds
    assert (refund.external_id, refund.amount) == ("41", euro(250))
    assert [(part.quantity, part.restocked) for part in refund.lines] == [(1, False)]
    assert order.lines[0].quantity_current == 3


def test_a_line_of_a_variant_that_counts_nothing_takes_no_stock() -> None:
    line = line_of()
    line["productVariant"]["trackInventory"] = "FALSE"
    assert read(lines=[line]).lines[0].quantity_taken == 0


# -- what does not fit -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", None),
        ("currencyCode", "TEA"),
        ("totalWithTax", "12.00"),
        ("updatedAt", "yesterday"),
        ("lines", [{"id": "1"}]),
    ],
)
def test_a_part_that_does_not_fit_is_named_without_its_value(
    path: str, value: Any
) -> None:
    with pytest.raises(MappingError) as caught:
        read(**{path: value})
    assert caught.value.path.startswith(path)
    assert "yesterday" not in str(caught.value)


def test_two_lines_with_one_id_are_refused() -> None:
    with pytest.raises(MappingError, match="same id"):
        read(lines=[line_of(), line_of()])


def test_a_time_that_is_none_is_passed_over_where_it_is_not_needed() -> None:
    assert read(deletedAt="never", tags=["a", 5]).external_id == "12"


# -- variants --------------------------------------------------------------------------

VARIANT: dict[str, Any] = {
    "id": "7",
    "sku": "TEAPOT",
    "name": "Teapot Mauve",
    "enabled": True,
    "trackInventory": "INHERIT",
    "stockLevels": [
        {"stockLocationId": "1", "stockOnHand": 9, "stockAllocated": 2},
        {"stockLocationId": "2", "stockOnHand": 50, "stockAllocated": 0},
    ],
    "product": {"id": "5", "name": "Teapot", "enabled": True},
    "_location": "1",
    "_trackedByDefault": True,
}


def test_a_variant_is_a_listing_with_what_is_free_at_the_location() -> None:
    assert translator.read_listings(VARIANT) == (
        Listing(
            external_id="7",
            stock_external_id="7",
            sku="TEAPOT",
            title="Teapot Mauve",
            quantity=7,
        ),
    )


@pytest.mark.parametrize(
    ("word", "by_default", "tracked"),
    [
        ("INHERIT", True, True),
        ("INHERIT", False, False),
        ("TRUE", False, True),
        ("FALSE", True, False),
    ],
)
def test_whether_a_variant_is_counted(
    word: str, by_default: bool, tracked: bool
) -> None:
    told = {**VARIANT, "trackInventory": word, "_trackedByDefault": by_default}
    (listing,) = translator.read_listings(told)
    assert listing.tracked == tracked
    assert (listing.quantity is None) == (not tracked)


@pytest.mark.parametrize("place", ["variant", "product"])
def test_a_variant_is_hidden_by_itself_or_with_its_product(place: str) -> None:
    told = copy.deepcopy(VARIANT)
    (told if place == "variant" else told["product"])["enabled"] = False
    (listing,) = translator.read_listings(told)
    assert listing.state is ListingState.INACTIVE


def test_a_variant_without_a_name_has_its_products() -> None:
    (listing,) = translator.read_listings({**VARIANT, "name": ""})
    assert listing.title == "Teapot"


# -- the vendor's schema ---------------------------------------------------------------


def test_whatever_the_vendors_schema_lets_be_null_may_be_null(specs: Path) -> None:
    text = (specs / "vendure" / "schema-admin.json").read_text(encoding="utf-8")
    schema = build_client_schema(json.loads(text)["data"])
    order = fill(schema.get_type("Order"), depth=0)
    order["currencyCode"] = "EUR"
    read_order = translator.read_order(order)
    assert read_order.external_id == "1"
    assert read_order.unknown_values == ("state=1",)
    variant = fill(schema.get_type("ProductVariant"), depth=0)
    (listing,) = translator.read_listings({**variant, "_location": "1"})
    assert (listing.external_id, listing.quantity) == ("1", 0)


def fill(kind: Any, *, depth: int) -> Any:
    """Return the least that a type allows: null wherever it may be."""
    if not isinstance(kind, GraphQLNonNull) and depth:
        return None
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLScalarType):
        return {"Int": 1, "Money": 1, "Float": 1.0, "Boolean": True}.get(
            kind.name, "2026-11-02T09:00:00.000Z" if kind.name == "DateTime" else "1"
        )
    if isinstance(kind, GraphQLList):
        return [fill(kind.of_type, depth=depth + 1)] if depth < 3 else []
    wanted = {
        name: field.type
        for name, field in getattr(kind, "fields", {}).items()
        if depth < 3 or is_leaf(field.type)
    }
    return {name: fill(inner, depth=depth + 1) for name, inner in wanted.items()}


def is_leaf(kind: Any) -> bool:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(inner, GraphQLScalarType | GraphQLEnumType)
