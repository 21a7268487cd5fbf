"""How the simulated shop lists and finds orders and products."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from crossdock.simulators.books import BasketLine
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Fault
from crossdock.simulators.shopify import (
    ALL_SCOPES,
    Buyer,
    Checkout,
    ShopifyShop,
    seeding,
)
from crossdock.simulators.shopify.goods import Variant, gid
from crossdock.simulators.wire import Response
from crossdock.simulators.world import World

Ask = Callable[..., dict[str, Any]]
Post = Callable[..., Response]
OpenShop = Callable[..., ShopifyShop]

LIST = """
query Orders(
  $query: String, $first: Int, $after: String, $last: Int, $before: String,
  $sort: OrderSortKeys, $reverse: Boolean
) {
  orders(
    query: $query, first: $first, after: $after, last: $last, before: $before,
    sortKey: $sort, reverse: $reverse
  ) {
    edges { cursor }
    nodes { id name updatedAt }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


@pytest.fixture
def five_orders(
    shop: ShopifyShop, world: World, clock: VirtualClock, retro_clock: Variant
) -> list[str]:
    """Five orders, a minute apart, oldest first; the oldest was changed last."""
    placed = []
    for number in range(5):
        order_id = world.buy("shopify", retro_clock.gid, 1, f"Buyer {number}")
        assert order_id is not None
        placed.append(order_id)
        clock.advance(60)
    shop.hold_order(placed[0])
    return placed


def _ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["orders"]["nodes"]]


def test_orders_come_by_when_they_were_placed_unless_asked_otherwise(
    five_orders: list[str], ask: Ask
) -> None:
    changed_last, *others = five_orders

    assert _ids(ask(LIST, first=10)) == five_orders
    by_change = _ids(ask(LIST, first=10, sort="UPDATED_AT"))
    assert by_change == [*others, changed_last]


def test_reverse_turns_the_order_around(five_orders: list[str], ask: Ask) -> None:
    assert _ids(ask(LIST, first=2, reverse=True)) == [five_orders[4], five_orders[3]]


def test_pages_follow_one_another_without_gap_or_overlap(
    five_orders: list[str], ask: Ask
) -> None:
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = ask(LIST, first=2, after=after)
        seen += _ids(page)
        after = page["orders"]["pageInfo"]["endCursor"]

    assert seen == five_orders
    assert page["orders"]["pageInfo"]["hasNextPage"] is False
    assert page["orders"]["pageInfo"]["hasPreviousPage"] is True


def test_pages_can_be_read_backwards_and_in_reverse(
    five_orders: list[str], ask: Ask
) -> None:
    last = ask(LIST, last=2)
    start = last["orders"]["pageInfo"]["startCursor"]
    first = ask(LIST, first=2, reverse=True)
    end = first["orders"]["pageInfo"]["endCursor"]

    assert _ids(last) == five_orders[3:]
    assert last["orders"]["pageInfo"]["hasPreviousPage"] is True
    assert _ids(ask(LIST, last=2, before=start)) == five_orders[1:3]
    following = _ids(ask(LIST, first=2, reverse=True, after=end))
    assert following == [five_orders[2], five_orders[1]]


def test_a_cursor_names_the_last_row_and_its_sort_value(
    five_orders: list[str], ask: Ask
) -> None:
    page = ask(LIST, first=1)["orders"]

    named = json.loads(base64.b64decode(page["pageInfo"]["endCursor"]))
    assert f"gid://shopify/Order/{named['last_id']}" == five_orders[0]
    assert page["edges"][0]["cursor"] == page["pageInfo"]["endCursor"]


def test_an_order_changed_during_a_scan_moves_to_its_end(
    shop: ShopifyShop,
    clock: VirtualClock,
    five_orders: list[str],
    ask: Ask,
) -> None:
    first = ask(LIST, first=2, sort="UPDATED_AT")
    clock.advance(60)
    shop.hold_order(five_orders[3], held=True)
    cursor = first["orders"]["pageInfo"]["endCursor"]

    rest = _ids(ask(LIST, first=10, after=cursor, sort="UPDATED_AT"))

    assert rest == [five_orders[4], five_orders[0], five_orders[3]]


def test_orders_are_searched_by_change_and_id(five_orders: list[str], ask: Ask) -> None:
    def find(query: str) -> list[str]:
        return _ids(ask(LIST, first=10, query=query))

    number = five_orders[2].rpartition("/")[2]
    assert find("updated_at:>='2026-11-02T09:05:00Z'") == [five_orders[0]]
    assert find("updated_at:>2026-11-02T09:05:00Z") == []
    window = "updated_at:>=2026-11-02T09:02:00Z AND updated_at:<=2026-11-02T09:03:00Z"
    assert find(window) == five_orders[2:4]
    assert find(f"id:{number}") == [five_orders[2]]
    assert find(f"id:>={number}") == five_orders[2:]
    assert find(f"id:{number} OR name:#1001") == [five_orders[0], five_orders[2]]
    assert find("fulfillment_status:on_hold") == [five_orders[0]]
    assert find("created_at:<'2026-11-02T09:00:30'") == [five_orders[0]]


def test_a_filter_that_shopify_does_not_know_is_ignored_with_a_warning(
    five_orders: list[str], post: Post
) -> None:
    content = post(
        LIST, first=10, query="update_at:>='2030-01-01' id:abc created_at:>soon"
    ).json()

    assert _ids(content["data"]) == five_orders
    warnings = content["extensions"]["search"][0]["warnings"]
    assert [one["code"] for one in warnings] == [
        "invalid_field",
        "invalid_value",
        "invalid_value",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "you must provide one of first or last"),
        ({"first": 1, "last": 1}, "providing both first and last is not supported"),
        ({"first": 251}, "first cannot exceed 250"),
        ({"first": -1}, "first must be non-negative"),
        ({"first": 1, "after": "nonsense"}, "Invalid cursor"),
        ({"first": 1, "after": base64.b64encode(b"{}").decode()}, "Invalid cursor"),
    ],
)
def test_a_page_must_be_asked_for_as_shopify_wants_it(
    post: Post, arguments: dict[str, Any], message: str
) -> None:
    (error,) = post(LIST, **arguments).json()["errors"]

    assert error["message"].startswith(message)
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_orders_older_than_sixty_days_need_a_scope_of_their_own(
    open_shop: OpenShop, world: World, clock: VirtualClock
) -> None:
    for scopes, expected in ((ALL_SCOPES, 2), (("read_orders", "read_products"), 1)):
        shop = open_shop(scopes=scopes)
        variant = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP")
        old = world.buy("shopify", variant.gid, 1, "Early Bird")
        clock.advance(61 * 86_400)
        world.buy("shopify", variant.gid, 1, "Late Bird")

        token = shop.settings.access_token
        found = _post(shop, token, "{ orders(first: 9) { nodes { id } } }")
        single = _post(
            shop, token, "query A($id: ID!) { order(id: $id) { id } }", id=old
        )

        assert len(found["orders"]["nodes"]) == expected
        assert (single["order"] is not None) == (expected == 2)


