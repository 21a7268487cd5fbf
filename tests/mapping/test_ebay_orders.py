"""eBay's orders and items become canonical, to the cent; what is odd is told.

eBay publishes no sample orders. The payloads here are written after its contract, field
by field; tests/contract holds the simulated account's to it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.listings import Listing, ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    Address,
    Customer,
    FulfilledLine,
    Fulfillment,
    FulfillmentState,
    Order,
    OrderLine,
    Payment,
    PaymentState,
    Refund,
    RefundLine,
    ShippingLine,
    Tax,
)
from crossdock.mapping.ebay import translator

Json = dict[str, Any]
PLACED = "2026-11-02T09:00:00.123Z"
CHANGED = "2026-11-02T10:30:00.000Z"


def usd(value: str) -> Json:
    return {"value": value, "currency": "USD"}


def money(value: str) -> Money:
    return Money.of(value, "USD")


def line(**changes: Any) -> Json:
    return {
        "lineItemId": "10042",
        "legacyItemId": "110001",
        "sku": "RETRO-CLOCK",
        "title": "Retro clock",
        "quantity": 3,
        "lineItemCost": usd("30.0"),
        "lineItemFulfillmentStatus": "NOT_STARTED",
        "taxes": [],
        "appliedPromotions": [],
        "refunds": [],
        **changes,
    }


def contact(**changes: Any) -> Json:
    return {
        "fullName": "Zoë Ångström",
        "companyName": "Ångström AB",
        "primaryPhone": {"phoneNumber": "+1 207 555 0100"},
        "contactAddress": {
            "addressLine1": "1 Quay Street",
            "addressLine2": "Flat 2",
            "city": "Port Haven",
            "stateOrProvince": "ME",
            "postalCode": "04101",
            "countryCode": "US",
        },
        **changes,
    }


def order(*lines: Json, **changes: Any) -> Json:
    return {
        "orderId": "12-00042-00042",
        "creationDate": PLACED,
        "lastModifiedDate": CHANGED,
        "orderFulfillmentStatus": "NOT_STARTED",
        "orderPaymentStatus": "PAID",
        "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
        "pricingSummary": {"total": usd("30.0")},
        "lineItems": list(lines or (line(),)),
        **changes,
    }


def read(*lines: Json, **changes: Any) -> Order:
    return translator.read_order(order(*lines, **changes))


def test_an_order_arrives_field_by_field() -> None:
    tax = {"taxType": "STATE_SALES_TAX", "amount": usd("2.4")}
    payment = {
        "paymentReferenceId": "P-1",
        "paymentMethod": "EBAY",
        "amount": usd("37.40"),
        "paymentDate": PLACED,
        "paymentStatus": "PAID",
    }
    step = {
        "shippingCarrierCode": "USPS",
        "shippingServiceCode": "USPSPriority",
        "shipTo": contact(),
    }
    payload = order(
        line(
            taxes=[tax],
            lineItemFulfillmentInstructions={"shipByDate": "2026-11-04T09:00:00.000Z"},
        ),
        buyer={
            "username": "zoe_a",
            "buyerRegistrationAddress": contact(email="zoe@members.example"),
        },
        buyerCheckoutNotes="Ring twice",
        pricingSummary={"total": usd("37.4"), "deliveryCost": usd("5.0")},
        paymentSummary={"payments": [payment], "refunds": []},
        fulfillmentStartInstructions=[
            {"fulfillmentInstructionsType": "SHIP_TO", "shippingStep": step}
        ],
    )
    placed = datetime(2026, 11, 2, 9, 0, 0, 123_000, UTC)
    assert translator.read_order(payload) == Order(
        external_id="12-00042-00042",
        number="12-00042-00042",
        placed_at=placed,
        updated_at=datetime(2026, 11, 2, 10, 30, tzinfo=UTC),
        currency="USD",
        prices_include_tax=False,
        payment=PaymentState.PAID,
        fulfillment=FulfillmentState.UNFULFILLED,
        lines=(
            OrderLine(
                external_id="10042",
                listing_external_id="RETRO-CLOCK",
                sku="RETRO-CLOCK",
                title="Retro clock",
                quantity=3,
                quantity_current=3,
                unit_price=money("10.00"),
                total=money("30.00"),
                tax=money("2.40"),
                taxes=(Tax(title="STATE_SALES_TAX", amount=money("2.40")),),
                quantity_taken=3,
            ),
        ),
        shipping=(
            ShippingLine(title="USPSPriority", total=money("5.00"), tax=money("0")),
        ),
        payments=(
            Payment(
                external_id="P-1", method="ebay", amount=money("37.40"), paid_at=placed
            ),
        ),
        total=money("37.40"),
        customer=Customer(
            external_id="zoe_a",
            name="Zoë Ångström",
            email="zoe@members.example",
            phone="+1 207 555 0100",
        ),
        shipping_address=Address(
            name="Zoë Ångström",
            company="Ångström AB",
            street="1 Quay Street",
            street_2="Flat 2",
            city="Port Haven",
            region="ME",
            postcode="04101",
            country="US",
            phone="+1 207 555 0100",
        ),
        note="Ring twice",
        ship_by=datetime(2026, 11, 4, 9, tzinfo=UTC),
    )


def test_a_promotion_is_inside_the_lines_total_and_named() -> None:
    promotion = {"description": "10 % off", "discountAmount": usd("3.0")}
    found = read(
        line(discountedLineItemCost=usd("27.0"), appliedPromotions=[promotion]),
        pricingSummary={"total": usd("27.0")},
    )
    (bought,) = found.lines
    assert (bought.unit_price, bought.total) == (money("10.00"), money("27.00"))
    assert [(one.title, one.amount) for one in bought.discounts] == [
        ("10 % off", money("3.00"))
    ]
    assert not found.residue


@pytest.mark.parametrize(
    ("promotions", "title"),
    [
        ([{"promotionId": "p-1", "discountAmount": usd("3.0")}], "p-1"),
        ([{"discountAmount": usd("3.0")}], "discount"),
        ([{"promotionId": "p-1"}], "discount"),
        (None, "discount"),
    ],
    ids=str,
)
def test_a_promotion_without_a_name_or_an_amount_is_made_up_for(
    promotions: Any, title: str
) -> None:
    found = read(line(discountedLineItemCost=usd("27"), appliedPromotions=promotions))
    (discount,) = found.lines[0].discounts
    assert (discount.title, discount.amount) == (title, money("3.00"))


def test_discounted_delivery_fees_and_adjustments_add_up_to_the_total() -> None:
    found = read(
        pricingSummary={
            "total": usd("33.5"),
            "deliveryCost": usd("5.0"),
            "deliveryDiscount": usd("-2.0"),
            "fee": usd("1.5"),
            "adjustment": usd("-1.0"),
        }
    )
    assert [(one.title, str(one.total)) for one in found.fees] == [
        ("Fees", "1.50 USD"),
        ("Adjustment", "-1.00 USD"),
    ]
    assert (found.shipping[0].title, found.shipping[0].total) == (
        "Delivery",
        money("3.00"),
    )
    assert not found.residue


def test_a_converted_total_keeps_what_the_buyer_saw() -> None:
    total = {
        **usd("30.0"),
        "convertedFromValue": "27.5",
        "convertedFromCurrency": "EUR",
    }
    found = read(pricingSummary={"total": total})
    assert found.total_presentment == Money.of("27.50", "EUR")


def test_a_listing_without_a_sku_is_named_by_item_and_variation() -> None:
    lines = (
        line(lineItemId="1", sku=None, legacyVariationId="77"),
        line(lineItemId="2", sku="", legacyVariationId=None),
    )
    found = read(*lines)
    assert [one.listing_external_id for one in found.lines] == ["110001/77", "110001"]
    assert [one.sku for one in found.lines] == ["", ""]


def test_a_line_of_nothing_stays_nothing() -> None:
    found = read(line(quantity=0, lineItemCost=usd("0.0")))
    assert (found.lines[0].quantity_current, found.lines[0].unit_price) == (
        0,
        money("0"),
    )


def test_the_ship_by_of_an_order_is_that_of_its_most_urgent_line() -> None:
    dates = ("2026-11-05T00:00:00Z", "2026-11-04T00:00:00Z", None)
    lines = [
        line(lineItemId=str(n), lineItemFulfillmentInstructions={"shipByDate": date})
        for n, date in enumerate(dates)
    ]
    found = read(*lines, line(lineItemId="9"))
    assert found.ship_by == datetime(2026, 11, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "facts",
    [
        {
            "fulfillmentStartInstructions": [
                {"fulfillmentInstructionsType": "FULFILLED_BY_EBAY"}
            ]
        },
        {"program": {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}},
    ],
    ids=str,
)
def test_what_ebay_ships_itself_is_not_of_our_stock(facts: Json) -> None:
    assert read(**facts).fulfilled_by_channel
    assert not read(program={}).fulfilled_by_channel


def test_a_gift_card_sent_by_mail_moves_no_stock() -> None:
    found = read(
        fulfillmentStartInstructions=[{"fulfillmentInstructionsType": "DIGITAL"}]
    )
    assert [one.tracked for one in found.lines] == [False]


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([], ""),
        ([{"cancelRequestState": "REJECTED", "cancelReason": "OTHER"}], "other"),
        (
            [
                {"cancelRequestState": "REJECTED", "cancelReason": "OTHER"},
                {"cancelRequestState": "COMPLETED", "cancelReason": "OUT_OF_STOCK"},
            ],
            "out_of_stock",
        ),
    ],
    ids=str,
)
def test_a_cancelled_order_tells_why_in_ebays_own_word(
    requests: Any, reason: str
) -> None:
    status = {"cancelState": "CANCELED", "cancelRequests": requests}
    found = read(cancelStatus=status)
    assert (found.cancelled_at, found.cancel_reason) == (found.updated_at, reason)
    stated = read(cancelStatus={**status, "cancelledDate": PLACED})
    assert stated.cancelled_at == stated.placed_at
    assert [one.quantity_current for one in found.lines] == [0]


def test_a_wish_to_cancel_holds_the_order() -> None:
    found = read(cancelStatus={"cancelState": "IN_PROGRESS"})
    assert (found.held, found.cancelled, found.lines[0].quantity_current) == (
        True,
        False,
        3,
    )


def test_words_that_nobody_has_seen_are_told_once_and_guessed_nowhere() -> None:
    payment = {"amount": usd("1.0"), "paymentStatus": "TELEPATHY"}
    refund = {"refundId": "r", "amount": usd("1.0"), "refundStatus": "BLINKING"}
    strange = line(lineItemFulfillmentStatus="FLOATING")
    found = read(
        strange,
        {**strange, "lineItemId": "2"},
        orderPaymentStatus="BARTERED",
        orderFulfillmentStatus="SUNK",
        cancelStatus={"cancelState": "PERHAPS"},
        paymentSummary={"payments": [payment], "refunds": [refund]},
    )
    assert found.unknown_values == (
        "cancelStatus.cancelState=PERHAPS",
        "orderPaymentStatus=BARTERED",
        "orderFulfillmentStatus=SUNK",
        "lineItems.lineItemFulfillmentStatus=FLOATING",
        "paymentSummary.payments.paymentStatus=TELEPATHY",
        "paymentSummary.refunds.refundStatus=BLINKING",
    )
    assert found.payment is PaymentState.UNKNOWN
    assert found.fulfillment is FulfillmentState.UNKNOWN
    assert [one.quantity_current for one in found.lines] == [3, 3]


def test_payments_that_did_not_come_are_left_out() -> None:
    payments = [
        {"amount": usd("9.0"), "paymentStatus": "PENDING"},
        {"paymentStatus": "PAID"},
        {"amount": usd("30.0"), "paymentStatus": "PAID"},
    ]
    found = read(paymentSummary={"payments": payments})
    assert [(one.external_id, one.method) for one in found.payments] == [
        ("12-00042-00042-3", "")
    ]


def refund(number: str = "5001", value: str = "30.0", **changes: Any) -> Json:
    return {
        "refundId": number,
        "amount": usd(value),
        "refundDate": CHANGED,
        **changes,
    }


def test_a_line_paid_back_before_it_left_is_not_wanted_any_more() -> None:
    paid_back = line(refunds=[refund(), refund(refundDate=None)])
    found = read(paid_back, line(lineItemId="2"))
    assert found.refunds == (
        Refund(
            external_id="5001",
            amount=money("60.00"),
            refunded_at=found.updated_at,
            lines=(
                RefundLine(line_external_id="10042", quantity=3, never_left=True),
                RefundLine(line_external_id="10042", quantity=3, never_left=True),
            ),
        ),
    )
    assert [one.quantity_current for one in found.lines] == [0, 3]


def test_money_for_a_part_or_for_what_has_left_moves_no_units() -> None:
    part = line(refunds=[refund(value="29.99")])
    left = line(
        lineItemId="2", refunds=[refund("5002")], lineItemFulfillmentStatus="FULFILLED"
    )
    found = read(part, left)
    assert [one.quantity_current for one in found.lines] == [3, 3]
    assert [[one.quantity for one in each.lines] for each in found.refunds] == [
        [0],
        [0],
    ]
    assert not any(one.never_left for each in found.refunds for one in each.lines)


def test_an_order_paid_back_as_a_whole_takes_along_what_never_left() -> None:
    found = read(
        line(),
        line(lineItemId="2", lineItemFulfillmentStatus="FULFILLED"),
        orderPaymentStatus="FULLY_REFUNDED",
        paymentSummary={"refunds": [refund(value="60.0", refundStatus="PENDING")]},
    )
    assert [one.quantity_current for one in found.lines] == [0, 3]
    (back,) = found.refunds
    assert back.lines == (
        RefundLine(line_external_id="10042", quantity=3, never_left=True),
    )


def test_a_refund_told_in_two_places_counts_once_and_a_failed_one_not_at_all() -> None:
    found = read(
        line(refunds=[refund("a", "1.0"), refund("b", "2.0"), refund("", "3.0")]),
        paymentSummary={
            "refunds": [
                refund("a", "1.0", refundStatus="REFUNDED"),
                refund("b", "2.0", refundStatus="FAILED"),
                refund("", "4.0", refundStatus="REFUNDED", refundReferenceId="ref"),
                refund("", "5.0", refundStatus="REFUNDED"),
                {"refundId": "without an amount", "refundStatus": "REFUNDED"},
            ]
        },
    )
    assert [(one.external_id, str(one.amount)) for one in found.refunds] == [
        ("a", "1.00 USD"),
        ("10042-3", "3.00 USD"),
        ("ref", "4.00 USD"),
        ("12-00042-00042-4", "5.00 USD"),
    ]


def test_parcels_without_a_number_share_an_id_and_are_told_apart() -> None:
    parcels = [
        {"fulfillmentId": "999", "lineItems": [{"lineItemId": "10042", "quantity": 1}]},
        {"fulfillmentId": "999", "lineItems": [{"lineItemId": "10042"}]},
        {
            "fulfillmentId": "JD0141",
            "lineItems": [{"lineItemId": "10042", "quantity": 0}],
            "shipmentTrackingNumber": "JD0141",
            "shippingCarrierCode": "DHL",
            "shippedDate": CHANGED,
        },
    ]
    found = read(_fulfillments=parcels)
    one = FulfilledLine(line_external_id="10042", quantity=1)
    assert found.fulfillments == (
        Fulfillment(external_id="999-1", lines=(one,)),
        Fulfillment(external_id="999-2", lines=(one,)),
        Fulfillment(
            external_id="JD0141",
            carrier="DHL",
            tracking_number="JD0141",
            shipped_at=found.updated_at,
        ),
    )


def test_what_ebay_withholds_after_a_while_is_missing_and_no_mistake() -> None:
    step = {"shippingStep": {"shipTo": contact(contactAddress=None)}}
    found = read(
        buyer={"username": "u", "buyerRegistrationAddress": None},
        fulfillmentStartInstructions=[{}, step],
    )
    assert found.customer == Customer(external_id="u")
    assert found.shipping_address is None
    assert read(buyer=None).customer is None
    bare = {"shippingStep": {"shipTo": contact(primaryPhone=None)}}
    address = read(fulfillmentStartInstructions=[bare]).shipping_address
    assert address is not None
    assert address.phone == ""


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"orderId": ""}, "orderId"),
        ({"lastModifiedDate": "yesterday"}, "lastModifiedDate"),
        ({"creationDate": "2026-11-02T09:00:00"}, "creationDate"),
        ({"pricingSummary": {}}, "pricingSummary.total"),
        (
            {"pricingSummary": {"total": {"value": "1e3", "currency": "USD"}}},
            "pricingSummary.total.value",
        ),
        (
            {"pricingSummary": {"total": {"value": "1", "currency": "XXY"}}},
            "pricingSummary.total.currency",
        ),
        ({"lineItems": [line(quantity=-1)]}, "lineItems.0.quantity"),
        ({"lineItems": [line(), line()]}, "record"),
    ],
    ids=str,
)
def test_a_part_that_cannot_be_understood_is_named(changes: Json, path: str) -> None:
    with pytest.raises(MappingError) as caught:
        read(**changes)
    assert caught.value.path == path


def item(**changes: Any) -> Json:
    return {
        "item": {
            "sku": "RETRO-CLOCK",
            "product": {"title": "Retro clock", "upc": ["036000291452"]},
            "availability": {"shipToLocationAvailability": {"quantity": 7}},
            **changes,
        },
        "offers": [{"offerId": "8001", "status": "PUBLISHED"}],
    }


def test_an_inventory_item_is_a_listing_under_its_sku() -> None:
    assert translator.read_listings(item()) == (
        Listing(
            external_id="RETRO-CLOCK",
            stock_external_id="RETRO-CLOCK",
            sku="RETRO-CLOCK",
            barcode="036000291452",
            title="Retro clock",
            quantity=7,
        ),
    )


@pytest.mark.parametrize(
    "availability", [None, {}, {"shipToLocationAvailability": {}}], ids=str
)
def test_an_item_without_a_quantity_is_out_of_stock(availability: Any) -> None:
    (listing,) = translator.read_listings(item(availability=availability, product=None))
    assert (listing.quantity, listing.title, listing.barcode) == (0, "", "")


def test_an_item_without_a_published_offer_is_inactive() -> None:
    for offers in (None, [], [{"offerId": "1", "status": "UNPUBLISHED"}]):
        (listing,) = translator.read_listings({**item(), "offers": offers})
        assert listing.state is ListingState.INACTIVE


def test_an_item_without_a_sku_is_a_mapping_error() -> None:
    with pytest.raises(MappingError) as caught:
        translator.read_listings(item(sku=None))
    assert caught.value.path == "item.sku"
