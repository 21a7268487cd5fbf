"""``crossdock refund`` and ``price``, as a person types them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode


@pytest.fixture
def order(connected: Any, market: Any) -> str:
    """An order of two teas that the hub knows."""
    bought: str = market.buy("101", 2)
    connected("pull")
    return bought


def read_amount(text: str) -> Decimal:
    return Decimal(text.partition(" ")[0])


def test_a_dry_run_shows_what_would_be_paid_and_pays_nothing(
    connected: Any, market: Any, order: str
) -> None:
    said = connected("refund", order, "--dry-run", "--json")
    assert said.code == 0, said.err
    assert said.document["outcome"] is None
    assert said.document["total"] == said.document["left_before"]
    assert market.shop.order(order).refunds == []


def test_a_refund_is_asked_before_it_is_paid(
    connected: Any, market: Any, order: str
) -> None:
    said = connected("refund", order, answers="n\n")
    assert said.code != 0
    assert "back?" in said.out + said.err
    assert market.shop.order(order).refunds == []
    assert connected("refund", order, "--json").code == ExitCode.REFUSED


def test_a_refund_of_one_line_and_the_shipping_says_what_the_shop_paid(
    connected: Any, market: Any, order: str
) -> None:
    (line,) = market.shop.order(order).lines
    named = f"{line.line_id}=1:2.50"
    said = connected(
        "refund", order, "--line", named, "--shipping", "1.00", "--yes", "--json"
    )
    assert said.code == 0, said.err
    assert read_amount(said.document["total"]) == Decimal("3.50")
    assert said.document["outcome"] == "accepted"
    (refund,) = market.shop.order(order).refunds
    assert str(refund.refund_id) == said.document["refund"]
    assert refund.amount == Decimal("3.50")


@pytest.mark.parametrize(
    "words",
    [
        ["--line", "55"],
        ["--line", "55=many"],
        ["--line", "55=1:lots"],
        ["--shipping", "-1"],
    ],
)
def test_an_amount_that_cannot_be_read_is_a_mistake_of_the_person(
    connected: Any, order: str, words: list[str]
) -> None:
    assert connected("refund", order, *words).code == ExitCode.USAGE


def test_a_price_is_shown_before_and_set_after(connected: Any, market: Any) -> None:
    dry = connected("price", "tea", "7.77", "eur", "--dry-run", "--json")
    assert dry.document["listings"][0]["outcome"] is None
    assert market.shop.product("101").price == Decimal("9.90")
    said = connected("price", "tea", "7.77", "EUR", "--json")
    assert said.code == 0, said.err
    assert [one["outcome"] for one in said.document["listings"]] == ["accepted"]
    assert market.shop.product("101").price == Decimal("7.77")


def test_a_price_in_no_currency_is_a_mistake_of_the_person(connected: Any) -> None:
    assert connected("price", "TEA", "7.777", "EUR").code == ExitCode.USAGE
    assert connected("price", "TEA", "7", "XXQ").code == ExitCode.USAGE


def test_a_price_for_nothing_says_that_nothing_takes_it(connected: Any) -> None:
    said = connected("price", "TEA", "7", "EUR", "--channel", "elsewhere")
    assert said.code == ExitCode.REFUSED
    assert "No listing of TEA" in said.err
