"""The door of the simulated shop: paths, tokens, scopes, cost, throttle and faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from crossdock.simulators.clock import VirtualClock, WallClock
from crossdock.simulators.faults import Fault
from crossdock.simulators.serve import Server
from crossdock.simulators.shopify import ShopifyShop
from crossdock.simulators.shopify.goods import Variant
from crossdock.simulators.shopify.tokens import Grant
from crossdock.simulators.wire import Request, Response
from crossdock.simulators.world import World

Ask = Callable[..., dict[str, Any]]
Post = Callable[..., Response]
OpenShop = Callable[..., ShopifyShop]

NAME = "{ shop { name } }"
PATH = "/admin/api/2026-07/graphql.json"


@pytest.mark.parametrize(
    "path",
    [
        "/admin/api/2020-01/graphql.json",
        "/admin/api/2026-07/orders.json",
        "/graphql.json",
        "/",
    ],
)
def test_another_version_or_path_is_not_found(post: Post, path: str) -> None:
    answer = post(NAME, path=path)

    assert answer.status == 404
    assert answer.json() == {"errors": "Not Found"}


def test_only_post_is_served(shop: ShopifyShop) -> None:
    assert shop.handle(Request("GET", PATH)).status == 404


@pytest.mark.parametrize("token", ["wrong", "shpua_0_1"])
def test_a_wrong_token_is_unauthorized(post: Post, token: str) -> None:
    answer = post(NAME, token=token)

    assert answer.status == 401
    assert answer.json()["errors"].startswith("[API] Invalid API key or access token")


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"query": 1}', b"{}"])
def test_a_body_that_is_no_graphql_request_is_a_bad_request(
    shop: ShopifyShop, body: bytes
) -> None:
    headers = {"x-shopify-access-token": shop.settings.access_token}

    assert shop.handle(Request("POST", PATH, headers=headers, body=body)).status == 400


def test_a_document_is_parsed_validated_and_its_variables_checked(post: Post) -> None:
    broken = post("{ shop {").json()
    unknown = post("{ shop { nmae } }").json()
    missing = post("query S($id: ID!) { order(id: $id) { id } }").json()
    unnamed = post("query A { shop { id } } query B { shop { id } }").json()

    assert broken["errors"][0]["message"].startswith("Syntax Error")
    assert "Cannot query field 'nmae' on type 'Shop'" in unknown["errors"][0]["message"]
    assert "$id" in missing["errors"][0]["message"]
    assert unnamed["errors"][0]["message"] == "An operation name is required"
    assert "data" not in unknown


def test_the_operation_may_be_named(shop: ShopifyShop) -> None:
    def ask(name: str) -> dict[str, Any]:
        body = {
            "query": "query A { shop { name } } mutation B { webhookSubscriptionDelete("
            'id: "gid://shopify/WebhookSubscription/1") { userErrors { message } } }',
            "operationName": name,
        }
        headers = {"x-shopify-access-token": shop.settings.access_token}
        request = Request("POST", PATH, headers=headers, body=json.dumps(body).encode())
        assert shop.is_write(request) == (name == "B")
        answered: dict[str, Any] = shop.handle(request).json()
        return answered

    assert ask("A")["data"] == {"shop": {"name": "Simulated Shop"}}
    assert "webhookSubscriptionDelete" in ask("B")["data"]
    assert "errors" in ask("C")


# Tokens


def _refresh(shop: ShopifyShop, **fields: str) -> Response:
    form = {
        "client_id": shop.settings.client_id,
        "client_secret": shop.settings.client_secret,
        "grant_type": "refresh_token",
        **fields,
    }
    body = "&".join(f"{name}={text}" for name, text in form.items()).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return shop.handle(
        Request("POST", "/admin/oauth/access_token", headers=headers, body=body)
    )


@pytest.fixture
def grant(shop: ShopifyShop) -> Grant:
    """The tokens that the app got when it was installed."""
    return shop.tokens.issue()


def test_an_expiring_token_lives_for_an_hour(
    post: Post, grant: Grant, clock: VirtualClock
) -> None:
    assert post(NAME, token=grant.access_token).status == 200
    clock.advance(3600)
    assert post(NAME, token=grant.access_token).status == 401


def test_a_refresh_gives_a_new_pair(
    shop: ShopifyShop, post: Post, grant: Grant
) -> None:
    answer = _refresh(shop, refresh_token=grant.refresh_token)

    tokens = answer.json()
    assert tokens["expires_in"] == 3600
    assert tokens["refresh_token_expires_in"] == 90 * 86_400
    assert "write_inventory" in tokens["scope"].split(",")
    assert tokens["refresh_token"] != grant.refresh_token
    assert post(NAME, token=tokens["access_token"]).status == 200


def test_the_old_refresh_token_works_until_the_new_pair_is_used(
    shop: ShopifyShop, post: Post, grant: Grant
) -> None:
    _refresh(shop, refresh_token=grant.refresh_token)  # its answer was lost
    second = _refresh(shop, refresh_token=grant.refresh_token).json()
    post(NAME, token=second["access_token"])

    refused = _refresh(shop, refresh_token=grant.refresh_token)

    assert refused.status == 400
    assert refused.json()["error"] == "invalid_grant"
    assert _refresh(shop, refresh_token=second["refresh_token"]).status == 200


def test_a_refresh_token_lives_for_ninety_days(
    shop: ShopifyShop, grant: Grant, clock: VirtualClock
) -> None:
    clock.advance(90 * 86_400)

    assert _refresh(shop, refresh_token=grant.refresh_token).status == 400


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"refresh_token": "wrong"}, 400, "invalid_grant"),
    ],
)
def test_a_bad_refresh_is_refused(
    shop: ShopifyShop, grant: Grant, fields: dict[str, str], status: int, code: str
) -> None:
    answer = _refresh(shop, **{"refresh_token": grant.refresh_token, **fields})

    assert (answer.status, answer.json()["error"]) == (status, code)


@pytest.mark.parametrize("body", [b"nonsense", b"[]"])
def test_the_token_endpoint_takes_json_too(
    shop: ShopifyShop, grant: Grant, body: bytes
) -> None:
    def post_json(body: bytes) -> Response:
        headers = {"content-type": "application/json"}
        return shop.handle(
            Request("POST", "/admin/oauth/access_token", headers=headers, body=body)
        )

    good = {
        "client_id": shop.settings.client_id,
        "client_secret": shop.settings.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
    }
    assert post_json(json.dumps(good).encode()).status == 200
    assert post_json(body).status == 401


def _ask_as_own_app(shop: ShopifyShop) -> Response:
    return _refresh(shop, grant_type="client_credentials")


def test_an_app_of_the_shops_own_organisation_gets_a_token_for_a_day(
    shop: ShopifyShop, post: Post, clock: VirtualClock
) -> None:
    tokens = _ask_as_own_app(shop).json()

    assert set(tokens) == {"access_token", "scope", "expires_in"}
    clock.advance(tokens["expires_in"] - 1)
    assert post(NAME, token=tokens["access_token"]).status == 200
    clock.advance(1)
    assert post(NAME, token=tokens["access_token"]).status == 401


def test_a_second_token_for_a_day_leaves_the_first_one_good(
    shop: ShopifyShop, post: Post
) -> None:
    first, second = (_ask_as_own_app(shop).json()["access_token"] for _ in range(2))

    assert first != second
    assert post(NAME, token=second).status == post(NAME, token=first).status == 200


def test_a_token_for_a_day_cannot_be_refreshed(shop: ShopifyShop) -> None:
    _ask_as_own_app(shop)

    assert _refresh(shop, refresh_token="").json()["error"] == "invalid_grant"


def test_nobody_elses_app_and_none_that_was_removed_gets_a_token_for_a_day(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(own_organisation=False)

    foreign = _ask_as_own_app(shop)
    shop.uninstall_app()
    removed = _ask_as_own_app(shop)

    assert (foreign.status, foreign.json()["error"]) == (400, "shop_not_permitted")
    assert (removed.status, removed.json()["error"]) == (400, "app_not_installed")


def test_the_expired_token_fault_lets_expiring_tokens_expire_and_no_others(
    shop: ShopifyShop, post: Post, grant: Grant
) -> None:
    shop.faults.arm_once(Fault.EXPIRED_TOKEN)
    assert post(NAME, token=grant.access_token).status == 401
    assert post(NAME, token=grant.access_token).status == 401
    shop.faults.arm_once(Fault.EXPIRED_TOKEN)
    assert post(NAME).status == 200


# Scopes


def test_a_missing_scope_denies_the_field_and_names_what_it_needs(
    open_shop: OpenShop, world: World
) -> None:
    shop = open_shop(scopes=("write_orders", "read_products", "read_inventory"))
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP")
    world.buy("shopify", lamp.gid, 1, "Ada")

    content = _query(
        shop,
        """{
          orders(first: 1) { nodes { id customer { id } } }
          currentAppInstallation { accessScopes { handle } }
        }""",
    )

    (error,) = content["errors"]
    assert error["message"] == (
        "Access denied for customer field. Required access: `read_customers` access "
        "scope."
    )
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["path"] == ["orders", "nodes", 0, "customer"]
    (order,) = content["data"]["orders"]["nodes"]
    assert order["customer"] is None, "the rest of the order is there"
    scopes = content["data"]["currentAppInstallation"]["accessScopes"]
    assert [one["handle"] for one in scopes] == sorted(shop.settings.scopes)


def test_a_denied_field_that_may_not_be_null_takes_the_whole_answer_along(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(scopes=("read_products",))

    content = _query(shop, "{ orders(first: 1) { nodes { id } } }")

    assert content["data"] is None
    assert "`read_orders` access scope, " in content["errors"][0]["message"]


def test_a_mutation_without_its_scope_changes_nothing(
    open_shop: OpenShop, world: World
) -> None:
    shop = open_shop(scopes=("read_orders", "read_products"))
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP")
    order_id = world.buy("shopify", lamp.gid, 1, "Ada")

    content = _query(
        shop,
        f"""mutation {{ orderCancel(orderId: "{order_id}", reason: OTHER, restock: true)
        {{ job {{ id }} }} }}""",
    )

    assert content["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert content["data"] == {"orderCancel": None}


def _query(shop: ShopifyShop, document: str) -> dict[str, Any]:
    body = json.dumps({"query": document}).encode()
    headers = {"x-shopify-access-token": shop.settings.access_token}
    content: dict[str, Any] = shop.handle(
        Request("POST", PATH, headers=headers, body=body)
    ).json()
    return content


# Cost


@pytest.mark.parametrize(
    ("document", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ shop { name plan { publicDisplayName } } }", 2),
        ("{ currentAppInstallation { accessScopes { handle } } }", 2),
        ("{ orders(first: 1) { nodes { id } } }", 1),
        ("{ orders(first: 9) { edges { node { id } } pageInfo { endCursor } } }", 5),
        (
            "{ orders(first: 9) { nodes { totalPriceSet { shopMoney { amount } } } } }",
            5,
        ),
        (
            """{ product(id: "gid://shopify/Product/1") {
              variants(first: 250) { nodes { inventoryItem { id tracked } } }
            } }""",
            25,
        ),
        (
            """{ node(id: "gid://shopify/Order/1") {
              ... on Product { variants(first: 5) { nodes { id } } }
              ... on Order { id ...Buyer }
            } } fragment Buyer on Order { customer { id } }""",
            5,
        ),
        (
            """{
              nodes(ids: ["gid://shopify/Order/1", "gid://shopify/Order/2"]) { id }
            }""",
            2,
        ),
        (
            """mutation { fulfillmentCreate(fulfillment: {
              lineItemsByFulfillmentOrder: []
            }) { fulfillment { id } userErrors { message } } }""",
            10,
        ),
    ],
)
def test_a_query_costs_what_it_could_return(
    post: Post, document: str, points: int
) -> None:
    cost = post(document).json()["extensions"]["cost"]

    assert cost["requestedQueryCost"] == points
    assert cost["actualQueryCost"] <= points


def test_what_a_query_did_not_use_of_its_cost_stays_in_the_bucket(
    post: Post, retro_clock: Variant
) -> None:
    document = """query P($first: Int!) {
      products(first: $first) { edges { node {
        variants(first: 50) { nodes { id } }
      } } }
    }"""

    cost = post(document, first=50).json()["extensions"]["cost"]

    assert cost == {
        "requestedQueryCost": 90,
        "actualQueryCost": 2,
        "throttleStatus": {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": 1998,
            "restoreRate": 100.0,
        },
    }


def test_a_query_that_costs_too_much_is_never_run(post: Post) -> None:
    document = """{ orders(first: 250) { nodes {
      lineItems(first: 250) { nodes {
        variant { product { id } inventoryItem { id } } product { id }
        taxLines { title } discountAllocations { discountApplication { index } }
      } }
    } } }"""

    content = post(document).json()

    (error,) = content["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["maxCost"] == 1000
    assert error["extensions"]["cost"] > 1000
    assert "data" not in content


def test_an_empty_bucket_throttles_and_fills_again(
    open_shop: OpenShop, clock: VirtualClock
) -> None:
    shop = open_shop(bucket_points=3.0, restore_points_per_second=1.0)
    for _ in range(3):
        assert "data" in _query(shop, NAME)

    throttled = _query(shop, NAME)
    assert throttled["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled["extensions"]["cost"] == {
        "requestedQueryCost": 1,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 3.0,
            "currentlyAvailable": 0,
            "restoreRate": 1.0,
        },
    }
    clock.advance(1)
    assert "data" in _query(shop, NAME)


# Faults and wires


def test_the_throttle_fault_comes_in_both_of_shopifys_forms(
    shop: ShopifyShop, post: Post
) -> None:
    shop.faults.arm_once(Fault.THROTTLED)
    with_word = post(NAME)
    shop.faults.arm_once(Fault.THROTTLED_BARE)
    without = post(NAME)

    assert (with_word.status, with_word.headers["retry-after"]) == (429, "1")
    assert without.status == 200
    assert without.json()["errors"][0]["message"] == "Throttled"
    status = without.json()["extensions"]["cost"]["throttleStatus"]
    assert status["currentlyAvailable"] == 0


def test_a_dropped_answer_strikes_mutations_and_not_queries(
    shop: ShopifyShop, post: Post, retro_clock: Variant
) -> None:
    shop.faults.arm_once(Fault.DROPPED)
    query = {"query": NAME}
    end = """mutation { webhookSubscriptionDelete(
      id: "gid://shopify/WebhookSubscription/1") { userErrors { message } } }"""
    headers = {"X-Shopify-Access-Token": shop.settings.access_token}

    with httpx.Client(
        transport=shop.wire(), base_url="http://shop.test", headers=headers
    ) as client:
        assert client.post(PATH, json=query).status_code == 200
        with pytest.raises(httpx.ReadError):
            client.post(PATH, json={"query": end})


def test_a_mistake_in_the_simulator_is_not_taken_for_an_answer(
    shop: ShopifyShop, world: World, retro_clock: Variant, post: Post
) -> None:
    order_id = world.buy("shopify", retro_clock.gid, 1, "Ada") or ""
    shop.order(order_id).buyer = None  # type: ignore[assignment]  # a broken row

    with pytest.raises(AttributeError):
        post("{ orders(first: 1) { nodes { email } } }")


def test_the_shop_serves_real_http_and_posts_real_webhooks(world: World) -> None:
    shop = ShopifyShop("shopify", world=World(WallClock()))
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP")
    with Server(shop) as server, httpx.Client(base_url=server.url) as client:
        answer = client.post(
            PATH,
            json={"query": "{ productVariants(first: 1) { nodes { id } } }"},
            headers={"X-Shopify-Access-Token": shop.settings.access_token},
        )

    assert answer.json()["data"]["productVariants"]["nodes"] == [{"id": lamp.gid}]
    assert answer.headers["x-shopify-api-version"] == "2026-07"


def test_two_shops_with_one_seed_tell_the_same_story(clock: VirtualClock) -> None:
    def story() -> list[str]:
        world = World(VirtualClock(), seed=3)
        shop = ShopifyShop("shopify", world=world, seed=3)
        lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", stock=[5])
        return [
            str(world.buy("shopify", lamp.gid, quantity, "Ada"))
            for quantity in (1, 2, 9)
        ]

    assert story() == story()
