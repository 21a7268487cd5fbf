"""Refunds and prices: which payment pays back, and what a refusal says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.pushes import (
    Outcome,
    PriceWrite,
    RefundedLine,
    RefundPush,
)
from crossdock.simulators.books import BasketLine

Json = dict[str, Any]
ORDER = "gid://shopify/Order/1"
LINE = "gid://shopify/LineItem/11"
VARIANT = "gid://shopify/ProductVariant/5"
PRODUCT = "gid://shopify/Product/3"


def make_push(minor: int, *, shipping: int = 0, **changes: Any) -> RefundPush:
    facts: Json = {
        "reference": "crossdock-7",
        "order_external_id": ORDER,
        "lines": (RefundedLine(LINE, 1, Money(minor, "EUR")),),
        "shipping": Money(shipping, "EUR"),
        "reason": "broken",
        "idempotency_key": "refund-7",
    }
    return RefundPush(**facts | changes)


def payment(number: int, kind: str, amount: str, **facts: Any) -> Json:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "card",
        "parentTransaction": None,
        "amountSet": {"presentmentMoney": {"amount": amount}},
        **facts,
    }


def answer_order(*transactions: Json, **changes: Any) -> Json:
    order = {
        "id": ORDER,
        "presentmentCurrencyCode": "EUR",
        "transactions": list(transactions),
        "refunds": [],
    }
    return {"data": {"order": order | changes}}


PAID: Mapping[str, Any] = {
    "data": {
        "refundCreate": {"refund": {"id": "gid://shopify/Refund/9"}, "userErrors": []}
    }
}


def test_the_oldest_payment_pays_back_first_and_as_far_as_it_goes(mocked: Any) -> None:
    gone = payment(
        3, "REFUND", "1.00", parentTransaction={"id": payment(1, "SALE", "")["id"]}
    )
    mocked.answer(
        answer_order(
            payment(1, "SALE", "4.00"),
            payment(2, "CAPTURE", "9.00"),
            payment(4, "AUTHORIZATION", "9.00"),
            gone,
        ),
        PAID,
    )
    result = mocked.connector.push_refund(make_push(500, shipping=100))
    assert (result.outcome, result.external_id) == (
        Outcome.ACCEPTED,
        "gid://shopify/Refund/9",
    )
    sent = mocked.asked[1]["input"]
    assert [(one["parentId"][-1], one["amount"]) for one in sent["transactions"]] == [
        ("1", "3.00"),
        ("2", "3.00"),
    ]
    assert sent["shipping"] == {"amount": "1.00"}
    assert sent["note"] == "broken (crossdock-7)"
    assert mocked.asked[1]["key"] == "refund-7"


def test_a_refund_that_was_made_is_found_and_not_made_again(mocked: Any) -> None:
    made = {"id": "gid://shopify/Refund/8", "note": "broken (crossdock-7)"}
    other = {"id": "gid://shopify/Refund/6", "note": None}
    mocked.answer(answer_order(refunds=[other, made]), answer_order(refunds=[made]))
    push = make_push(500)
    assert mocked.connector.push_refund(push).external_id == made["id"]
    assert mocked.connector.find_refund(push) == made["id"]
    assert len(mocked.asked) == 2


@pytest.mark.parametrize(
    ("answers", "changes", "reason"),
    [
        ([{"data": {"order": None}}], {}, "no such order"),
        ([answer_order(presentmentCurrencyCode="USD")], {}, "paid in USD"),
        ([answer_order(payment(1, "SALE", "1.00"))], {}, "less than 5.00 EUR"),
        (
            [answer_order(payment(1, "SALE", "9.00"))],
            {"lines": (RefundedLine("nothing", 1, Money(500, "EUR")),)},
            "no id of Shopify",
        ),
        (
            [
                answer_order(payment(1, "SALE", "9.00")),
                {
                    "data": {
                        "refundCreate": {
                            "refund": None,
                            "userErrors": [{"message": "is archived"}],
                        }
                    }
                },
            ],
            {},
            "is archived",
        ),
    ],
)
def test_a_refusal_says_why(
    mocked: Any, answers: list[Json], changes: Json, reason: str
) -> None:
    mocked.answer(*answers)
    result = mocked.connector.push_refund(make_push(500, **changes))
    assert result.outcome is Outcome.REFUSED
    assert reason in result.reason


def test_an_order_that_shopify_does_not_know_has_no_refund(mocked: Any) -> None:
    mocked.answer({"data": {"order": None}})
    assert mocked.connector.find_refund(make_push(500)) is None


def test_a_refund_of_a_simulated_order_takes_no_goods_back(open_pair: Any) -> None:
    pair = open_pair()
    variant = pair.shop.add_variant(pair.shop.add_product("Clock"), "C", stock=(9,))
    order = pair.shop.sell([BasketLine(variant.gid, 2)], "Ada")
    line = pair.shop.order(order).lines[0]
    push = make_push(
        100,
        order_external_id=order,
        lines=(RefundedLine(line.gid, 1, Money(100, "EUR")),),
    )
    before = variant.available
    assert pair.connector.push_refund(push).outcome is Outcome.ACCEPTED
    assert pair.connector.push_refund(push).outcome is Outcome.ACCEPTED
    assert len(pair.shop.order(order).refunds) == 1
    assert variant.available == before


def write(listing: str = VARIANT, minor: int = 725) -> PriceWrite:
    return PriceWrite(listing, Money(minor, "EUR"), f"price-{listing}")


FOUND: Mapping[str, Any] = {
    "data": {"nodes": [{"id": VARIANT, "product": {"id": PRODUCT}}, None]}
}


def answer_prices(shown: list[Json] | None, *errors: str) -> Json:
    told = {
        "productVariants": shown,
        "userErrors": [{"message": message} for message in errors],
    }
    return {"data": {"productVariantsBulkUpdate": told}}


def test_a_price_that_shopify_shows_is_accepted(mocked: Any) -> None:
    mocked.answer(FOUND, answer_prices([{"id": VARIANT, "price": "7.25"}]))
    results = mocked.connector.push_prices([write("nothing"), write()])
    assert [one.outcome for one in results] == [Outcome.REFUSED, Outcome.ACCEPTED]
    assert mocked.asked[1]["variants"] == [{"id": VARIANT, "price": "7.25"}]


@pytest.mark.parametrize(
    ("shown", "errors", "reason"),
    [
        (None, ["Product does not exist"], "Product does not exist"),
        ([], [], "did not change"),
        ([{"id": VARIANT, "price": "9.00"}], [], "shows 9.00"),
        ([{"id": VARIANT, "price": "lots"}], [], "shows lots"),
    ],
)
def test_a_price_that_shopify_does_not_show_is_refused(
    mocked: Any, shown: list[Json] | None, errors: list[str], reason: str
) -> None:
    mocked.answer(FOUND, answer_prices(shown, *errors))
    (result,) = mocked.connector.push_prices([write()])
    assert result.outcome is Outcome.REFUSED
    assert reason in result.reason


def test_a_missing_scope_refuses_every_price_of_the_product(mocked: Any) -> None:
    denied = {
        "message": "Access denied",
        "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "write_products"},
    }
    mocked.answer(FOUND, {"errors": [denied], "data": None})
    (result,) = mocked.connector.push_prices([write()])
    assert result.outcome is Outcome.REFUSED
    assert "write_products" in result.reason
