"""The simulated Etsy shop behaves as Etsy is known to, and keeps its own books."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.etsy import EtsyShop, NewItem, ShopSettings
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.wire import Request, Response
from crossdock.simulators.world import World

SIZES = ((513, "Size", 7001, "S"), (513, "Size", 7002, "M"))
APPLICATION = "/v3/application"


class Caller:
    """Somebody who talks to the shop over its API, with a good token."""

    def __init__(self, shop: EtsyShop) -> None:
        self.shop = shop
        self.pair = f"{shop.settings.keystring}:{shop.settings.shared_secret}"
        self.renew(shop.settings.refresh_token)

    def renew(self, refresh_token: str) -> Response:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.shop.settings.keystring,
            "refresh_token": refresh_token,
        }
        response = self.shop.handle(
            Request("POST", "/v3/public/oauth/token", body=urlencode(form).encode())
        )
        if response.status == 200:
            self.token = response.json()["access_token"]
        return response

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        form: dict[str, str] | None = None,
    ) -> Response:
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        content = urlencode(form) if form else "" if body is None else json.dumps(body)
        headers = {
            "x-api-key": self.pair,
            "authorization": f"Bearer {self.token}",
            "content-type": kind,
        }
        return self.shop.handle(
            Request(
                method,
                APPLICATION + path,
                tuple((query or {}).items()),
                headers,
                content.encode(),
            )
        )

    def inventory(self, key: str) -> str:
        return f"/listings/{key.partition(':')[0]}/inventory"


Open = Callable[..., Caller]


@pytest.fixture
def open_shop() -> Open:
    def build(**facts: Any) -> Caller:
        facts.setdefault("tax_rate", Decimal(0))
        settings = ShopSettings(**facts)
        world = World(VirtualClock(), seed=1)
        return Caller(EtsyShop("etsy", world=world, settings=settings))

    return build


@pytest.fixture
def caller(open_shop: Open) -> Caller:
    return open_shop()


def offer(caller: Caller, quantity: int = 5) -> list[str]:
    variations = [
        NewItem(
            sku=f"TEE-{size[3]}",
            title="Tee",
            price=Decimal(12),
            quantity=quantity,
            values=(size,),
        )
        for size in SIZES
    ]
    caller.shop.world.receive("TEE-S", quantity)
    caller.shop.world.receive("TEE-M", quantity)
    return caller.shop.add_listing(variations, [{"TEE-S": 1}, {"TEE-M": 1}])


def write_out(quantities: list[int], sizes: tuple[Any, ...] = SIZES) -> Any:
    return {
        "products": [
            {
                "sku": f"TEE-{size[3]}",
                "property_values": [
                    {
                        "property_id": size[0],
                        "property_name": size[1],
                        "value_ids": [size[2]],
                        "values": [size[3]],
                    }
                ],
                "offerings": [
                    {
                        "price": 12.0,
                        "quantity": quantity,
                        "is_enabled": True,
                        "readiness_state_id": 1,
                    }
                ],
            }
            for size, quantity in zip(sizes, quantities, strict=True)
        ],
        "price_on_property": [513],
        "quantity_on_property": [513],
        "sku_on_property": [513],
    }


def test_a_variation_that_an_update_leaves_out_is_gone(caller: Caller) -> None:
    small, medium = offer(caller)
    body = write_out([3], SIZES[:1])
    assert caller.ask("PUT", caller.inventory(small), body=body).status == 200
    assert [one.key for one in caller.shop.listing(medium).products] == [small]


def test_an_update_gives_every_product_a_new_id(caller: Caller) -> None:
    key = offer(caller)[0]
    before = caller.ask("GET", caller.inventory(key)).json()["products"]
    after = caller.ask("PUT", caller.inventory(key), body=write_out([5, 5])).json()[
        "products"
    ]
    assert not {one["product_id"] for one in before} & {
        one["product_id"] for one in after
    }


def test_what_etsy_told_is_not_taken_back_as_it_is(caller: Caller) -> None:
    key = offer(caller)[0]
    told = caller.ask("GET", caller.inventory(key)).json()
    refused = caller.ask("PUT", caller.inventory(key), body=told)
    assert refused.status == 400
    assert "product_id" in refused.json()["error"]


@pytest.mark.parametrize(
    ("quantities", "reason"),
    [([0, 0], "greater than 0"), ([1000, 1], "greater than 999")],
)
def test_neither_nothing_nor_too_much_is_taken(
    caller: Caller, quantities: list[int], reason: str
) -> None:
    key = offer(caller)[0]
    body = write_out(quantities)
    refused = caller.ask("PUT", caller.inventory(key), body=body)
    assert (refused.status, reason in refused.json()["error"]) == (400, True)
    assert caller.shop.shown(key) == 5


def test_quantities_differ_only_by_properties_that_are_named(caller: Caller) -> None:
    key = offer(caller)[0]
    body = {**write_out([3, 4]), "quantity_on_property": []}
    assert caller.ask("PUT", caller.inventory(key), body=body).status == 400


def test_renewing_a_sold_out_listing_sets_its_quantity_to_one(caller: Caller) -> None:
    small, medium = offer(caller)
    for key in (small, medium):
        caller.shop.sell([BasketLine(key, 5)], "Ada")
    listing = caller.shop.listing(small)
    assert listing.state == "sold_out"
    path = f"/shops/{caller.shop.settings.shop_id}/listings/{listing.listing_id}"
    caller.ask("PATCH", path, form={"state": "active"})
    assert (caller.shop.shown(small), listing.renewals) == (1, 1)


def test_a_refund_does_not_move_the_moment_of_the_last_change(caller: Caller) -> None:
    order_id = caller.shop.sell([BasketLine(offer(caller)[0], 2)], "Ada")
    path = f"/shops/{caller.shop.settings.shop_id}/receipts/{order_id}"
    before = caller.ask("GET", path).json()
    caller.shop.clock.pause(60)
    caller.shop.refund_order(order_id, None, restock=True)
    after = caller.ask("GET", path).json()
    assert after["updated_timestamp"] == before["updated_timestamp"]
    assert (before["status"], after["status"]) == ("paid", "fully refunded")


def test_every_tracking_that_is_told_mails_the_buyer(caller: Caller) -> None:
    order_id = caller.shop.sell([BasketLine(offer(caller)[0], 1)], "Ada")
    path = f"/shops/{caller.shop.settings.shop_id}/receipts/{order_id}/tracking"
    body = {"tracking_code": "1", "carrier_name": "usps"}
    for _ in range(2):
        assert caller.ask("POST", path, body=body).status == 200
    assert caller.shop.receipt(order_id).mails == 2
    (sold,) = caller.shop.world.orders("etsy")
    assert [line.shipped for line in sold.lines.values()] == [1]


def test_a_cancellation_gives_nothing_back_to_the_counter(caller: Caller) -> None:
    key = offer(caller)[0]
    order_id = caller.shop.sell([BasketLine(key, 2)], "Ada")
    caller.shop.cancel_order(order_id)
    assert caller.shop.shown(key) == 3
    assert caller.shop.world.sold_units("TEE-S") == 0
    with pytest.raises(ValueError, match="cannot be cancelled"):
        caller.shop.cancel_order(order_id)


def test_nobody_buys_more_than_is_shown(caller: Caller) -> None:
    key = offer(caller)[0]
    with pytest.raises(SoldOutError):
        caller.shop.sell([BasketLine(key, 6)], "Ada")
    caller.shop.set_state(key, "inactive")
    with pytest.raises(SoldOutError):
        caller.shop.sell([BasketLine(key, 1)], "Ada")
    assert caller.shop.world.sold_units() == 0


def test_a_bare_keystring_is_not_enough(caller: Caller) -> None:
    caller.pair = caller.shop.settings.keystring
    assert caller.ask("GET", "/users/me").status == 403


@pytest.mark.parametrize(("strictly", "status"), [(True, 400), (False, 200)])
def test_an_old_refresh_token_goes_on_working_unless_tokens_rotate_strictly(
    open_shop: Open, strictly: bool, status: int
) -> None:
    caller = open_shop(rotates_strictly=strictly)
    assert caller.renew(caller.shop.settings.refresh_token).status == status


def test_every_answer_tells_the_limits_and_the_last_request_of_a_day_is_the_last(
    open_shop: Open,
) -> None:
    caller = open_shop(requests_per_day=3)
    left = [
        caller.ask("GET", "/users/me").headers.get("x-remaining-today")
        for _ in range(3)
    ]
    assert left == ["1", "0", None]
    assert caller.ask("GET", "/users/me").headers["retry-after"] == "3600"


def test_a_delivery_is_flat_signed_and_names_the_receipt(open_shop: Open) -> None:
    caller = open_shop(webhook_url="https://hub.example/hook")
    order_id = caller.shop.sell([BasketLine(offer(caller)[0], 1)], "Ada")
    sent: list[Envelope] = []

    def take(envelope: Envelope) -> int:
        sent.append(envelope)
        return 200

    caller.shop.deliverer.deliver_due(take)
    (envelope,) = sent
    body = json.loads(envelope.body)
    assert set(body) == {"event_type", "resource_url", "shop_id"}
    assert body["resource_url"].endswith(f"/receipts/{order_id}")
    assert envelope.headers["webhook-signature"].startswith("v1,")
