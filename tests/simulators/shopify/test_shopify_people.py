"""What shoppers and staff do in the shop, its money, and what the world's books say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.shopify import Checkout, Discount, ShopifyShop, Tax
from crossdock.simulators.shopify.amounts import (
    Amount,
    Currencies,
    decimal_text,
    fixed_text,
    minor_units,
)
from crossdock.simulators.shopify.goods import Variant, gid
from crossdock.simulators.shopify.payloads import order_payload
from crossdock.simulators.shopify.refusals import RefusedError
from crossdock.simulators.shopify.shapes import bag
from crossdock.simulators.shopify.totals import total, total_tax
from crossdock.simulators.world import World

Ask = Callable[..., dict[str, Any]]
OpenShop = Callable[..., ShopifyShop]

MONEY = """
fragment Both on MoneyBag {
  shopMoney { amount currencyCode } presentmentMoney { amount currencyCode }
}
query Order($id: ID!) { order(id: $id) {
  displayFinancialStatus displayFulfillmentStatus cancelReason edited
  totalPriceSet { ...Both } subtotalPriceSet { ...Both } totalTaxSet { ...Both }
  totalShippingPriceSet { ...Both } totalDiscountsSet { ...Both }
  originalTotalPriceSet { ...Both }
  currentTotalPriceSet { ...Both } totalRefundedSet { ...Both }
  totalOutstandingSet { ...Both } netPaymentSet { ...Both }
  lineItems(first: 10) { nodes {
    id sku quantity currentQuantity unfulfilledQuantity
    originalUnitPriceSet { ...Both }
    discountAllocations { allocatedAmountSet { ...Both } }
    discountedTotalSet { ...Both }
    codes: discountedTotalSet(withCodeDiscounts: true) { ...Both }
    taxLines { title ratePercentage priceSet { ...Both } }
    variant { id }
  } }
  refunds { totalRefundedSet { ...Both } refundLineItems(first: 5) { nodes {
    quantity restockType restocked subtotalSet { ...Both }
  } } }
} }"""


@pytest.fixture
def look(ask: Ask) -> Callable[[str], dict[str, Any]]:
    """Read an order's money and units."""

    def looked(order_id: str) -> dict[str, Any]:
        order: dict[str, Any] = ask(MONEY, id=order_id)["order"]
        return order

    return looked


def _shop(bag: dict[str, Any]) -> str:
    return str(bag["shopMoney"]["amount"])


def _buy(shop: ShopifyShop, variant: Variant, quantity: int, **checkout: Any) -> str:
    basket = [BasketLine(variant.gid, quantity)]
    return shop.sell(basket, "Ada Lovelace", Checkout(**checkout))


def _first_line(shop: ShopifyShop, order_id: str) -> str:
    return shop.order(order_id).lines[0].gid


def test_a_sale_lowers_what_the_shop_shows_and_commits_it(
    shop: ShopifyShop, world: World, retro_clock: Variant
) -> None:
    order_id = world.buy("shopify", retro_clock.gid, 3, "Ada")

    (level,) = retro_clock.levels.values()
    assert (level.available, level.committed, level.on_hand) == (7, 3, 10)
    assert shop.shown(retro_clock.gid) == 7
    assert shop.shown("gid://shopify/ProductVariant/1") == 0
    assert world.sold_units("RETRO-CLOCK") == 3
    assert [one.order_id for one in world.orders()] == [order_id]


def test_the_shop_never_sells_below_its_own_counter(
    shop: ShopifyShop, world: World, retro_clock: Variant
) -> None:
    basket = [BasketLine(retro_clock.gid, 6), BasketLine(retro_clock.gid, 5)]

    with pytest.raises(SoldOutError):
        shop.sell(basket, "Ada")

    assert world.buy("shopify", retro_clock.gid, 11, "Ada") is None
    assert world.buy("shopify", "gid://shopify/ProductVariant/1", 1, "Ada") is None
    assert retro_clock.available == 10
    assert world.turned_away == 2
    assert world.oversold_units() == 0


