"""List calls: times, pages, orders and the mistakes of a real server."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Fault, Faults
from crossdock.simulators.woocommerce import WooCommerceShop
from crossdock.simulators.world import World


def ids_of(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()]


@pytest.fixture
def three(
    world: World, shop: WooCommerceShop, clock_listing: str, clock: VirtualClock
) -> list[int]:
    """Three orders, ten minutes apart; the first at 09:00 UTC, 10:00 in the shop."""
    orders = []
    for _ in range(3):
        orders.append(int(world.buy("woo", clock_listing, 1, "Ada Lovelace") or 0))
        clock.advance(600)
    return orders


def test_pages_are_counted_in_the_headers(
    client: httpx.Client, three: list[int]
) -> None:
    query = {"per_page": "2", "order": "asc"}
    first = client.get("/orders", params=query)
    assert ids_of(first) == three[:2]
    assert first.headers["x-wp-total"] == "3"
    assert first.headers["x-wp-totalpages"] == "2"
    assert 'rel="next"' in first.headers["link"]
    last = client.get("/orders", params={**query, "page": "2"})
    assert ids_of(last) == three[2:]
    assert "link" not in last.headers


def test_a_page_behind_the_last_is_empty(
    client: httpx.Client, three: list[int]
) -> None:
    assert ids_of(client.get("/orders", params={"page": "9"})) == []


def test_only_the_fields_that_were_asked_for_are_shown(
    client: httpx.Client, three: list[int]
) -> None:
    query = {"_fields": "id,billing.first_name,line_items.sku,nonsense"}
    listed = client.get("/orders", params=query).json()
    billed = {"first_name": "Ada"}
    lines = [{"sku": "RETRO-CLOCK"}]
    assert listed[0] == {"id": three[2], "billing": billed, "line_items": lines}
    alone = client.get(f"/orders/{three[2]}", params=query).json()
    assert alone == listed[0]
    error = client.get("/orders/999", params=query).json()
    assert error["code"] == "woocommerce_rest_shop_order_invalid_id"


def test_an_offset_outweighs_the_page(client: httpx.Client, three: list[int]) -> None:
    query = {"offset": "1", "page": "9", "order": "asc"}
    assert ids_of(client.get("/orders", params=query)) == three[1:]


def test_the_newest_comes_first_unless_asked_otherwise(
    client: httpx.Client, three: list[int]
) -> None:
    assert ids_of(client.get("/orders")) == three[::-1]


def test_a_change_moves_an_order_to_the_end_of_the_list_by_change(
    client: httpx.Client, three: list[int]
) -> None:
    client.put(f"/orders/{three[0]}", json={})
    query = {"orderby": "modified", "order": "asc"}
    assert ids_of(client.get("/orders", params=query)) == [*three[1:], three[0]]


def test_named_orders_can_come_in_the_order_of_their_names(
    client: httpx.Client, three: list[int]
) -> None:
    named = f"{three[2]},{three[0]}"
    query = {"include": named, "orderby": "include"}
    assert ids_of(client.get("/orders", params=query)) == [three[2], three[0]]
    repeated = f"/orders?include[]={three[1]}&include[]={three[2]}&order=asc"
    assert ids_of(client.get(repeated)) == three[1:]


@pytest.mark.parametrize(
    "query",
    [
        {"per_page": "101"},
        {"per_page": "0"},
        {"page": "one"},
        {"orderby": "mood"},
        {"order": "sideways"},
        {"status": "lost"},
        {"include": "abc"},
        {"modified_after": "yesterday"},
        {"dp": "-1"},
    ],
)
def test_an_argument_out_of_its_range_is_a_400_that_names_it(
    client: httpx.Client, query: dict[str, str]
) -> None:
    answer = client.get("/orders", params=query)
    assert answer.status_code == 400
    assert answer.json()["code"] == "rest_invalid_param"
    assert list(answer.json()["data"]["params"]) == list(query)


def test_an_argument_that_does_not_exist_is_silently_ignored(
    client: httpx.Client, three: list[int]
) -> None:
    query = {"modified-after": "2099-01-01T00:00:00"}
    assert len(ids_of(client.get("/orders", params=query))) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # The shop's clocks show 10:00, 10:10 and 10:20 (UTC 09:00, 09:10, 09:20).
        ({"modified_after": "2026-11-02T10:05:00"}, 2),
        ({"modified_after": "2026-11-02T09:05:00", "dates_are_gmt": "true"}, 2),
        ({"modified_after": "2026-11-02T09:05:00Z"}, 2),
        ({"modified_after": "2026-11-02T10:05:00+01:00"}, 2),
        # Converted twice: taken for 10:05 UTC, after everything.
        ({"modified_after": "2026-11-02T09:05:00Z", "dates_are_gmt": "true"}, 0),
        # Fractions make the server forget the zone: 09:05 in the shop, before all.
        ({"modified_after": "2026-11-02T09:05:00.000Z"}, 3),
        ({"modified_after": "2026-11-02T09:10:00", "dates_are_gmt": "true"}, 1),
        ({"modified_after": "2026-11-02T09:09:59", "dates_are_gmt": "true"}, 2),
        ({"modified_before": "2026-11-02T09:10:00", "dates_are_gmt": "true"}, 1),
        ({"after": "2026-11-02T09:00:00", "dates_are_gmt": "1"}, 2),
        ({"before": "2026-11-02T09:00:01", "dates_are_gmt": "1"}, 1),
    ],
)
def test_times_in_a_query_are_read_as_the_server_reads_them(
    client: httpx.Client, three: list[int], query: dict[str, str], found: int
) -> None:
    assert len(ids_of(client.get("/orders", params=query))) == found


@pytest.mark.parametrize(
    ("zone", "found"), [("Asia/Tokyo", 0), ("America/New_York", 2)]
)
def test_a_zone_in_a_utc_query_loses_or_repeats_orders_by_the_shops_distance(
    open_shop: Callable[..., WooCommerceShop],
    connect: Callable[[WooCommerceShop], httpx.Client],
    clock: VirtualClock,
    zone: str,
    found: int,
) -> None:
    client = connect(open_shop(time_zone=zone))
    client.post("/orders", json={})
    clock.advance(4 * 3600)
    client.post("/orders", json={})
    # One order is newer than this; nine hours east none is found, five west both are.
    query = {"dates_are_gmt": "true", "modified_after": "2026-11-02T12:00:00Z"}
    assert len(ids_of(client.get("/orders", params=query))) == found
    naive = {**query, "modified_after": "2026-11-02T12:00:00"}
    assert len(ids_of(client.get("/orders", params=naive))) == 1


def test_any_leaves_out_the_trash_and_carts_at_the_checkout(
    shop: WooCommerceShop, client: httpx.Client, three: list[int]
) -> None:
    shop.trash_order(str(three[0]))
    shop.set_order_status(str(three[1]), "checkout-draft")
    assert ids_of(client.get("/orders", params={"status": "any"})) == three[2:]
    assert ids_of(client.get("/orders", params={"status": "any,trash"})) == three[2:]
    assert ids_of(client.get("/orders", params={"status": "trash"})) == three[:1]
    several = {"status": "trash,checkout-draft", "order": "asc"}
    assert ids_of(client.get("/orders", params=several)) == three[:2]


def test_behind_a_lag_a_list_does_not_know_the_newest_order_yet(
    shop: WooCommerceShop,
    client: httpx.Client,
    world: World,
    clock_listing: str,
    clock: VirtualClock,
    three: list[int],
) -> None:
    shop.faults.use(Faults(visibility_lag=1.0, visibility_lag_seconds=30))
    fresh = world.buy("woo", clock_listing, 1, "Ada Lovelace")
    assert ids_of(client.get("/orders", params={"order": "asc"})) == three
    assert client.get(f"/orders/{fresh}").status_code == 200
    clock.advance(30)
    assert len(ids_of(client.get("/orders"))) == 4
    assert shop.faults.struck[Fault.VISIBILITY_LAG] == 2


def test_behind_a_lag_a_change_is_no_change_yet_and_the_order_is_still_there(
    shop: WooCommerceShop, client: httpx.Client, three: list[int], clock: VirtualClock
) -> None:
    since = clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    clock.advance(60)
    client.put(f"/orders/{three[0]}", json={})
    shop.faults.use(Faults(visibility_lag=1.0, visibility_lag_seconds=30))
    query = {"modified_after": since, "dates_are_gmt": "true"}
    assert ids_of(client.get("/orders", params=query)) == []
    assert len(ids_of(client.get("/orders"))) == 3


def test_archived_orders_are_listed_before_all_others_and_found_by_id(
    shop: WooCommerceShop, client: httpx.Client
) -> None:
    shop.seed_orders(250, 3)
    query = {"per_page": "100", "order": "asc", "orderby": "modified"}
    seen: list[int] = []
    for page in ("1", "2", "3"):
        seen += ids_of(client.get("/orders", params={**query, "page": page}))
    assert len(set(seen)) == 250
    row = client.get(f"/orders/{seen[7]}").json()
    assert row["id"] == seen[7]
    assert len({line["id"] for line in row["line_items"]}) == 3
    named = client.get("/orders", params={"include": f"{seen[3]},{seen[9]}"})
    assert sorted(ids_of(named)) == [seen[3], seen[9]]
    live = client.post("/orders", json={"status": "processing"}).json()["id"]
    assert ids_of(client.get("/orders"))[0] == live


def test_archived_orders_can_be_read_on_from_any_second(
    shop: WooCommerceShop, client: httpx.Client
) -> None:
    shop.seed_orders(60)
    query = {"per_page": "100", "order": "asc", "dates_are_gmt": "true"}
    rows = client.get("/orders", params=query).json()
    middle = rows[30]["date_modified_gmt"]
    later = [row["id"] for row in rows if row["date_modified_gmt"] > middle]
    assert 0 < len(later) < 30
    answer = client.get("/orders", params={**query, "modified_after": middle})
    assert ids_of(answer) == later
    earlier = client.get("/orders", params={**query, "modified_before": middle})
    assert len(ids_of(earlier)) == sum(
        row["date_modified_gmt"] < middle for row in rows
    )


def test_an_archive_needs_something_to_sell(
    open_shop: Callable[..., WooCommerceShop],
) -> None:
    with pytest.raises(ValueError, match="needs products"):
        open_shop().seed_orders(10)
