"""Webhooks of the simulated shop: when, to whom, signed how, and in whose shape."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.shopify import Checkout, Discount, ShopifyShop, ShopSettings
from crossdock.simulators.shopify.goods import Variant, gid
from crossdock.simulators.shopify.payloads import order_payload
from crossdock.simulators.world import World


@pytest.fixture
def order_id(shop: ShopifyShop, retro_clock: Variant) -> str:
    """A paid order of three RETRO-CLOCKs with a discount code."""
    return shop.sell(
        [BasketLine(retro_clock.gid, 3)],
        "Ada Lovelace",
        Checkout(discount=Discount("SAVE10", 10, code=True)),
    )


def _topics(heard: list[tuple[str, Any]]) -> list[str]:
    return [topic for topic, _ in heard]


def test_a_sale_is_announced_to_everyone_it_concerns(
    world: World, retro_clock: Variant, ears: Any
) -> None:
    ears.listen(
        "orders/create",
        "orders/paid",
        "orders/updated",
        "inventory_levels/update",
        "products/update",
    )

    world.buy("shopify", retro_clock.gid, 2, "Ada")

    assert _topics(ears.deliver()) == [
        "inventory_levels/update",
        "orders/create",
        "orders/paid",
        "orders/updated",
        "products/update",
    ]


def test_nobody_hears_what_they_did_not_subscribe_to(
    world: World, retro_clock: Variant, ears: Any
) -> None:
    ears.listen("orders/cancelled")

    world.buy("shopify", retro_clock.gid, 2, "Ada")

    assert ears.deliver() == []


def test_everything_that_happens_to_an_order_is_also_an_update(
    shop: ShopifyShop, order_id: str, ears: Any
) -> None:
    ears.listen(
        "orders/updated",
        "orders/edited",
        "orders/cancelled",
        "orders/fulfilled",
        "orders/partially_fulfilled",
        "refunds/create",
        "fulfillments/create",
    )
    line = shop.order(order_id).lines[0].gid

    shop.edit_line(order_id, line, 2)
    assert _topics(ears.deliver()) == [
        "refunds/create",
        "orders/edited",
        "orders/updated",
    ]
    shop.fulfill_order(order_id, quantities={line: 1})
    assert _topics(ears.deliver()) == [
        "fulfillments/create",
        "orders/partially_fulfilled",
        "orders/updated",
    ]
    shop.fulfill_order(order_id)
    assert "orders/fulfilled" in _topics(ears.deliver())
    shop.refund_order(order_id, {line: 1}, restock=True)
    assert _topics(ears.deliver()) == ["refunds/create", "orders/updated"]


def test_a_cancellation_and_staffs_quantities_are_announced(
    shop: ShopifyShop, order_id: str, retro_clock: Variant, ears: Any
) -> None:
    ears.listen("orders/cancelled", "inventory_levels/update", "products/delete")

    shop.cancel_order(order_id)
    shop.set_available(retro_clock, 4)
    shop.delete_variant(retro_clock)

    heard = ears.deliver()
    assert _topics(heard) == [
        "inventory_levels/update",
        "orders/cancelled",
        "inventory_levels/update",
        "products/delete",
    ]
    assert heard[2][1]["available"] == 4
    assert heard[3][1] == {"id": retro_clock.product.number}


def test_the_apps_own_writes_come_back_as_webhooks(
    shop: ShopifyShop, order_id: str, retro_clock: Variant, ears: Any, ask: Any
) -> None:
    ears.listen("inventory_levels/update", "orders/updated")
    (work,) = shop.order(order_id).fulfillment_orders
    (level,) = retro_clock.levels.values()

    ask(
        """mutation Write($item: ID!, $place: ID!, $work: ID!) {
          inventorySetQuantities(input: {name: "available", reason: "correction",
            quantities: [{inventoryItemId: $item, locationId: $place, quantity: 4,
                          changeFromQuantity: null}]
          }) @idempotent(key: "a") { userErrors { message } }
          fulfillmentCreate(fulfillment: {
            lineItemsByFulfillmentOrder: [{fulfillmentOrderId: $work}]
          }) { userErrors { message } }
        }""",
        item=retro_clock.item_gid,
        place=gid("Location", level.location.number),
        work=gid("FulfillmentOrder", work.number),
    )

    heard = ears.deliver()
    assert _topics(heard) == ["inventory_levels/update", "orders/updated"]
    assert heard[0][1]["available"] == 4
    assert heard[1][1]["fulfillment_status"] == "fulfilled"


def test_a_new_variant_is_an_update_of_its_product(
    shop: ShopifyShop, retro_clock: Variant, ears: Any
) -> None:
    ears.listen("products/update")

    shop.add_variant(retro_clock.product, "RETRO-CLOCK-XL", title="XL")

    ((_, payload),) = ears.deliver()
    assert [one["sku"] for one in payload["variants"]] == [
        "RETRO-CLOCK",
        "RETRO-CLOCK-XL",
    ]


def test_a_delivery_is_signed_over_its_raw_bytes(
    shop: ShopifyShop, world: World, retro_clock: Variant, ears: Any
) -> None:
    ears.listen("orders/create")
    world.buy("shopify", retro_clock.gid, 1, "Zoë")
    ears.deliver()

    (envelope,) = ears.heard
    secret = shop.settings.client_secret.encode()
    expected = base64.b64encode(
        hmac.new(secret, envelope.body, hashlib.sha256).digest()
    )
    assert envelope.headers["x-shopify-hmac-sha256"] == expected.decode()
    assert envelope.headers["x-shopify-shop-domain"] == "simulated.myshopify.com"
    assert envelope.headers["x-shopify-api-version"] == "2026-07"
    assert envelope.url == "https://hub.example/ORDERS_CREATE"


def test_deliveries_of_one_event_share_its_id_and_not_their_own(
    world: World, retro_clock: Variant, ears: Any
) -> None:
    ears.listen("orders/create", "orders/updated")
    world.buy("shopify", retro_clock.gid, 1, "Ada")
    world.buy("shopify", retro_clock.gid, 1, "Bob")
    ears.deliver()

    events = [one.headers["x-shopify-event-id"] for one in ears.heard]
    deliveries = {one.headers["x-shopify-webhook-id"] for one in ears.heard}
    assert events[0] == events[1] != events[2] == events[3]
    assert len(deliveries) == 4


def test_a_subscription_gets_the_fields_that_it_asked_for_and_no_others(
    shop: ShopifyShop, ears: Any, retro_clock: Variant
) -> None:
    paths = [
        "id",
        "line_items.sku",
        "customer.email",
        "customer.id",
        "no.such",
        "note.x",
    ]
    shop.announcer.subscribe(
        "ORDERS_CREATE",
        "https://hub.example/some",
        data_format="JSON",
        name=None,
        include_fields=paths,
    )
    order_id = shop.sell([BasketLine(retro_clock.gid, 1)], "Ada Lovelace")
    order = shop.order(order_id)

    ((_, payload),) = ears.deliver()

    assert payload == {
        "id": order.number,
        "line_items": [{"sku": "RETRO-CLOCK"}],
        "customer": {"email": "ada@shopper.example", "id": order.customer_number},
    }


def test_a_failed_delivery_is_repeated_byte_for_byte_eight_times_in_four_hours(
    shop: ShopifyShop,
    world: World,
    clock: VirtualClock,
    retro_clock: Variant,
    ears: Any,
) -> None:
    ears.listen("orders/create")
    ears.status = 500
    world.buy("shopify", retro_clock.gid, 1, "Ada")
    start = clock.now()

    while (due := shop.deliverer.next_due()) is not None:
        clock.advance(max(0.0, (due - clock.now()).total_seconds()))
        ears.deliver()

    assert len(ears.heard) == 9
    assert len({one.body for one in ears.heard}) == 1
    assert len({one.headers["x-shopify-webhook-id"] for one in ears.heard}) == 1
    assert (clock.now() - start).total_seconds() == 4 * 3600
    assert shop.announcer.subscriptions == {}, "the last failure ends it"


def test_a_subscription_survives_failures_that_a_retry_makes_good(
    shop: ShopifyShop,
    world: World,
    clock: VirtualClock,
    retro_clock: Variant,
    ears: Any,
) -> None:
    ears.listen("orders/create")
    ears.status = 503
    world.buy("shopify", retro_clock.gid, 1, "Ada")
    ears.deliver()
    ears.status = 200
    clock.advance(60)

    assert _topics(ears.deliver()) == ["orders/create"]
    assert len(shop.announcer.subscriptions) == 1
    assert shop.deliverer.waiting_count == 0


def test_the_body_is_the_order_as_it_was_at_the_event(
    shop: ShopifyShop, world: World, retro_clock: Variant, ears: Any
) -> None:
    ears.listen("orders/create")
    order_id = world.buy("shopify", retro_clock.gid, 1, "Ada") or ""
    shop.cancel_order(order_id)

    ((_, payload),) = ears.deliver()

    assert payload["cancelled_at"] is None
    assert payload["admin_graphql_api_id"] == order_id


def test_an_uninstalled_app_hears_of_it_and_nothing_more(
    shop: ShopifyShop, world: World, retro_clock: Variant, ears: Any, post: Any
) -> None:
    ears.listen("app/uninstalled", "orders/create")

    shop.uninstall_app()
    world.buy("shopify", retro_clock.gid, 1, "Ada")

    ((topic, payload),) = ears.deliver()
    assert (topic, payload["domain"]) == ("app/uninstalled", "simulated.myshopify.com")
    assert post("{ shop { name } }").status == 401


def test_bodies_have_the_shops_times_and_fixed_decimals(
    shop: ShopifyShop, order_id: str
) -> None:
    payload = order_payload(shop.order(order_id), shop.settings)

    assert payload["created_at"] == "2026-11-02T04:00:00-05:00"
    assert payload["total_price"] == "62.54"
    assert payload["total_discounts"] == "6.00"
    assert payload["discount_codes"] == [
        {"code": "SAVE10", "amount": "6.00", "type": "percentage"}
    ]
    lines = sum(
        Decimal(line["price"]) * line["quantity"] for line in payload["line_items"]
    )
    shipping = sum(Decimal(line["price"]) for line in payload["shipping_lines"])
    tax = Decimal(payload["total_tax"])
    assert lines - 6 + shipping + tax == Decimal(payload["total_price"])


def test_a_payload_without_tax_discount_or_shipment_has_empty_lists(
    world: World,
) -> None:
    plain = ShopifyShop("plain", world=world, settings=ShopSettings(tax=None))
    lamp = plain.add_variant(plain.add_product("Lamp"), "GLOW-LAMP")
    order_id = plain.sell([BasketLine(lamp.gid, 1)], "Ada")

    payload = order_payload(plain.order(order_id), plain.settings)

    for key in ("tax_lines", "discount_codes", "discount_applications", "fulfillments"):
        assert payload[key] == [], key


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {
        dict: "object",
        list: "array",
        str: "string",
        int: "integer",
        float: "number",
        type(None): "null",
    }[type(value)]


def _strange(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    """Say which of our keys and types the vendor's example does not have.

    An empty list or a null in the example says nothing about what may stand there.
    """
    if theirs is None or ours is None or theirs == []:
        return
    if _json_type(ours) != _json_type(theirs):
        yield f"{path} is {_json_type(theirs)}, not {_json_type(ours)}"
    elif isinstance(ours, dict):
        for key, value in ours.items():
            if key not in theirs:
                yield f"{path}.{key} does not exist"
            else:
                yield from _strange(f"{path}.{key}", value, theirs[key])
    elif isinstance(ours, list):
        for value in ours:
            yield from _strange(f"{path}[]", value, theirs[0])


def _strange_to(path: str, ours: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Say which of our keys and types the vendor's inferred schema does not have.

    The schemas were inferred from one example each, so a null that the example happened
    not to have is no contradiction, and neither is a fraction where it had a whole
    number, or the other way round.
    """
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    kind = _json_type(ours)
    if ours is None or not kinds or kinds == ["null"]:
        return
    numeric = {"integer", "number"}
    if kind not in kinds and not (kind in numeric and numeric & set(kinds)):
        yield f"{path} is {kinds}, not {kind}"
    elif isinstance(ours, dict):
        for key, value in ours.items():
            known = schema.get("properties", {})
            if key not in known:
                yield f"{path}.{key} does not exist"
            else:
                yield from _strange_to(f"{path}.{key}", value, known[key])
    elif isinstance(ours, list) and isinstance(schema.get("items"), dict):
        for value in ours:
            yield from _strange_to(f"{path}[]", value, schema["items"])