def _post(shop: ShopifyShop, token: str, document: str, **variables: Any) -> Any:
    with httpx.Client(transport=shop.wire(), base_url="http://shop.test") as client:
        answer = client.post(
            "/admin/api/2026-07/graphql.json",
            json={"query": document, "variables": variables},
            headers={"X-Shopify-Access-Token": token},
        )
    return answer.json()["data"]


def test_a_list_may_leave_out_fresh_orders_while_a_single_order_shows(
    shop: ShopifyShop, world: World, retro_clock: Variant, ask: Ask, clock: VirtualClock
) -> None:
    order_id = world.buy("shopify", retro_clock.gid, 1, "Ada")
    shop.faults.arm_once(Fault.VISIBILITY_LAG)

    assert _ids(ask(LIST, first=10)) == []
    one = ask("query A($id: ID!) { node(id: $id) { id } }", id=order_id)
    assert one["node"] == {"id": order_id}
    shop.faults.arm_once(Fault.VISIBILITY_LAG)
    clock.advance(3)
    assert _ids(ask(LIST, first=10)) == [order_id]


def test_nodes_answers_null_for_what_is_gone_and_keeps_the_places(
    shop: ShopifyShop, world: World, retro_clock: Variant, ask: Ask
) -> None:
    order_id = world.buy("shopify", retro_clock.gid, 1, "Ada")
    shop.delete_variant(retro_clock)
    nodes = ask(
        "query N($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }",
        ids=[retro_clock.gid, order_id, retro_clock.item_gid],
    )["nodes"]

    assert nodes == [None, {"id": order_id, "__typename": "Order"}, None]
    gone = ask(
        "query P($id: ID!) { product(id: $id) { id } }", id=retro_clock.product.gid
    )
    assert gone == {"product": None}


def test_an_id_that_is_none_and_too_many_ids_are_refused(post: Post) -> None:
    document = "query N($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    bad = post(document, ids=["12"]).json()["errors"][0]
    many = post(document, ids=["gid://shopify/Order/1"] * 251).json()["errors"][0]

    assert bad["message"] == "Invalid global id '12'"
    assert "maximum allowed of 250" in many["message"]


def test_a_level_is_found_by_its_compound_id(retro_clock: Variant, ask: Ask) -> None:
    (level,) = retro_clock.levels.values()
    document = """query L($id: ID!) {
      inventoryLevel(id: $id) {
        id quantities(names: ["available", "nonsense"]) { quantity }
      }
    }"""

    found = ask(document, id=level.gid)["inventoryLevel"]

    assert found == {"id": level.gid, "quantities": [{"quantity": 10}]}
    for wrong in ("gid://shopify/InventoryLevel/1", level.gid + "9"):
        assert ask(document, id=wrong)["inventoryLevel"] is None


