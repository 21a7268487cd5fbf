"""Square's orders, as they may come, and what the hub makes of each."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.canonical.errors import MappingError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfillmentState, Order, PaymentState
from crossdock.mapping.square import translator

Json = dict[str, Any]
PLACED, CLOSED = "2026-03-02T09:00:00.000Z", "2026-03-02T09:05:00.000Z"


def money(amount: int, currency: str = "EUR") -> Json:
    return {"amount": amount, "currency": currency}


def line(uid: str = "L1", quantity: str = "2", **changes: Any) -> Json:
    return {
        "uid": uid,
        "name": "Retro clock",
        "variation_name": "Regular",
        "catalog_object_id": "VA1",
        "item_type": "ITEM",
        "quantity": quantity,
        "base_price_money": money(1000),
        "gross_sales_money": money(2000),
        "total_money": money(2000),
        "total_tax_money": money(0),
        **changes,
    }


def tender(amount: int = 2000, **changes: Any) -> Json:
    card = {"status": "CAPTURED"}
    return {
        "id": "PY1",
        "type": "CARD",
        "amount_money": money(amount),
        "card_details": card,
        **changes,
    }


def parcel(state: str = "PROPOSED", **details: Any) -> Json:
    return {
        "uid": "F1",
        "type": "SHIPMENT",
        "state": state,
        "line_item_application": "ALL",
        "shipment_details": {
            "recipient": {"display_name": "Ada", "address": {"locality": "Hamburg"}},
            **details,
        },
    }


def order(**changes: Any) -> Json:
    return {
        "id": "OR1",
        "location_id": "L",
        "state": "OPEN",
        "created_at": PLACED,
        "updated_at": CLOSED,
        "total_money": money(2000),
        "net_amount_due_money": money(0),
        "line_items": [line()],
        "tenders": [tender()],
        **changes,
    }


def returned(units: str = "1", *, restocked: str = "", at: str = CLOSED) -> Json:
    """Return what the connector stores beside a sale of which something came back."""
    back = {
        "id": "OR2",
        "created_at": at,
        "returns": [
            {
                "source_order_id": "OR1",
                "return_line_items": [
                    {
                        "source_line_item_uid": "L1",
                        "catalog_object_id": "VA1",
                        "quantity": units,
                    }
                ],
                "return_amounts": {"total_money": money(1000)},
            }
        ],
    }
    refund = {
        "id": "RF1",
        "status": "COMPLETED",
        "order_id": "OR2",
        "amount_money": money(1000),
        "created_at": at,
    }
    moved = {
        "refund_id": "RF1",
        "catalog_object_id": "VA1",
        "from_state": "SOLD",
        "to_state": "IN_STOCK",
        "quantity": restocked or "0",
    }
    return {"_refunds": [refund], "_returns": [back], "_adjustments": [moved]}


def read(**changes: Any) -> Order:
    return translator.read_order(order(**changes))


# -- the counter and the online shop ---------------------------------------------------


def test_a_completed_order_without_a_fulfillment_went_over_the_counter() -> None:
    told = read(state="COMPLETED", closed_at=CLOSED)
    assert told.payment is PaymentState.PAID
    assert told.fulfillment is FulfillmentState.FULFILLED
    assert told.lines[0].quantity_taken == 2


def test_a_paid_order_with_a_shipment_waits_to_be_shipped() -> None:
    told = read(fulfillments=[parcel()])
    assert told.payment is PaymentState.PAID
    assert told.fulfillment is FulfillmentState.UNFULFILLED
    assert told.fulfillments == ()
    assert told.shipping_address is not None
    assert told.shipping_address.city == "Hamburg"


def test_an_unpaid_order_takes_no_stock() -> None:
    told = read(tenders=None, net_amount_due_money=money(2000))
    assert told.payment is PaymentState.PENDING
    assert told.lines[0].quantity_taken == 0
    assert told.lines[0].quantity_current == 2


def test_an_order_paid_in_part_is_paid_in_part() -> None:
    told = read(tenders=[tender(500)], net_amount_due_money=money(1500))
    assert told.payment is PaymentState.PARTIALLY_PAID
    assert told.lines[0].quantity_taken == 0


@pytest.mark.parametrize(
    ("status", "state"),
    [("AUTHORIZED", PaymentState.AUTHORIZED), ("VOIDED", PaymentState.PENDING)],
)
def test_a_card_that_was_not_captured_brought_no_money(
    status: str, state: PaymentState
) -> None:
    card = tender(card_details={"status": status})
    told = read(tenders=[card], net_amount_due_money=money(2000))
    assert told.payment is state
    assert told.payments == ()


def test_a_draft_is_a_cart_of_which_nothing_is_wanted() -> None:
    told = read(state="DRAFT", tenders=None)
    assert told.held
    assert told.lines[0].quantity_current == 0


def test_a_cancelled_order_takes_nothing_and_wants_nothing() -> None:
    told = read(state="CANCELED", closed_at=CLOSED, tenders=None)
    assert told.cancelled
    assert told.payment is PaymentState.VOIDED
    assert (told.lines[0].quantity_current, told.lines[0].quantity_taken) == (0, 0)


def test_a_paid_order_whose_fulfillments_are_all_cancelled_is_cancelled() -> None:
    told = read(state="COMPLETED", fulfillments=[parcel("CANCELED")])
    assert told.cancelled
    assert told.fulfillment is FulfillmentState.UNFULFILLED
    # Square gives nothing back by itself.
    assert told.lines[0].quantity_taken == 2


def test_a_completed_fulfillment_is_a_parcel_with_its_tracking() -> None:
    shipped = parcel(
        "COMPLETED", carrier="ups", tracking_number="1Z", shipped_at=CLOSED
    )
    told = read(state="COMPLETED", fulfillments=[shipped])
    (left,) = told.fulfillments
    assert (left.external_id, left.carrier, left.tracking_number) == ("F1", "UPS", "1Z")
    assert [(each.line_external_id, each.quantity) for each in left.lines] == [
        ("L1", 2)
    ]
    assert told.fulfillment is FulfillmentState.FULFILLED


def test_a_fulfillment_of_some_lines_leaves_the_others_to_be_shipped() -> None:
    shipped = {
        **parcel("COMPLETED"),
        "line_item_application": "ENTRY_LIST",
        "entries": [{"line_item_uid": "L1", "quantity": "1"}],
    }
    assert read(fulfillments=[shipped]).fulfillment is (
        FulfillmentState.PARTIALLY_FULFILLED
    )


def test_a_fulfillment_that_nothing_tells_from_others_is_refused() -> None:
    shipped = {**parcel("COMPLETED"), "uid": None}
    with pytest.raises(MappingError) as caught:
        read(state="COMPLETED", fulfillments=[shipped])
    assert caught.value.path == "fulfillments.uid"


# -- lines -----------------------------------------------------------------------------


def test_a_line_names_its_variation_and_no_sku() -> None:
    (told,) = read().lines
    assert (told.listing_external_id, told.sku) == ("VA1", "")


@pytest.mark.parametrize("text", ["2", "2.0", "2.00000"])
def test_a_whole_quantity_is_units_however_it_is_written(text: str) -> None:
    told = read(line_items=[line(quantity=text)])
    assert told.lines[0].quantity == 2
    assert told.unknown_values == ()


def test_a_measured_line_is_one_portion_and_told_as_unknown() -> None:
    told = read(line_items=[line(quantity="1.5"), line("L2")])
    measured, whole = told.lines
    assert (measured.quantity, measured.tracked, measured.quantity_taken) == (
        1,
        False,
        0,
    )
    assert measured.title.startswith("1.5 x ")
    assert measured.unit_price == Money(2000, "EUR")
    assert (whole.quantity, whole.tracked, whole.quantity_taken) == (2, True, 2)
    assert told.unknown_values == ("line_items.quantity=1.5",)


@pytest.mark.parametrize(
    "change",
    [
        {"catalog_object_id": None},
        {"item_type": "GIFT_CARD"},
        {"item_type": "CUSTOM_AMOUNT", "catalog_object_id": None, "name": None},
    ],
)
def test_what_is_in_no_catalogue_or_no_thing_moves_no_stock(change: Json) -> None:
    (told,) = read(line_items=[line(**change)]).lines
    assert (told.tracked, told.quantity_taken) == (False, 0)


@pytest.mark.parametrize("text", ["-1", "two", "1e400", "NaN", "1_000", "", "٣", 2])
def test_a_quantity_that_is_none_is_refused_with_its_place(text: Any) -> None:
    with pytest.raises(MappingError) as caught:
        read(line_items=[line(quantity=text)])
    assert caught.value.path == "line_items.0.quantity"


# -- money -----------------------------------------------------------------------------


def test_additive_tax_is_told_apart_from_line_totals() -> None:
    taxed = line(total_money=money(2140), total_tax_money=money(140))
    told = read(
        line_items=[taxed],
        taxes=[{"uid": "T", "type": "ADDITIVE", "name": "VAT", "percentage": "7"}],
        total_money=money(2140),
    )
    assert not told.prices_include_tax
    assert (told.lines[0].total.minor, told.lines[0].tax.minor) == (2000, 140)
    assert not told.residue


def test_inclusive_tax_stays_in_the_price() -> None:
    taxed = line(total_money=money(2000), total_tax_money=money(131))
    told = read(line_items=[taxed], taxes=[{"uid": "T", "type": "INCLUSIVE"}])
    assert told.prices_include_tax
    assert (told.lines[0].total.minor, told.lines[0].tax.minor) == (2000, 131)
    assert not told.residue


def test_tips_and_service_charges_are_fees_and_rounding_is_the_residue() -> None:
    told = read(
        total_money=money(2453),
        total_tip_money=money(300),
        service_charges=[
            {"uid": "S", "name": "Delivery", "total_money": money(150)},
            {
                "uid": "A",
                "total_money": money(99),
                "treatment_type": "APPORTIONED_TREATMENT",
            },
        ],
        rounding_adjustment={"amount_money": money(3)},
    )
    assert [(fee.title, fee.total.minor) for fee in told.fees] == [
        ("Delivery", 150),
        ("tip", 300),
    ]
    assert told.residue == Money(3, "EUR")


def test_yen_have_no_decimals() -> None:
    yen: Json = {
        key: money(2000, "JPY")
        for key in ("base_price_money", "gross_sales_money", "total_money")
    }
    told = read(
        line_items=[line(**yen, total_tax_money=None)],
        total_money=money(2000, "JPY"),
        net_amount_due_money=None,
        tenders=None,
    )
    assert str(told.total) == "2000 JPY"


def test_a_currency_that_does_not_exist_is_refused() -> None:
    with pytest.raises(MappingError, match="ISO 4217") as caught:
        read(total_money=money(2000, "ZZZ"))
    assert caught.value.path == "total_money.currency"


def test_two_currencies_in_one_order_are_refused() -> None:
    with pytest.raises(MappingError):
        read(line_items=[line(total_money=money(2000, "USD"))])


# -- what came back --------------------------------------------------------------------


def test_a_return_is_a_refund_of_the_sale_with_its_lines() -> None:
    told = read(state="COMPLETED", closed_at=PLACED, **returned(restocked="1"))
    (refund,) = told.refunds
    assert (refund.external_id, refund.amount.minor) == ("RF1", 1000)
    (part,) = refund.lines
    assert (part.line_external_id, part.quantity, part.restocked) == ("L1", 1, True)
    assert not part.never_left
    assert told.payment is PaymentState.PARTIALLY_REFUNDED
    assert (told.lines[0].quantity_current, told.lines[0].quantity_taken) == (2, 1)


def test_what_came_back_and_was_not_restocked_stays_taken() -> None:
    told = read(state="COMPLETED", closed_at=PLACED, **returned())
    assert [part.restocked for part in told.refunds[0].lines] == [False]
    assert told.lines[0].quantity_taken == 2


def test_a_return_that_was_restocked_in_part_comes_in_two() -> None:
    told = read(state="COMPLETED", closed_at=PLACED, **returned("2", restocked="1"))
    parts = [(part.quantity, part.restocked) for part in told.refunds[0].lines]
    assert parts == [(1, True), (1, False)]


def test_what_is_refunded_before_it_is_shipped_is_not_wanted_any_more() -> None:
    told = read(fulfillments=[parcel()], **returned(restocked="1"))
    assert told.refunds[0].lines[0].never_left
    assert told.lines[0].quantity_current == 1


def test_a_refund_in_the_moment_of_the_completion_counts_as_after_it() -> None:
    told = read(state="COMPLETED", closed_at=CLOSED, **returned())
    assert not told.refunds[0].lines[0].never_left
    assert told.lines[0].quantity_current == 2


@pytest.mark.parametrize("status", ["REJECTED", "FAILED"])
def test_a_refund_that_was_turned_down_paid_nothing(status: str) -> None:
    beside = returned()
    beside["_refunds"][0]["status"] = status
    beside["_returns"] = []
    told = read(state="COMPLETED", **beside)
    assert told.refunds == ()
    assert told.payment is PaymentState.PAID


def test_a_refund_in_a_state_never_seen_counts_and_is_told() -> None:
    beside = returned()
    beside["_refunds"][0]["status"] = "PONDERED"
    told = read(state="COMPLETED", closed_at=PLACED, **beside)
    assert [refund.amount.minor for refund in told.refunds] == [1000]
    assert told.unknown_values == ("refunds.status=PONDERED",)


def test_a_return_of_less_than_nothing_is_refused() -> None:
    with pytest.raises(MappingError) as caught:
        read(state="COMPLETED", closed_at=PLACED, **returned("-1"))
    assert caught.value.path == "_returns.0.returns.0.return_line_items.0.quantity"


def test_a_return_that_is_measured_is_money_and_moves_no_stock() -> None:
    told = read(state="COMPLETED", closed_at=PLACED, **returned("0.5", restocked="1"))
    (refund,) = told.refunds
    assert (refund.amount.minor, refund.lines) == (1000, ())
    assert told.lines[0].quantity_taken == 2


def test_a_recount_on_the_day_of_a_return_restocks_nothing_of_it() -> None:
    beside = returned(restocked="1")
    beside["_adjustments"][0]["from_state"] = "NONE"
    told = read(state="COMPLETED", closed_at=PLACED, **beside)
    assert [part.restocked for part in told.refunds[0].lines] == [False]


def test_an_exchange_that_states_no_amount_credits_nothing() -> None:
    beside = returned()
    beside["_refunds"] = []
    beside["_returns"][0]["returns"][0]["return_amounts"] = None
    told = read(state="COMPLETED", closed_at=PLACED, **beside)
    (refund,) = told.refunds
    assert refund.amount == Money.zero("EUR")
    assert refund.lines[0].quantity == 1


def test_an_exchange_credits_the_goods_although_no_money_went_back() -> None:
    beside = returned()
    beside["_refunds"] = []
    told = read(state="COMPLETED", closed_at=PLACED, **beside)
    (refund,) = told.refunds
    assert (refund.external_id, refund.amount.minor) == ("OR2", 1000)
    assert refund.lines[0].quantity == 1


def test_a_refund_of_two_tenders_brings_the_goods_back_once() -> None:
    beside = returned("2")
    second = {**beside["_refunds"][0], "id": "RF2"}
    beside["_refunds"].append(second)
    told = read(state="COMPLETED", closed_at=PLACED, **beside)
    assert sum(part.quantity for each in told.refunds for part in each.lines) == 2
    assert told.payment is PaymentState.REFUNDED


# -- words that nobody has seen --------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        ({"state": "PONDERING"}, "state=PONDERING"),
        ({"fulfillments": [parcel("LOST")]}, "fulfillments.state=LOST"),
        ({"tenders": [tender(type="SHELLS")]}, "tenders.type=SHELLS"),
        (
            {"tenders": [tender(card_details={"status": "MELTED"})]},
            "tenders.card_details.status=MELTED",
        ),
        ({"line_items": [line(item_type="DREAM")]}, "line_items.item_type=DREAM"),
        ({"taxes": [{"uid": "T", "type": "SECRET"}]}, "taxes.type=SECRET"),
    ],
)
def test_an_unknown_word_is_told_and_stops_nothing(change: Json, unknown: str) -> None:
    assert read(**change).unknown_values == (unknown,)


def test_an_unknown_state_leaves_the_money_unknown() -> None:
    assert read(state="PONDERING").payment is PaymentState.UNKNOWN


@pytest.mark.parametrize("missing", ["id", "created_at", "total_money"])
def test_a_missing_part_is_named(missing: str) -> None:
    payload = order()
    del payload[missing]
    with pytest.raises(MappingError) as caught:
        translator.read_order(payload)
    assert caught.value.path == missing


def test_nulls_and_absent_lists_are_empty() -> None:
    sparse = order(line_items=None, tenders=None, taxes=None, fulfillments=None)
    told = translator.read_order({**sparse, "refunds": None, "returns": None})
    assert told.lines == ()
    assert told.fulfillment is FulfillmentState.UNFULFILLED