def test_shoppers_who_come_at_once_share_what_is_shown(
    shop: ShopifyShop, world: World
) -> None:
    world.receive("LAST-ONES", 30)
    variant = shop.add_variant(shop.add_product("Last"), "LAST-ONES", stock=[30])

    with ThreadPoolExecutor(4) as pool:
        bought = list(
            pool.map(
                lambda number: world.buy("shopify", variant.gid, 1, f"Buyer {number}"),
                range(60),
            )
        )

    assert sum(order_id is not None for order_id in bought) == 30
    assert len({order_id for order_id in bought if order_id}) == 30
    assert (variant.available, world.oversold_units()) == (0, 0)


def test_a_variant_that_may_be_oversold_goes_below_zero(
    shop: ShopifyShop, world: World
) -> None:
    world.receive("PRE-ORDER", 1)
    variant = shop.add_variant(
        shop.add_product("Coming soon"), "PRE-ORDER", stock=[1], oversell=True
    )

    world.buy("shopify", variant.gid, 3, "Ada")

    assert variant.available == -2
    assert world.oversold_units() == 2


def test_an_untracked_variant_has_no_counter(shop: ShopifyShop, world: World) -> None:
    card = shop.add_variant(
        shop.add_product("Gift card", gift_card=True),
        None,
        tracked=False,
        requires_shipping=False,
        stock=[0],
    )

    order_id = world.buy("shopify", card.gid, 2, "Ada")

    assert order_id is not None
    assert card.available == 0


def test_the_place_that_has_enough_ships_the_line(
    open_shop: OpenShop, world: World
) -> None:
    shop = open_shop(locations=("Shop", "Warehouse"))
    variant = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", stock=[1, 5])

    order_id = world.buy("shopify", variant.gid, 3, "Ada") or ""
    shop.set_available(variant, 9, location=1)

    (work,) = shop.order(order_id).fulfillment_orders
    assert work.location.name == "Warehouse"
    assert [level.available for level in variant.levels.values()] == [1, 9]
    assert variant.available == 10


def test_totals_are_the_lines_plus_shipping_plus_tax(
    shop: ShopifyShop, retro_clock: Variant, look: Callable[[str], dict[str, Any]]
) -> None:
    order = look(_buy(shop, retro_clock, 3))

    assert _shop(order["subtotalPriceSet"]) == "60.0"
    assert _shop(order["totalShippingPriceSet"]) == "5.0"
    assert _shop(order["totalTaxSet"]) == "3.9"
    assert _shop(order["totalPriceSet"]) == "68.9"
    assert order["displayFinancialStatus"] == "PAID"
    assert order["displayFulfillmentStatus"] == "UNFULFILLED"
    assert _shop(order["totalOutstandingSet"]) == "0.0"


def test_taxes_may_be_inside_the_prices(
    open_shop: OpenShop, ask: Ask, world: World
) -> None:
    shop = open_shop(taxes_included=True, tax=Tax("VAT", 1900), shipping_minor=0)
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", price_minor=11900)
    order = shop.order(_buy(shop, lamp, 1))

    assert total(order).shop == 11900
    assert total_tax(order).shop == 1900