@pytest.fixture
def eventful(shop: ShopifyShop, order_id: str, retro_clock: Variant, ears: Any) -> Any:
    """Everything that was heard while an order was edited, shipped and refunded."""
    ears.listen(
        "orders/create",
        "orders/updated",
        "orders/edited",
        "orders/cancelled",
        "orders/paid",
        "orders/fulfilled",
        "orders/partially_fulfilled",
        "refunds/create",
        "fulfillments/create",
        "products/update",
        "inventory_levels/update",
        "app/uninstalled",
    )
    line = shop.order(order_id).lines[0].gid
    cancelled = shop.sell([BasketLine(retro_clock.gid, 1)], "Bob")
    shop.cancel_order(cancelled)
    shop.edit_line(order_id, line, 2)
    shop.edit_line(order_id, line, 4)
    shop.fulfill_order(
        order_id, tracking_number="1Z1", company="UPS", quantities={line: 1}
    )
    shop.fulfill_order(order_id)
    shop.refund_order(order_id, {line: 1}, restock=True)
    shop.uninstall_app()
    return ears.deliver()


def test_orders_look_like_the_vendors_samples(eventful: Any, specs: Path) -> None:
    folder = specs / "shopify/webhooks-2026-07/samples"
    compared = 0
    for topic, payload in eventful:
        sample = folder / f"{topic.partition('/')[2]}.json"
        if not topic.startswith("orders/") or not sample.exists():
            continue
        example = json.loads(sample.read_text("utf-8"))["response"]
        assert list(_strange(topic, payload, example)) == []
        compared += 1
    assert compared >= 6


