"""A shop with every fault: the same seed makes the same run, byte for byte."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import httpx
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import FAULTS, Fault
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World

HOOK = {"topic": "order.created", "delivery_url": "http://hub.example/", "secret": "s"}


def run(
    seed: int, mailbox: Any, steps: int = 150
) -> tuple[str, World, WooCommerceShop]:
    """Trade for a while under all faults; return a digest of all that went out."""
    clock = VirtualClock()
    world = World(clock, seed=seed)
    shop = WooCommerceShop("woo", world=world, seed=seed, faults=FAULTS["all"])
    new = NewProduct(name="Clock", sku="CLOCK", price=Decimal(3), stock=400)
    listing = shop.add_product(new)
    client = httpx.Client(
        transport=shop.wire(),
        base_url="https://woo.example/wp-json/wc/v3",
        auth=("ck_simulated", "cs_simulated"),
    )
    seen = hashlib.sha256()
    for _ in range(steps):
        clock.advance(world.randomness.uniform(0.1, 9.0))
        order_id = world.buy("woo", listing, world.randomness.randint(1, 3), "Ada B")
        requests = [
            ("GET", "/orders", None),
            ("PUT", f"/products/{listing}", {"stock_quantity": 300}),
            ("PUT", f"/orders/{order_id}", {"status": "completed"}),
            ("POST", "/webhooks", HOOK),
        ]
        method, path, content = world.randomness.choice(requests)
        try:
            seen.update(client.request(method, path, json=content).content)
        except httpx.ReadError:
            seen.update(b"dropped")
        shop.deliverer.deliver_due(mailbox)
    for envelope in mailbox.envelopes:
        seen.update(envelope.body)
    return seen.hexdigest(), world, shop


def test_the_same_seed_makes_the_same_run_and_another_seed_another(
    mailbox: Any,
) -> None:
    def digest(seed: int) -> str:
        mailbox.envelopes.clear()
        return run(seed, mailbox)[0]

    assert digest(1) == digest(1) != digest(2)


def test_a_run_with_all_faults_has_really_had_them(mailbox: Any) -> None:
    _, world, shop = run(3, mailbox, steps=600)
    struck = {fault for fault, count in shop.faults.struck.items() if count}
    assert struck == set(Fault)
    assert sum(line.sold for one in world.orders() for line in one.lines.values()) > 0


def test_the_shops_counter_and_the_worlds_books_agree_when_nothing_writes(
    mailbox: Any,
) -> None:
    world = World(VirtualClock(), seed=4)
    shop = WooCommerceShop("woo", world=world)
    new = NewProduct(name="Clock", sku="CLOCK", price=Decimal(3), stock=200)
    listing = shop.add_product(new)
    world.receive("CLOCK", 200)
    for _ in range(200):
        order_id = world.buy("woo", listing, world.randomness.randint(1, 4), "Ada B")
        orders = world.orders()
        line_id = next(iter(orders[-1].lines))
        act = world.randomness.randrange(5)
        if order_id is None:
            world.cancel("woo", orders[0].order_id)
        elif act == 0:
            world.cancel("woo", order_id)
        elif act == 1:
            world.edit("woo", order_id, line_id, world.randomness.randint(0, 4))
        elif act == 2:
            world.refund("woo", order_id, {line_id: 1}, restock=True)
        assert shop.product(listing).stock == 200 - world.sold_units("CLOCK") >= 0
        assert world.oversold_units() == 0