def test_a_yen_shop_has_no_decimals_but_graphql_shows_one(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(currency="JPY", tax=None, shipping_minor=500)
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", price_minor=1980)
    order = shop.order(_buy(shop, lamp, 2))

    assert bag(order.currencies, total(order))["shopMoney"]["amount"] == "4460.0"
    assert order_payload(order, shop.settings)["total_price"] == "4460"
    assert total_tax(order) == Amount()


def test_a_buyer_may_see_another_currency_than_the_shop_keeps(
    open_shop: OpenShop, world: World
) -> None:
    shop = open_shop(
        presentment_rates={"EUR": Decimal("0.9137")}, tax=None, shipping_minor=0
    )
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", price_minor=999)
    order = shop.order(_buy(shop, lamp, 3, currency="EUR"))

    # Each unit is converted and rounded by itself, so both sides add up.
    assert total(order) == Amount(2997, 3 * 913)


def test_a_discount_code_counts_across_the_order_and_not_in_line_totals(
    shop: ShopifyShop, retro_clock: Variant, look: Callable[[str], dict[str, Any]]
) -> None:
    order = look(_buy(shop, retro_clock, 3, discount=Discount("SAVE10", 10, code=True)))

    (line,) = order["lineItems"]["nodes"]
    (allocation,) = line["discountAllocations"]
    assert _shop(allocation["allocatedAmountSet"]) == "6.0"
    assert _shop(line["discountedTotalSet"]) == "60.0"
    assert _shop(line["codes"]) == "54.0"
    assert _shop(order["subtotalPriceSet"]) == "54.0"
    assert _shop(order["totalDiscountsSet"]) == "6.0"


def test_an_automatic_discount_is_inside_the_line_totals(
    shop: ShopifyShop, retro_clock: Variant, look: Callable[[str], dict[str, Any]]
) -> None:
    order = look(_buy(shop, retro_clock, 3, discount=Discount("Sale", 10, code=False)))

    (line,) = order["lineItems"]["nodes"]
    assert _shop(line["discountedTotalSet"]) == "54.0"


def test_an_unpaid_order_is_pending_and_becomes_void_when_cancelled(
    shop: ShopifyShop, retro_clock: Variant, look: Callable[[str], dict[str, Any]]
) -> None:
    order_id = _buy(shop, retro_clock, 1, paid=False)
    assert look(order_id)["displayFinancialStatus"] == "PENDING"

    shop.cancel_order(order_id)

    order = look(order_id)
    assert order["displayFinancialStatus"] == "VOIDED"
    assert _shop(order["totalRefundedSet"]) == "0.0"
    assert retro_clock.available == 10


def test_a_cancelled_order_is_refunded_and_restocked_and_keeps_its_total(
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 2)

    world.cancel("shopify", order_id)

    order = look(order_id)
    (line,) = order["lineItems"]["nodes"]
    (refund,) = order["refunds"]
    assert order["cancelReason"] == "CUSTOMER"
    assert order["displayFinancialStatus"] == "REFUNDED"
    assert _shop(order["totalPriceSet"]) == _shop(order["totalRefundedSet"]) == "47.7"
    assert _shop(order["currentTotalPriceSet"]) == "0.0"
    assert (line["quantity"], line["currentQuantity"]) == (2, 0)
    assert refund["refundLineItems"]["nodes"][0]["restockType"] == "CANCEL"
    assert retro_clock.available == 10
    assert world.sold_units("RETRO-CLOCK") == 0


def test_an_order_is_cancelled_once_and_not_after_it_shipped(
    shop: ShopifyShop, retro_clock: Variant
) -> None:
    cancelled, shipped = _buy(shop, retro_clock, 1), _buy(shop, retro_clock, 1)
    shop.cancel_order(cancelled)
    shop.fulfill_order(shipped)

    for order_id in (cancelled, shipped):
        with pytest.raises(RefusedError):
            shop.cancel_order(order_id)


def test_an_unpaid_order_is_refunded_without_money(
    shop: ShopifyShop, retro_clock: Variant, look: Callable[[str], dict[str, Any]]
) -> None:
    order_id = _buy(shop, retro_clock, 2, paid=False)

    shop.refund_order(order_id, {_first_line(shop, order_id): 1}, restock=True)

    (refund,) = look(order_id)["refunds"]
    assert _shop(refund["totalRefundedSet"]) == "0.0"
    assert retro_clock.available == 9


def test_what_is_not_shipped_has_no_shipping_charge(
    shop: ShopifyShop, ask: Ask, look: Callable[[str], dict[str, Any]]
) -> None:
    card = shop.add_variant(
        shop.add_product("Gift card", gift_card=True),
        None,
        tracked=False,
        requires_shipping=False,
        taxable=False,
    )
    order_id = _buy(shop, card, 1)

    order = look(order_id)
    assert _shop(order["totalPriceSet"]) == "20.0"
    shipping = ask(
        """query S($id: ID!) { order(id: $id) {
          shippingLine { title } shippingLines(first: 1) { nodes { title } }
          requiresShipping totalRefundedShippingSet { shopMoney { amount } }
        } }""",
        id=order_id,
    )["order"]
    assert shipping == {
        "shippingLine": None,
        "shippingLines": {"nodes": []},
        "requiresShipping": False,
        "totalRefundedShippingSet": {"shopMoney": {"amount": "0.0"}},
    }
    payload = order_payload(shop.order(order_id), shop.settings)
    assert payload["shipping_lines"] == []
    shop.cancel_order(order_id)
    assert _shop(look(order_id)["totalRefundedSet"]) == "20.0"


def test_staff_add_units_and_the_buyer_pays_for_them(
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 1)

    world.edit("shopify", order_id, _first_line(shop, order_id), 4)

    order = look(order_id)
    (line,) = order["lineItems"]["nodes"]
    assert order["edited"] is True
    assert (line["quantity"], line["currentQuantity"]) == (4, 4)
    assert line["unfulfilledQuantity"] == 4
    assert order["displayFinancialStatus"] == "PAID"
    assert _shop(order["totalPriceSet"]) == "90.1"
    assert _shop(order["originalTotalPriceSet"]) == "26.5"
    assert retro_clock.available == 6
    assert world.sold_units("RETRO-CLOCK") == 4


def test_staff_cannot_add_more_than_the_shop_shows(
    shop: ShopifyShop, retro_clock: Variant
) -> None:
    order_id = _buy(shop, retro_clock, 1)

    with pytest.raises(SoldOutError):
        shop.edit_line(order_id, _first_line(shop, order_id), 11)

    assert retro_clock.available == 9


def test_staff_take_units_off_and_no_money_goes_back_by_itself(
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 3)

    world.edit("shopify", order_id, _first_line(shop, order_id), 1)

    order = look(order_id)
    (line,) = order["lineItems"]["nodes"]
    (refund,) = order["refunds"]
    assert (line["quantity"], line["currentQuantity"]) == (3, 1)
    assert _shop(order["totalOutstandingSet"]) == "-42.4"
    assert _shop(refund["totalRefundedSet"]) == "0.0"
    assert retro_clock.available == 9
    assert world.sold_units("RETRO-CLOCK") == 1
    world.edit("shopify", order_id, _first_line(shop, order_id), 1)
    assert len(look(order_id)["refunds"]) == 1


def test_staff_cannot_take_off_what_has_shipped(
    shop: ShopifyShop, retro_clock: Variant
) -> None:
    order_id = _buy(shop, retro_clock, 2)
    line = _first_line(shop, order_id)
    shop.fulfill_order(order_id, quantities={line: 1})

    with pytest.raises(RefusedError):
        shop.edit_line(order_id, line, 0)

    shop.edit_line(order_id, line, 1)
    assert [one.status for one in shop.order(order_id).fulfillment_orders] == ["CLOSED"]


def test_staff_add_a_line(
    shop: ShopifyShop,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", title="Green")
    order_id = _buy(shop, retro_clock, 1)

    shop.add_line(order_id, lamp.gid, 2)

    lines = look(order_id)["lineItems"]["nodes"]
    assert [one["sku"] for one in lines] == ["RETRO-CLOCK", "GLOW-LAMP"]
    assert lamp.available == 8
    with pytest.raises(SoldOutError):
        shop.add_line(order_id, lamp.gid, 9)


def test_a_refund_gives_back_units_money_or_both(
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 4)
    line = _first_line(shop, order_id)
    shop.fulfill_order(order_id, quantities={line: 2})

    world.refund("shopify", order_id, {line: 1}, restock=True)
    world.refund("shopify", order_id, {line: 1}, restock=False)
    world.refund("shopify", order_id, None, restock=True)

    order = look(order_id)
    kinds = [
        (row["restockType"], row["quantity"])
        for refund in order["refunds"]
        for row in refund["refundLineItems"]["nodes"]
    ]
    assert kinds == [("CANCEL", 1), ("NO_RESTOCK", 1), ("RETURN", 2)]
    assert order["displayFinancialStatus"] == "PARTIALLY_REFUNDED"
    # Two never left, one of them was written off; the two that had left came back.
    assert retro_clock.available == 9
    assert world.sold_units("RETRO-CLOCK") == 0
    with pytest.raises(RefusedError):
        shop.refund_order(order_id, {line: 1}, restock=True)


def test_a_held_order_cannot_be_shipped_until_it_is_released(
    shop: ShopifyShop,
    ask: Ask,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 1)

    shop.hold_order(order_id)
    assert look(order_id)["displayFulfillmentStatus"] == "ON_HOLD"
    held = ask(
        """query H($id: ID!) { order(id: $id) { fulfillmentOrders(first: 1) { nodes {
          status fulfillmentHolds { reason } supportedActions { action }
        } } } }""",
        id=order_id,
    )["order"]["fulfillmentOrders"]["nodes"]
    assert held == [
        {
            "status": "ON_HOLD",
            "fulfillmentHolds": [{"reason": "OTHER"}],
            "supportedActions": [{"action": "RELEASE_HOLD"}],
        }
    ]
    with pytest.raises(RefusedError):
        shop.fulfill_order(order_id)
    shop.hold_order(order_id, held=False)
    shop.fulfill_order(order_id)

    assert look(order_id)["displayFulfillmentStatus"] == "FULFILLED"


def test_units_added_after_everything_shipped_are_new_work(
    shop: ShopifyShop,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 1)
    shop.fulfill_order(order_id)

    shop.edit_line(order_id, _first_line(shop, order_id), 2)

    assert look(order_id)["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    statuses = [one.status for one in shop.order(order_id).fulfillment_orders]
    assert statuses == ["CLOSED", "OPEN"]


def test_a_deleted_variant_leaves_its_lines_without_a_link(
    shop: ShopifyShop,
    world: World,
    retro_clock: Variant,
    look: Callable[[str], dict[str, Any]],
) -> None:
    order_id = _buy(shop, retro_clock, 1)

    shop.delete_variant(retro_clock)

    (line,) = look(order_id)["lineItems"]["nodes"]
    assert (line["variant"], line["sku"]) == (None, "RETRO-CLOCK")
    assert world.buy("shopify", retro_clock.gid, 1, "Ada") is None
    shop.cancel_order(order_id)
    assert retro_clock.available == 9, "a counter that is gone is not touched"
    with pytest.raises(SoldOutError):
        shop.edit_line(order_id, line["id"], 2)


def test_an_order_or_line_that_is_not_there_is_a_mistake_of_the_test(
    shop: ShopifyShop,
) -> None:
    for find in (shop.order, shop.line):
        with pytest.raises(KeyError):
            find(gid("Order", 1))


def test_amounts_round_halves_away_from_zero_and_share_exactly() -> None:
    assert Amount(5, -5).share(1, 2) == Amount(3, -3)
    assert Amount(5, 5).share(1, 0) == Amount()
    assert Currencies("USD", "JPY", Decimal(150)).amount(999) == Amount(999, 1499)
    assert Currencies("USD", "JPY", Decimal(150)).from_presentment(1499) == Amount(
        999, 1499
    )


def test_money_texts_have_the_decimals_of_their_place() -> None:
    assert [decimal_text(n, "USD") for n in (0, 2000, 1999, -50, 100_000_000)] == [
        "0.0",
        "20.0",
        "19.99",
        "-0.5",
        "1000000.0",
    ]
    assert decimal_text(1234, "KWD") == "1.234"
    assert fixed_text(2000, "USD") == "20.00"
    assert fixed_text(500, "JPY") == "500"
    assert minor_units("20.5", "USD") == 2050
    for text in ("20.555", "twenty"):
        with pytest.raises(ValueError, match=text):
            minor_units(text, "USD")