def test_lines_beyond_the_first_page_of_an_order_can_be_fetched(
    shop: ShopifyShop, ask: Ask
) -> None:
    (order_id,) = shop.seed_orders(1, 7)
    document = """query O($id: ID!, $after: String) {
      order(id: $id) { lineItems(first: 3, after: $after) {
        nodes { sku } pageInfo { hasNextPage endCursor }
      } }
    }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        lines = ask(document, id=order_id, after=after)["order"]["lineItems"]
        seen += [one["sku"] for one in lines["nodes"]]
        more, after = lines["pageInfo"]["hasNextPage"], lines["pageInfo"]["endCursor"]

    assert seen == [f"SEED-{number}" for number in range(7)]


def test_products_variants_items_and_places_are_listed(
    shop: ShopifyShop, retro_clock: Variant, ask: Ask
) -> None:
    found = ask("""{
      products(first: 5, query: "status:active") { nodes {
        variants(first: 5) { nodes { sku } }
      } }
      productVariants(first: 5, query: "sku:RETRO-CLOCK") { nodes { id barcode price } }
      inventoryItems(first: 5, query: "sku:retro-clock") { nodes { id tracked } }
      locations(first: 5) { nodes { name isActive } }
      location { name }
      ordersCount { count precision }
    }""")

    assert found["products"]["nodes"][0]["variants"]["nodes"] == [
        {"sku": "RETRO-CLOCK"}
    ]
    assert found["productVariants"]["nodes"] == [
        {"id": retro_clock.gid, "barcode": "4006381333931", "price": "20.00"}
    ]
    assert found["inventoryItems"]["nodes"] == [
        {"id": retro_clock.item_gid, "tracked": True}
    ]
    assert found["locations"]["nodes"] == [{"name": "Shop location", "isActive": True}]
    assert found["location"] == {"name": "Shop location"}
    place = gid("Location", shop.books.active_locations[0].number)
    by_id = ask(
        """query L($place: ID!, $stocked: ID!) {
          location(id: $place) { name } node(id: $stocked) { id __typename }
        }""",
        place=place,
        stocked=retro_clock.item_gid,
    )
    assert by_id["location"] == {"name": "Shop location"}
    assert by_id["node"] == {"id": retro_clock.item_gid, "__typename": "InventoryItem"}
    assert found["ordersCount"] == {"count": 0, "precision": "EXACT"}


def test_the_shop_tells_its_name_currency_and_time_zone(ask: Ask) -> None:
    shop = ask("{ shop { name currencyCode ianaTimezone timezoneOffsetMinutes } }")

    assert shop["shop"] == {
        "name": "Simulated Shop",
        "currencyCode": "USD",
        "ianaTimezone": "America/New_York",
        "timezoneOffsetMinutes": -300,
    }


def test_an_order_tells_who_bought_and_where_to_send(
    shop: ShopifyShop, retro_clock: Variant, ask: Ask
) -> None:
    buyer = Buyer(
        name="Zoë 🦊 Müller", city="Köln", country="Germany", country_code="DE"
    )
    order_id = shop.sell(
        [BasketLine(retro_clock.gid, 1)], "", Checkout(buyer=buyer, note="Leave it")
    )

    order = ask(
        """query O($id: ID!) { order(id: $id) {
          note test customer { displayName }
          shippingAddress { firstName lastName city countryCodeV2 }
        } }""",
        id=order_id,
    )["order"]

    assert order == {
        "note": "Leave it",
        "test": False,
        "customer": {"displayName": "Zoë 🦊 Müller"},
        "shippingAddress": {
            "firstName": "Zoë",
            "lastName": "🦊 Müller",
            "city": "Köln",
            "countryCodeV2": "DE",
        },
    }


def test_the_memory_of_pages_is_bounded(
    shop: ShopifyShop, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_PAGES_KEPT", 2)
    shop.seed_orders(3, 1)
    body = b'{"query": "{ shop { name } }"}'

    for number in range(4):
        shop.pages.keep(body + b" " * number, b"{}", 1)

    assert shop.pages.find(body) is None
    assert shop.pages.find(body + b"   ") == (b"{}", 1)


def test_seeded_orders_are_answered_from_memory_until_something_changes(
    shop: ShopifyShop, ask: Ask
) -> None:
    placed = shop.seed_orders(30, 2)

    first = ask(LIST, first=250)
    assert ask(LIST, first=250) == first
    assert _ids(first) == placed
    shop.hold_order(placed[0])
    changed = ask(LIST, first=250)
    assert (
        changed["orders"]["nodes"][0]["updatedAt"]
        > first["orders"]["nodes"][0]["updatedAt"]
    )