def test_stock_levels_look_like_the_vendors_sample(eventful: Any, specs: Path) -> None:
    folder = specs / "shopify/webhooks-2026-07/samples"
    text = (folder / "inventory_levels_update.json").read_text("utf-8")
    example = json.loads(text)["response"]

    levels = [body for topic, body in eventful if topic == "inventory_levels/update"]

    assert levels
    for body in levels:
        assert list(_strange("level", body, example)) == []


def test_every_topic_looks_like_the_schema_inferred_from_its_example(
    eventful: Any, specs: Path
) -> None:
    folder = specs / "shopify/webhooks-2026-07/schemas"
    topics = set()
    for topic, payload in eventful:
        schema = json.loads((folder / f"{topic}.json").read_text("utf-8"))
        assert list(_strange_to(topic, payload, schema)) == []
        topics.add(topic)
    assert len(topics) == 12


def test_a_payload_that_is_not_like_the_sample_would_be_found() -> None:
    example = {"id": 1, "lines": [{"sku": "x"}], "note": None}

    assert list(_strange("", {"id": "1"}, example)) == [".id is integer, not string"]
    assert list(_strange("", {"lines": [{"sku": "y", "z": 1}]}, example)) == [
        ".lines[].z does not exist"
    ]
    assert list(_strange_to("", {"a": 1}, {"type": "object", "properties": {}})) == [
        ".a does not exist"
    ]
