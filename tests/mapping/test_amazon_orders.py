"""What an order of Amazon means, case by case."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import ListingState
from crossdock.canonical.orders import FulfillmentState, PaymentState
from crossdock.mapping.amazon import translator
from crossdock.mapping.amazon_words import name_cancel_reason, name_carrier

Json = dict[str, Any]


def money(amount: str, currency: str = "EUR") -> Json:
    return {"amount": amount, "currencyCode": currency}


ORDER: Json = {
    "orderId": "302-1234567-7654321",
    "createdTime": "2026-03-02T09:00:00Z",
    "lastUpdatedTime": "2026-03-02T10:00:00Z",
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
    "proceeds": {
        "grandTotal": money("61.50"),
        "breakdowns": [{"type": "DELIVERY_TIP", "subtotal": money("2.00")}],
    },
    "fulfillment": {
        "fulfillmentStatus": "UNSHIPPED",
        "fulfilledBy": "MERCHANT",
        "shipByWindow": {"latestDateTime": "2026-03-04T22:59:59Z"},
    },
    "orderItems": [
        {
            "orderItemId": "1",
            "quantityOrdered": 3,
            "product": {
                "sellerSku": "RETRO-CLOCK",
                "title": "Retro clock",
                "price": {"unitPrice": money("15.00")},
            },
            "proceeds": {
                "breakdowns": [
                    {"type": "ITEM", "subtotal": money("45.00")},
                    {"type": "SHIPPING", "subtotal": money("5.00")},
                    {"type": "GIFT_WRAP", "subtotal": money("3.00")},
                    {
                        "type": "DISCOUNT",
                        "subtotal": money("-6.00"),
                        "detailedBreakdowns": [
                            {"subtype": "ITEM", "value": money("-4.00")},
                            {"subtype": "SHIPPING", "value": money("-2.00")},
                        ],
                    },
                    {
                        "type": "TAX",
                        "subtotal": money("12.50"),
                        "detailedBreakdowns": [
                            {"subtype": "ITEM", "value": money("11.00")},
                            {"subtype": "SHIPPING", "value": money("1.00")},
                            {"subtype": "GIFT_WRAP", "value": money("0.50")},
                        ],
                    },
                ]
            },
            "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 3},
        }
    ],
}


def change(*path: str | int, to: Any) -> Json:
    """Return the order with one part replaced; None takes the part out."""
    payload = copy.deepcopy(ORDER)
    part: Any = payload
    for step in path[:-1]:
        part = part[step]
    if to is None:
        del part[path[-1]]
    else:
        part[path[-1]] = to
    return payload


def with_status(status: str, **line: Any) -> Json:
    payload = change("fulfillment", "fulfillmentStatus", to=status)
    payload["orderItems"][0].update(line)
    return payload


def test_proceeds_become_lines_shipping_and_fees_that_add_up() -> None:
    order = translator.read_order(ORDER)
    (line,) = order.lines
    assert (str(line.unit_price), str(line.total)) == ("15.00 EUR", "41.00 EUR")
    assert (str(line.tax), str(line.discounts[0].amount)) == ("11.00 EUR", "4.00 EUR")
    assert [(str(x.total), str(x.tax)) for x in order.shipping] == [
        ("3.00 EUR", "1.00 EUR")
    ]
    assert [(x.title, str(x.total), str(x.tax)) for x in order.fees] == [
        ("Gift wrap", "3.00 EUR", "0.50 EUR"),
        ("Delivery tip", "2.00 EUR", "0.00 EUR"),
    ]
    assert order.residue.minor == 0
    assert order.ship_by == datetime(2026, 3, 4, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "payment", "fulfillment", "held"),
    [
        ("PENDING", PaymentState.PENDING, FulfillmentState.UNFULFILLED, True),
        (
            "PENDING_AVAILABILITY",
            PaymentState.PENDING,
            FulfillmentState.UNFULFILLED,
            True,
        ),
        ("UNSHIPPED", PaymentState.AUTHORIZED, FulfillmentState.UNFULFILLED, False),
        (
            "PARTIALLY_SHIPPED",
            PaymentState.PAID,
            FulfillmentState.PARTIALLY_FULFILLED,
            False,
        ),
        ("SHIPPED", PaymentState.PAID, FulfillmentState.FULFILLED, False),
        ("CANCELLED", PaymentState.VOIDED, FulfillmentState.UNFULFILLED, False),
        ("UNFULFILLABLE", PaymentState.AUTHORIZED, FulfillmentState.ON_HOLD, True),
    ],
)
def test_each_status_says_what_it_says(
    status: str, payment: PaymentState, fulfillment: FulfillmentState, held: bool
) -> None:
    order = translator.read_order(with_status(status))
    assert (order.payment, order.fulfillment, order.held) == (
        payment,
        fulfillment,
        held,
    )
    assert order.cancelled == (status == "CANCELLED")
    assert order.unknown_values == ()


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("fulfillment", "fulfillmentStatus"), "LOST", "fulfillment.fulfillmentStatus"),
        (("fulfillment", "fulfilledBy"), "ROBOTS", "fulfillment.fulfilledBy"),
        (
            ("orderItems", 0, "proceeds", "breakdowns", 2, "type"),
            "MAGIC",
            "orderItems.proceeds.breakdowns.type",
        ),
    ],
)
def test_a_new_word_is_reported_and_breaks_nothing(
    path: tuple[str | int, ...], value: str, told: str
) -> None:
    order = translator.read_order(change(*path, to=value))
    assert order.unknown_values == (f"{told}={value}",)


def test_a_new_status_is_unknown_on_both_axes() -> None:
    order = translator.read_order(with_status("LOST"))
    assert order.payment is PaymentState.UNKNOWN
    assert order.fulfillment is FulfillmentState.UNKNOWN
    assert order.lines[0].quantity_taken == 3


def test_a_pending_order_has_no_prices_and_takes_its_units_all_the_same() -> None:
    payload = with_status(
        "PENDING",
        product={"sellerSku": "RETRO-CLOCK"},
        proceeds=None,
        fulfillment={"quantityFulfilled": 0, "quantityUnfulfilled": 0},
    )
    del payload["proceeds"]
    order = translator.read_order(payload)
    assert (str(order.total), order.held) == ("0.00 EUR", True)
    assert (order.lines[0].quantity_current, order.lines[0].quantity_taken) == (3, 3)


def test_a_pending_order_of_a_store_nobody_knows_is_in_no_currency() -> None:
    payload = with_status("PENDING", product={"sellerSku": "X"}, proceeds=None)
    del payload["proceeds"]
    payload["salesChannel"]["marketplaceId"] = "NEWSTORE"
    assert translator.read_order(payload).currency == "XXX"


def test_a_cancelled_order_wants_and_takes_nothing() -> None:
    order = translator.read_order(
        with_status(
            "CANCELLED",
            cancellation={
                "cancellationExecution": {
                    "cancelledBy": "BUYER",
                    "cancelReason": "Changed mind",
                }
            },
        )
    )
    assert order.cancelled_at == order.updated_at
    assert order.cancel_reason == "cancelled by buyer: Changed mind"
    assert (order.lines[0].quantity_current, order.lines[0].quantity_taken) == (0, 0)


def test_a_partly_cancelled_line_wants_what_left_and_what_is_to_leave() -> None:
    told = {"quantityFulfilled": 1, "quantityUnfulfilled": 1}
    done = {"cancellationExecution": {"cancelledBy": "MERCHANT"}}
    payload = with_status("PARTIALLY_SHIPPED", fulfillment=told, cancellation=done)
    (line,) = translator.read_order(payload).lines
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (3, 2, 2)


@pytest.mark.parametrize(("status", "held"), [("UNSHIPPED", True), ("SHIPPED", False)])
def test_a_buyers_wish_to_cancel_holds_what_has_not_left(
    status: str, held: bool
) -> None:
    wish = {"cancellationRequest": {"requester": "BUYER", "cancelReason": "Too late"}}
    order = translator.read_order(with_status(status, cancellation=wish))
    assert (order.held, order.cancelled) == (held, False)
    assert order.cancel_reason == ("the buyer asks to cancel: Too late" if held else "")


def test_an_order_that_amazon_ships_takes_nothing_of_ours() -> None:
    order = translator.read_order(change("fulfillment", "fulfilledBy", to="AMAZON"))
    assert order.fulfilled_by_channel
    assert (order.lines[0].quantity_current, order.lines[0].quantity_taken) == (3, 0)


def test_a_line_without_a_sku_is_kept() -> None:
    payload = change("orderItems", 0, "product", to={"asin": "B0", "title": "Clock"})
    (line,) = translator.read_order(payload).lines
    assert (line.sku, line.listing_external_id, line.title) == ("", "", "Clock")
    assert str(line.unit_price) == "15.00 EUR"


def test_packages_become_fulfillments_of_their_lines() -> None:
    payload = change(
        "packages",
        to=[
            {
                "packageReferenceId": "1",
                "packageStatus": {"status": "CANCELLED"},
                "packageItems": [{"orderItemId": "1", "quantity": 1}],
            },
            {
                "packageReferenceId": "2",
                "carrier": "DHL",
                "trackingNumber": "JD1",
                "shipTime": "2026-03-03T08:00:00Z",
                "packageItems": [{"orderItemId": "1", "quantity": 2}],
            },
        ],
    )
    gone, sent = translator.read_order(payload).fulfillments
    assert (gone.cancelled, sent.cancelled) == (True, False)
    assert (sent.carrier, sent.tracking_number) == ("DHL", "JD1")
    assert sent.lines[0].quantity == 2


def test_two_currencies_in_one_order_are_a_mapping_error() -> None:
    path = ("orderItems", 0, "proceeds", "breakdowns", 0, "subtotal")
    with pytest.raises(MappingError):
        translator.read_order(change(*path, to=money("45.00", "USD")))


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("orderId",), "orderId"),
        (("orderItems", 0, "quantityOrdered"), "orderItems.0.quantityOrdered"),
        (("lastUpdatedTime",), "lastUpdatedTime"),
    ],
)
def test_a_missing_part_is_named_as_amazon_names_it(
    path: tuple[str | int, ...], where: str
) -> None:
    with pytest.raises(MappingError) as caught:
        translator.read_order(change(*path, to=None))
    assert caught.value.path == where


@pytest.mark.parametrize("quantity", [2.5, "2", True, -1])
def test_only_whole_units_are_a_quantity(quantity: Any) -> None:
    with pytest.raises(MappingError):
        translator.read_order(change("orderItems", 0, "quantityOrdered", to=quantity))


def listing(**parts: Any) -> Json:
    summary = {"itemName": "Clock", "status": ["BUYABLE"], "marketplaceId": "X"}
    return {"sku": "RETRO-CLOCK", "summaries": [summary], **parts}


def own(quantity: int | None) -> list[Json]:
    return [{"fulfillmentChannelCode": "DEFAULT", "quantity": quantity}]


def test_goods_in_amazons_warehouse_are_held_there() -> None:
    payload = listing(fulfillmentAvailability=[{"fulfillmentChannelCode": "AMAZON_EU"}])
    (found,) = translator.read_listings(payload)
    assert (found.held_by_channel, found.quantity) == (True, None)


def test_what_amazons_warehouse_can_ship_is_shown() -> None:
    there = [{"fulfillmentChannelCode": "AMAZON_EU"}]
    payload = {**listing(fulfillmentAvailability=there), "_fulfillableQuantity": 7}
    assert translator.read_listings(payload)[0].quantity == 7


def test_a_listing_on_its_way_to_amazons_warehouse_counts_as_there() -> None:
    both = [*own(5), {"fulfillmentChannelCode": "AMAZON_EU", "quantity": 9}]
    (found,) = translator.read_listings(listing(fulfillmentAvailability=both))
    assert (found.held_by_channel, found.quantity) == (True, 9)


def test_the_parent_of_variations_cannot_be_bought() -> None:
    family = {"type": "VARIATION", "childSkus": ["A", "B"]}
    payload = listing(relationships=[{"relationships": [family]}])
    assert translator.read_listings(payload) == ()


@pytest.mark.parametrize(
    ("words", "quantity", "state"),
    [
        ([], 0, ListingState.ACTIVE),
        ([], 5, ListingState.INACTIVE),
        (["DISCOVERABLE"], 5, ListingState.ACTIVE),
    ],
)
def test_a_sold_out_listing_is_no_suppressed_one(
    words: list[str], quantity: int, state: ListingState
) -> None:
    summaries = [{"itemName": "Clock", "status": words}]
    payload = listing(summaries=summaries, fulfillmentAvailability=own(quantity))
    assert translator.read_listings(payload)[0].state is state


@pytest.mark.parametrize(
    ("carrier", "told"),
    [
        ("dhl", ("DHL", "")),
        (" Royal  Mail ", ("Royal Mail", "")),
        ("Own van", ("Other", "Own van")),
        ("", ("Other", "Other")),
    ],
)
def test_carriers_are_spelled_as_amazon_does(
    carrier: str, told: tuple[str, str]
) -> None:
    assert name_carrier(carrier) == told


def test_reasons_to_cancel_become_amazons_codes() -> None:
    reasons = ("out of stock", "the customer asked", "a wrong address")
    codes = [name_cancel_reason(reason, restock=True) for reason in reasons]
    assert codes == [
        "GeneralAdjustment",
        "BuyerCanceled",
        "ShippingAddressUndeliverable",
    ]
    assert name_cancel_reason("the customer asked", restock=False) == "NoInventory"


@pytest.mark.parametrize(
    ("reason", "taken"),
    [("NoInventory", 3), ("NO_INVENTORY", 3), ("Changed mind", 0), ("", 0)],
)
def test_units_that_are_not_there_are_not_put_back_on_sale(
    reason: str, taken: int
) -> None:
    done = {"cancelledBy": "MERCHANT", "cancelReason": reason}
    payload = with_status("CANCELLED", cancellation={"cancellationExecution": done})
    (line,) = translator.read_order(payload).lines
    assert (line.quantity_current, line.quantity_taken) == (0, taken)


def test_two_lines_with_one_id_are_a_mapping_error() -> None:
    with pytest.raises(MappingError, match="same id"):
        translator.read_order(change("orderItems", to=ORDER["orderItems"] * 2))


def test_a_package_whose_status_is_new_is_kept_and_reported() -> None:
    package = {"packageReferenceId": "1", "packageStatus": {"status": "BEAMED"}}
    order = translator.read_order(change("packages", to=[package]))
    assert [each.cancelled for each in order.fulfillments] == [False]
    assert order.unknown_values == ("packages.packageStatus.status=BEAMED",)


def test_an_order_without_its_fulfillment_is_unknown_and_says_so() -> None:
    order = translator.read_order(change("fulfillment", to=None))
    assert order.fulfillment is FulfillmentState.UNKNOWN
    assert order.unknown_values == ("fulfillment=missing",)


def test_a_listing_that_tells_no_quantity_shows_none() -> None:
    (found,) = translator.read_listings(listing())
    assert (found.quantity, found.held_by_channel) == (None, False)


def test_a_line_of_nothing_without_a_price_costs_what_it_costs() -> None:
    payload = with_status("UNSHIPPED", quantityOrdered=0, product={"asin": "B0"})
    assert str(translator.read_order(payload).lines[0].unit_price) == "45.00 EUR"


def test_a_currency_that_is_none_is_named_with_its_place() -> None:
    path = ("proceeds", "grandTotal", "currencyCode")
    with pytest.raises(MappingError) as caught:
        translator.read_order(change(*path, to="EURO"))
    assert caught.value.path == "proceeds.grandTotal.currencyCode"
