"""What each fact of a Shopify order becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    Address,
    Customer,
    Discount,
    Fee,
    FulfilledLine,
    FulfillmentState,
    Payment,
    PaymentState,
    RefundLine,
    ShippingLine,
    Tax,
)
from crossdock.mapping.shopify import read_order

Json = dict[str, Any]

ORDER = "gid://shopify/Order/820982911946154508"
LINE = "gid://shopify/LineItem/1"


def bag(amount: str, currency: str = "EUR", shown: Json | None = None) -> Json:
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": shown or money}


def make_line(number: int = 1, **changes: Any) -> Json:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": "Retro clock",
        "variantTitle": "Walnut",
        "sku": "RETRO-CLOCK",
        "quantity": 2,
        "currentQuantity": 2,
        "isGiftCard": False,
        "requiresShipping": True,
        "variant": {"id": "gid://shopify/ProductVariant/7", "barcode": "4006381333931"},
        "product": {"id": "gid://shopify/Product/3"},
        "originalUnitPriceSet": bag("20.00"),
        "taxLines": [],
        "discountAllocations": [],
        **changes,
    }


def make_order(**changes: Any) -> Json:
    return {
        "id": ORDER,
        "name": "#1001",
        "processedAt": "2026-03-01T10:00:00Z",
        "updatedAt": "2026-03-01T11:00:00+01:00",
        "cancelledAt": None,
        "cancelReason": None,
        "currencyCode": "EUR",
        "taxesIncluded": True,
        "dutiesIncluded": False,
        "test": False,
        "confirmed": True,
        "note": None,
        "email": None,
        "phone": None,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "totalPriceSet": bag("40.0"),
        "totalDiscountsSet": bag("0.0"),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "customer": None,
        "shippingAddress": None,
        "billingAddress": None,
        "lineItems": {"nodes": [make_line()]},
        "shippingLines": {"nodes": []},
        "transactions": [],
        "refunds": [],
        "fulfillments": [],
        **changes,
    }


def make_refund(**changes: Any) -> Json:
    line = {"quantity": 1, "restockType": "CANCEL", "lineItem": {"id": LINE}}
    return {
        "id": "gid://shopify/Refund/5",
        "createdAt": "2026-03-02T10:00:00Z",
        "totalRefundedSet": bag("20.0"),
        "refundLineItems": {"nodes": [line | changes]},
    }


def make_parcel(**changes: Any) -> Json:
    line = {"quantity": 1, "lineItem": {"id": LINE}}
    return {
        "id": "gid://shopify/Fulfillment/9",
        "status": "SUCCESS",
        "createdAt": "2026-03-02T10:00:00Z",
        "trackingInfo": [
            {"company": "DHL", "number": "00340", "url": "https://dhl.example/00340"}
        ],
        "fulfillmentLineItems": {"nodes": [line]},
        **changes,
    }


def test_an_order_keeps_its_identity_times_and_totals() -> None:
    order = read_order(make_order())
    assert (order.external_id, order.number) == (ORDER, "#1001")
    assert order.placed_at == order.updated_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert order.total == Money(4000, "EUR")
    assert order.residue == Money(0, "EUR")
    assert order.total_presentment is None
    assert (order.prices_include_tax, order.test, order.held) == (True, False, False)
    assert (order.customer, order.shipping_address, order.note) == (None, None, "")


def test_a_line_keeps_what_was_bought_and_where_it_is_listed() -> None:
    (line,) = read_order(make_order()).lines
    assert (line.external_id, line.sku) == (LINE, "RETRO-CLOCK")
    assert line.listing_external_id == "gid://shopify/ProductVariant/7"
    assert (line.barcode, line.title) == ("4006381333931", "Retro clock - Walnut")
    assert (line.quantity, line.quantity_current, line.quantity_taken) == (2, 2, 2)
    assert (line.unit_price, line.total) == (Money(2000, "EUR"), Money(4000, "EUR"))
    assert line.tracked


@pytest.mark.parametrize("variant_title", [None, "", "Default Title"])
def test_the_only_variant_of_a_product_adds_nothing_to_its_title(
    variant_title: str | None,
) -> None:
    lines = {"nodes": [make_line(variantTitle=variant_title)]}
    assert read_order(make_order(lineItems=lines)).lines[0].title == "Retro clock"


def test_c13_a_line_whose_listing_was_deleted_stays_with_its_sku() -> None:
    lines = {"nodes": [make_line(variant=None, product=None)]}
    (line,) = read_order(make_order(lineItems=lines)).lines
    assert (line.listing_external_id, line.barcode) == ("", "")
    assert (line.sku, line.tracked) == ("RETRO-CLOCK", True)


@pytest.mark.parametrize(
    ("changes", "tracked"),
    [
        ({"isGiftCard": True}, False),
        (
            {"variant": None, "product": None, "sku": None, "requiresShipping": False},
            False,
        ),
        (
            {"variant": None, "product": None, "sku": None, "requiresShipping": True},
            True,
        ),
        (
            {"variant": None, "product": None, "sku": "TIP", "requiresShipping": False},
            True,
        ),
        ({"requiresShipping": False}, True),
    ],
)
def test_only_gift_cards_and_lines_without_any_goods_are_untracked(
    changes: Json, tracked: bool
) -> None:
    lines = {"nodes": [make_line(**changes)]}
    assert read_order(make_order(lineItems=lines)).lines[0].tracked is tracked


def test_discounts_reduce_the_line_and_taxes_stand_beside_it() -> None:
    line = make_line(
        taxLines=[{"title": "VAT", "ratePercentage": 19.0, "priceSet": bag("5.75")}],
        discountAllocations=[
            {
                "allocatedAmountSet": bag("3.00"),
                "discountApplication": {"code": "SPRING"},
            },
            {
                "allocatedAmountSet": bag("1.00"),
                "discountApplication": {"title": "Loyal"},
            },
            {"allocatedAmountSet": bag("0.50"), "discountApplication": {}},
        ],
    )
    order = read_order(
        make_order(
            lineItems={"nodes": [line]},
            totalDiscountsSet=bag("4.50"),
            totalPriceSet=bag("35.50"),
        )
    )
    assert order.lines[0].total == Money(3550, "EUR")
    assert order.lines[0].tax == Money(575, "EUR")
    assert order.lines[0].taxes == (
        Tax(title="VAT", amount=Money(575, "EUR"), rate_percent="19"),
    )
    assert order.lines[0].discounts == (
        Discount(title="SPRING", amount=Money(300, "EUR")),
        Discount(title="Loyal", amount=Money(100, "EUR")),
        Discount(title="", amount=Money(50, "EUR")),
    )
    assert (order.residue, order.fees) == (Money(0, "EUR"), ())


def test_tax_on_top_of_prices_is_part_of_what_the_parts_add_up_to() -> None:
    taxes = [{"title": "Sales tax", "ratePercentage": None, "priceSet": bag("3.30")}]
    order = read_order(
        make_order(
            taxesIncluded=False,
            lineItems={"nodes": [make_line(taxLines=taxes)]},
            totalPriceSet=bag("43.30"),
        )
    )
    assert order.total_of_parts == order.total == Money(4330, "EUR")
    assert order.lines[0].taxes[0].rate_percent == ""


def test_shipping_is_what_is_left_of_it_after_its_discounts() -> None:
    charge = {
        "title": "Express",
        "originalPriceSet": bag("9.00"),
        "taxLines": [{"title": "VAT", "ratePercentage": 19, "priceSet": bag("0.64")}],
        "discountAllocations": [
            {"allocatedAmountSet": bag("5.00"), "discountApplication": {"code": "S"}}
        ],
    }
    order = read_order(
        make_order(
            shippingLines={"nodes": [charge]},
            totalDiscountsSet=bag("5.00"),
            totalPriceSet=bag("44.00"),
        )
    )
    assert order.shipping == (
        ShippingLine(title="Express", total=Money(400, "EUR"), tax=Money(64, "EUR")),
    )
    assert (order.residue, order.fees) == (Money(0, "EUR"), ())


def test_duties_fees_and_unallocated_discounts_are_stated_for_themselves() -> None:
    order = read_order(
        make_order(
            originalTotalDutiesSet=bag("7.00"),
            originalTotalAdditionalFeesSet=bag("2.00"),
            totalDiscountsSet=bag("10.00"),
            totalPriceSet=bag("39.00"),
        )
    )
    zero = Money(0, "EUR")
    assert order.fees == (
        Fee(title="Duties", total=Money(700, "EUR"), tax=zero),
        Fee(title="Additional fees", total=Money(200, "EUR"), tax=zero),
        Fee(
            title="Discount that belongs to no line",
            total=Money(-1000, "EUR"),
            tax=zero,
        ),
    )
    assert order.residue == zero


def test_duties_inside_the_prices_are_not_counted_twice() -> None:
    duties = bag("7.00")
    order = read_order(
        make_order(
            originalTotalDutiesSet=duties, dutiesIncluded=True, totalDiscountsSet=None
        )
    )
    assert (order.fees, order.residue) == ((), Money(0, "EUR"))


def test_c23_what_the_parts_do_not_explain_is_kept_as_residue() -> None:
    assert read_order(make_order(totalPriceSet=bag("40.02"))).residue == Money(2, "EUR")


def test_the_buyers_currency_is_kept_beside_the_shops() -> None:
    total = bag("40.00", shown={"amount": "47.61", "currencyCode": "CHF"})
    order = read_order(make_order(totalPriceSet=total))
    assert order.total_presentment == Money(4761, "CHF")


@pytest.mark.parametrize(
    ("restock", "taken", "wanted"),
    [
        ("CANCEL", 1, 1),
        ("RETURN", 1, 2),  # it had left: nothing that is still to ship is given up
        ("LEGACY_RESTOCK", 1, 1),
        ("NO_RESTOCK", 2, 1),
    ],
)
def test_c07_a_refunded_unit_is_given_back_only_if_it_was_restocked(
    restock: str, taken: int, wanted: int
) -> None:
    order = read_order(
        make_order(
            lineItems={"nodes": [make_line(currentQuantity=1)]},
            refunds=[make_refund(restockType=restock)],
        )
    )
    assert order.lines[0].quantity_taken == taken
    assert order.lines[0].quantity_current == wanted
    assert order.refunds[0].amount == Money(2000, "EUR")
    assert order.refunds[0].lines == (
        RefundLine(
            line_external_id=LINE,
            quantity=1,
            restocked=taken == 1,
            never_left=restock == "CANCEL",
            came_back=restock == "RETURN",
        ),
    )


def test_c01_a_unit_that_an_edit_removed_is_given_back() -> None:
    lines = {"nodes": [make_line(currentQuantity=0), make_line(2)]}
    order = read_order(make_order(lineItems=lines))
    assert [line.quantity_taken for line in order.lines] == [0, 2]


def test_several_refunds_of_one_line_add_up() -> None:
    order = read_order(
        make_order(
            lineItems={"nodes": [make_line(quantity=3, currentQuantity=1)]},
            refunds=[make_refund(), make_refund(restockType="NO_RESTOCK")],
        )
    )
    assert order.lines[0].quantity_taken == 2


def test_an_order_that_shopify_has_not_reserved_takes_nothing() -> None:
    order = read_order(make_order(confirmed=False))
    assert [line.quantity_taken for line in order.lines] == [0]


def test_only_successful_sales_and_captures_are_payments() -> None:
    def make(number: int, kind: str, status: str) -> Json:
        return {
            "id": f"gid://shopify/OrderTransaction/{number}",
            "kind": kind,
            "status": status,
            "gateway": "shopify_payments",
            "processedAt": "2026-03-01T10:00:01Z",
            "amountSet": bag("40.00"),
        }

    order = read_order(
        make_order(
            transactions=[
                make(1, "AUTHORIZATION", "SUCCESS"),
                make(2, "CAPTURE", "SUCCESS"),
                make(3, "SALE", "FAILURE"),
                make(4, "REFUND", "SUCCESS"),
            ]
        )
    )
    assert order.payments == (
        Payment(
            external_id="gid://shopify/OrderTransaction/2",
            method="shopify_payments",
            amount=Money(4000, "EUR"),
            paid_at=datetime(2026, 3, 1, 10, 0, 1, tzinfo=UTC),
        ),
    )


def test_a_parcel_keeps_its_lines_and_its_tracking() -> None:
    parcel = make_parcel()
    parcel["fulfillmentLineItems"]["nodes"].append(
        {"quantity": None, "lineItem": {"id": "gid://shopify/LineItem/2"}}
    )
    (fulfillment,) = read_order(make_order(fulfillments=[parcel])).fulfillments
    assert fulfillment.lines == (FulfilledLine(line_external_id=LINE, quantity=1),)
    assert (fulfillment.carrier, fulfillment.tracking_number) == ("DHL", "00340")
    assert fulfillment.tracking_url == "https://dhl.example/00340"
    assert fulfillment.shipped_at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert not fulfillment.cancelled


def test_a_parcel_may_have_no_tracking_or_several_numbers() -> None:
    several = [
        {"company": "UPS", "number": number, "url": None} for number in ("1Z1", "1Z2")
    ]
    order = read_order(
        make_order(
            fulfillments=[
                make_parcel(trackingInfo=[]),
                make_parcel(trackingInfo=several),
            ]
        )
    )
    numbers = [parcel.tracking_number for parcel in order.fulfillments]
    assert numbers == ["", "1Z1, 1Z2"]


@pytest.mark.parametrize("status", ["CANCELLED", "ERROR", "FAILURE"])
def test_a_parcel_that_did_not_leave_counts_as_cancelled(status: str) -> None:
    order = read_order(make_order(fulfillments=[make_parcel(status=status)]))
    assert order.fulfillments[0].cancelled


@pytest.mark.parametrize(
    ("word", "state", "held"),
    [
        ("UNFULFILLED", FulfillmentState.UNFULFILLED, False),
        ("IN_PROGRESS", FulfillmentState.UNFULFILLED, False),
        ("SCHEDULED", FulfillmentState.UNFULFILLED, True),
        ("ON_HOLD", FulfillmentState.ON_HOLD, True),
        ("PARTIALLY_FULFILLED", FulfillmentState.PARTIALLY_FULFILLED, False),
        ("FULFILLED", FulfillmentState.FULFILLED, False),
    ],
)
def test_the_fulfillment_status_is_told_apart_from_holds(
    word: str, state: FulfillmentState, held: bool
) -> None:
    order = read_order(make_order(displayFulfillmentStatus=word))
    assert (order.fulfillment, order.held) == (state, held)


def test_every_payment_status_of_shopify_has_a_state_of_its_own() -> None:
    words = ["PENDING", "AUTHORIZED", "PARTIALLY_PAID", "PAID"]
    words += ["PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "EXPIRED"]
    states = [
        read_order(make_order(displayFinancialStatus=word)).payment for word in words
    ]
    assert [state.value for state in states] == [word.lower() for word in words]


def test_an_order_without_a_payment_status_has_an_unknown_one() -> None:
    order = read_order(make_order(displayFinancialStatus=None))
    assert (order.payment, order.unknown_values) == (PaymentState.UNKNOWN, ())


def test_b20_words_never_seen_before_count_as_unknown_and_are_kept() -> None:
    order = read_order(
        make_order(
            displayFinancialStatus="BARTERED",
            displayFulfillmentStatus="BEAMED",
            refunds=[make_refund(restockType="SHREDDED")],
            fulfillments=[make_parcel(status="ORBITING")],
        )
    )
    assert order.payment is PaymentState.UNKNOWN
    assert order.fulfillment is FulfillmentState.UNKNOWN
    assert not order.refunds[0].lines[0].restocked
    assert not order.fulfillments[0].cancelled
    assert set(order.unknown_values) == {
        "displayFinancialStatus=BARTERED",
        "displayFulfillmentStatus=BEAMED",
        "refunds.refundLineItems.restockType=SHREDDED",
        "fulfillments.status=ORBITING",
    }


def test_a_cancelled_order_tells_when_and_why() -> None:
    order = read_order(
        make_order(cancelledAt="2026-03-03T08:00:00Z", cancelReason="FRAUD")
    )
    assert order.cancelled_at == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert (order.cancelled, order.cancel_reason) == (True, "fraud")


def test_customer_and_addresses_are_kept_as_far_as_shopify_tells_them() -> None:
    address = {
        "name": "Ada Lovelace",
        "company": None,
        "address1": "St James's Sq 12",
        "address2": None,
        "city": "London",
        "province": "England",
        "provinceCode": None,
        "zip": "SW1Y",
        "countryCodeV2": "GB",
        "phone": None,
    }
    order = read_order(
        make_order(
            customer={"id": "gid://shopify/Customer/1", "displayName": "Ada Lovelace"},
            email="ada@example.com",
            shippingAddress=address,
            note="Ring twice",
        )
    )
    assert order.customer == Customer(
        external_id="gid://shopify/Customer/1",
        name="Ada Lovelace",
        email="ada@example.com",
    )
    assert order.shipping_address == Address(
        name="Ada Lovelace",
        street="St James's Sq 12",
        city="London",
        region="England",
        postcode="SW1Y",
        country="GB",
    )
    assert order.note == "Ring twice"


def test_a_guest_is_known_by_an_email_address_alone() -> None:
    order = read_order(make_order(email="guest@example.com"))
    assert order.customer == Customer(email="guest@example.com")


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("JPY", "4000.0", 4000), ("KWD", "4.125", 4125), ("EUR", "4000", 400000)],
)
def test_g04_amounts_follow_the_decimals_of_their_currency(
    currency: str, amount: str, minor: int
) -> None:
    line = make_line(quantity=1, originalUnitPriceSet=bag(amount, currency))
    order = read_order(
        make_order(
            currencyCode=currency,
            lineItems={"nodes": [line]},
            totalPriceSet=bag(amount, currency),
            totalDiscountsSet=None,
        )
    )
    assert order.total == order.total_of_parts == Money(minor, currency)


def test_g11_texts_keep_emoji_and_lose_only_what_databases_cannot_hold() -> None:
    order = read_order(make_order(note="Thank\x00 you \N{PARTY POPPER}\u202e"))
    assert order.note == "Thank you \N{PARTY POPPER}\u202e"


def test_unknown_fields_are_ignored() -> None:
    assert read_order(make_order(sentiment="GREAT")) == read_order(make_order())


@pytest.mark.parametrize(
    "name", ["id", "currencyCode", "updatedAt", "lineItems", "totalPriceSet", "refunds"]
)
def test_a_missing_field_is_named(name: str) -> None:
    payload = make_order()
    del payload[name]
    with pytest.raises(MappingError, match=f"{name} is missing") as caught:
        read_order(payload)
    assert caught.value.path == name


def test_a_field_missing_from_a_line_is_named_with_its_place() -> None:
    broken = make_line(2)
    del broken["quantity"]
    with pytest.raises(MappingError) as caught:
        read_order(make_order(lineItems={"nodes": [make_line(), broken]}))
    assert caught.value.path == "lineItems.nodes[1].quantity"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"updatedAt": "2026-03-01T10:00:00"}, "updated_at: .*zone"),
        ({"updatedAt": "yesterday"}, "^updatedAt: a value is not of the kind"),
        ({"lineItems": None}, "^lineItems: a value is not of the kind"),
        (
            {"lineItems": {"nodes": [make_line(quantity="2")]}},
            r"^lineItems.nodes\[0\].quantity: a value is not of the kind",
        ),
        ({"lineItems": {"nodes": [None]}}, r"^lineItems.nodes\[0\]: a value is not"),
        ({"lineItems": {"nodes": [make_line(quantity=-1)]}}, "quantity: Input should"),
        ({"lineItems": {"nodes": [make_line(), make_line()]}}, "the same id"),
        ({"totalPriceSet": bag("40.001")}, "^totalPriceSet: .* more decimals"),
        ({"totalPriceSet": {}}, "^totalPriceSet.shopMoney is missing"),
        ({"totalPriceSet": bag("40.00", "USD")}, "USD where the order is in EUR"),
        ({"currencyCode": "XXY"}, "in EUR where the order is in XXY"),
        ({"note": 7}, "^note: a value is not of the kind"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_reason(
    changes: Json, words: str
) -> None:
    with pytest.raises(MappingError, match=words):
        read_order(make_order(**changes))


@pytest.mark.parametrize("name", sorted(make_order()))
@pytest.mark.parametrize("value", [None, {"unexpected": ["shape"]}, [], 0.5])
def test_whatever_a_field_holds_an_error_says_where(name: str, value: object) -> None:
    place = "no error"
    try:
        read_order(make_order(**{name: value}))
    except MappingError as error:
        place = error.path
    assert place


def test_i9_an_error_never_shows_the_customers_data() -> None:
    payload = make_order(test="Ada Lovelace", email="ada@example.com")
    with pytest.raises(MappingError) as caught:
        read_order(payload)
    assert "test: Input should be a valid boolean" in caught.value.message
    assert "Ada" not in str(caught.value)
