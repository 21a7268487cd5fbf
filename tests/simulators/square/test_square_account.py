"""The simulated Square account behaves as channels.md and the guides say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from crossdock.simulators.books import SoldOutError
from crossdock.simulators.faults import Fault
from crossdock.simulators.square.hooks import HEADER, sign

Json = dict[str, Any]
SEARCH = "/v2/orders/search"
COUNTS = "/v2/inventory/changes/batch-create"


def search(client: Any, **changes: Any) -> tuple[int, Json]:
    body = {
        "location_ids": [client.shop.settings.location_id],
        "query": {
            "filter": {"date_time_filter": {"updated_at": {}}},
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        },
        **changes,
    }
    answer: tuple[int, Json] = client.ask("POST", SEARCH, body)
    return answer


def count(client: Any, units: int, key: str = "k", **changes: Any) -> tuple[int, Json]:
    told = {
        "catalog_object_id": client.listing,
        "state": "IN_STOCK",
        "location_id": client.shop.settings.location_id,
        "quantity": str(units),
        "occurred_at": client.clock.now().isoformat(),
        **changes,
    }
    body = {
        "idempotency_key": key,
        "ignore_unchanged_counts": False,
        "changes": [{"type": "PHYSICAL_COUNT", "physical_count": told}],
    }
    answer: tuple[int, Json] = client.ask("POST", COUNTS, body)
    return answer


# -- orders ----------------------------------------------------------------------------


def test_a_search_must_be_sorted_by_what_it_is_filtered_by(client: Any) -> None:
    query = {
        "filter": {"date_time_filter": {"created_at": {}}},
        "sort": {"sort_field": "UPDATED_AT"},
    }
    refusal = search(client, query=query)
    assert client.code(refusal) == (400, "CONFLICTING_PARAMETERS")


def test_a_search_is_inclusive_at_its_start(client: Any) -> None:
    order_id = client.shop.sell(client.basket(), "Ada")
    moment = client.get_order(order_id)["updated_at"]
    query = {
        "filter": {"date_time_filter": {"updated_at": {"start_at": moment}}},
        "sort": {"sort_field": "UPDATED_AT"},
    }
    assert [row["id"] for row in search(client, query=query)[1]["orders"]] == [order_id]


def test_pages_follow_one_another_by_their_token(client: Any) -> None:
    placed = [client.shop.sell(client.basket(), "Ada") for _ in range(5)]
    found: list[str] = []
    token: Json = {}
    while True:
        _, page = search(client, limit=2, **token)
        found += [row["id"] for row in page["orders"]]
        if "cursor" not in page:
            break
        token = {"cursor": page["cursor"]}
    assert sorted(found) == sorted(placed)


@pytest.mark.parametrize("places", [[], ["L"] * 11])
def test_a_search_names_one_to_ten_locations(client: Any, places: list[str]) -> None:
    assert search(client, location_ids=places)[0] == 400


def test_an_order_line_names_its_variation_and_no_sku(client: Any) -> None:
    order = client.get_order(client.shop.sell(client.basket(2), "Ada"))
    (line,) = order["line_items"]
    assert line["catalog_object_id"] == client.listing
    assert line["quantity"] == "2"
    assert b"RETRO-CLOCK" not in orjson.dumps(order)


def test_an_order_from_the_counter_has_no_version_and_cannot_be_updated(
    client: Any,
) -> None:
    order_id = client.shop.sell_at_counter(client.basket())
    order = client.get_order(order_id)
    assert order["state"] == "COMPLETED"
    assert "version" not in order
    assert "fulfillments" not in order
    body = {"order": {"state": "CANCELED"}}
    assert client.ask("PUT", f"/v2/orders/{order_id}", body)[0] == 400


def test_an_offline_order_comes_late_with_its_own_time(client: Any) -> None:
    client.clock.pause(3600)
    order = client.get_order(
        client.shop.sell_at_counter(client.basket(), offline_seconds=3000)
    )
    taken_at = client.clock.now() - timedelta(seconds=3000)
    assert order["created_at"] == order["updated_at"]
    assert order["created_at"].startswith(taken_at.isoformat()[:19])


def test_an_old_version_is_refused_and_a_repeated_key_is_not(client: Any) -> None:
    order_id = client.shop.sell(client.basket(), "Ada")
    uid = client.get_order(order_id)["fulfillments"][0]["uid"]
    change = {"version": 1, "fulfillments": [{"uid": uid, "state": "PREPARED"}]}
    body = {"idempotency_key": "k1", "order": change}
    path = f"/v2/orders/{order_id}"
    assert client.ask("PUT", path, body)[1]["order"]["version"] == 2
    assert client.ask("PUT", path, body)[1]["order"]["version"] == 2
    refusal = client.ask("PUT", path, {**body, "idempotency_key": "k2"})
    assert client.code(refusal) == (409, "VERSION_MISMATCH")


def test_an_order_is_cancelled_after_its_fulfillments(client: Any) -> None:
    order_id = client.shop.order_unpaid(client.basket(), "Ada")
    path = f"/v2/orders/{order_id}"
    early = client.ask("PUT", path, {"order": {"version": 1, "state": "CANCELED"}})
    assert early[0] == 400
    uid = client.get_order(order_id)["fulfillments"][0]["uid"]
    change = {"version": 1, "fulfillments": [{"uid": uid, "state": "CANCELED"}]}
    assert client.ask("PUT", path, {"order": change})[0] == 200
    late = client.ask("PUT", path, {"order": {"version": 2, "state": "CANCELED"}})
    assert late[1]["order"]["state"] == "CANCELED"


def test_a_paid_order_is_completed_by_its_last_fulfillment(client: Any) -> None:
    order_id = client.shop.sell(client.basket(), "Ada")
    uid = client.get_order(order_id)["fulfillments"][0]["uid"]
    change = {"version": 1, "fulfillments": [{"uid": uid, "state": "COMPLETED"}]}
    _, answer = client.ask("PUT", f"/v2/orders/{order_id}", {"order": change})
    assert answer["order"]["state"] == "COMPLETED"
    assert client.world.orders("square")[0].lines
    assert sum(line.shipped for line in client.world.orders()[0].lines.values()) == 1


# -- inventory -------------------------------------------------------------------------


def test_paying_takes_stock_and_an_unpaid_order_does_not(client: Any) -> None:
    client.shop.order_unpaid(client.basket(), "Ada")
    assert client.shop.shown(client.listing) == 10
    client.shop.sell(client.basket(3), "Ada")
    assert client.shop.shown(client.listing) == 7


def test_a_sale_that_occurred_after_a_count_is_taken_off_it(client: Any) -> None:
    client.clock.pause(3600)
    count(client, 5, occurred_at=(client.clock.now() - timedelta(hours=1)).isoformat())
    client.shop.sell_at_counter(client.basket(2), offline_seconds=60)
    assert client.shop.shown(client.listing) == 3


def test_a_sale_that_occurred_before_a_count_is_inside_it(client: Any) -> None:
    client.clock.pause(3600)
    count(client, 5)
    client.shop.sell_at_counter(client.basket(2), offline_seconds=600)
    assert client.shop.shown(client.listing) == 5


def test_an_unchanged_count_is_ignored_unless_asked_otherwise(client: Any) -> None:
    client.shop.sell(client.basket(4), "Ada")
    told = {
        "catalog_object_id": client.listing,
        "state": "IN_STOCK",
        "location_id": client.shop.settings.location_id,
        "quantity": "10",
        "occurred_at": client.clock.now().isoformat(),
    }
    body: Json = {
        "idempotency_key": "a",
        "changes": [{"type": "PHYSICAL_COUNT", "physical_count": told}],
    }
    client.clock.pause(1)
    client.ask("POST", COUNTS, body)
    assert client.shop.shown(client.listing) == 6
    told["occurred_at"] = client.clock.now().isoformat()
    body |= {"idempotency_key": "b", "ignore_unchanged_counts": False}
    client.ask("POST", COUNTS, body)
    assert client.shop.shown(client.listing) == 10


def test_a_batch_with_one_unknown_variation_changes_nothing(client: Any) -> None:
    good = {
        "catalog_object_id": client.listing,
        "state": "IN_STOCK",
        "location_id": client.shop.settings.location_id,
        "quantity": "3",
        "occurred_at": client.clock.now().isoformat(),
    }
    changes = [
        {"type": "PHYSICAL_COUNT", "physical_count": each}
        for each in (good, {**good, "catalog_object_id": "NOBODY"})
    ]
    body = {"idempotency_key": "k", "changes": changes}
    assert client.code(client.ask("POST", COUNTS, body)) == (404, "NOT_FOUND")
    assert client.shop.shown(client.listing) == 10


@pytest.mark.parametrize("hours", [-25, 1])
def test_a_count_of_long_ago_or_of_tomorrow_is_refused(client: Any, hours: int) -> None:
    moment = (client.clock.now() + timedelta(hours=hours)).isoformat()
    refusal = count(client, 3, occurred_at=moment)
    assert client.code(refusal) == (400, "INVALID_TIME")


def test_a_key_belongs_to_one_request(client: Any) -> None:
    assert count(client, 3)[0] == 200
    assert client.code(count(client, 4)) == (400, "IDEMPOTENCY_KEY_REUSED")


def test_an_ignored_write_is_answered_and_changes_nothing(client: Any) -> None:
    client.shop.faults.arm_once(Fault.IGNORED_WRITE)
    assert count(client, 3)[0] == 200
    assert client.shop.shown(client.listing) == 10


# -- what comes back -------------------------------------------------------------------


def test_a_refund_makes_an_order_of_its_own_and_leaves_the_sale(client: Any) -> None:
    sale_id = client.shop.sell_at_counter(client.basket(2))
    before = client.get_order(sale_id)
    client.clock.pause(60)
    client.shop.refund_order(sale_id, None, restock=True)
    assert client.get_order(sale_id) == before
    rows = search(client)[1]["orders"]
    (came_back,) = [row for row in rows if row["id"] != sale_id]
    (told,) = came_back["returns"]
    assert told["source_order_id"] == sale_id
    assert told["return_line_items"][0]["quantity"] == "2"
    assert client.shop.shown(client.listing) == 10


def test_a_payment_lists_its_refunds_and_cannot_be_overdrawn(client: Any) -> None:
    sale_id = client.shop.sell(client.basket(), "Ada")
    payment_id = client.get_order(sale_id)["tenders"][0]["payment_id"]
    body: Json = {
        "idempotency_key": "r1",
        "payment_id": payment_id,
        "amount_money": {"amount": 1500, "currency": "EUR"},
    }
    first = client.ask("POST", "/v2/refunds", body)[1]["refund"]
    assert first["status"] == "PENDING"
    assert client.ask("POST", "/v2/refunds", body)[1]["refund"]["id"] == first["id"]
    refusal = client.ask("POST", "/v2/refunds", {**body, "idempotency_key": "r2"})
    assert client.code(refusal) == (400, "REFUND_AMOUNT_INVALID")
    payment = client.ask("GET", f"/v2/payments/{payment_id}")[1]["payment"]
    assert payment["refund_ids"] == [first["id"]]
    client.clock.pause(60)
    later = client.ask("GET", f"/v2/refunds/{first['id']}")[1]["refund"]
    assert later["status"] == "COMPLETED"
    assert later["order_id"] != sale_id


def test_a_cancelled_order_goes_back_to_the_shelf(client: Any) -> None:
    order_id = client.shop.sell(client.basket(2), "Ada")
    client.shop.cancel_order(order_id)
    assert client.shop.shown(client.listing) == 10
    assert client.world.sold_units() == 0
    unpaid = client.shop.order_unpaid(client.basket(2), "Ada")
    client.shop.cancel_order(unpaid)
    assert client.get_order(unpaid)["state"] == "CANCELED"
    assert client.world.sold_units() == 0


def test_a_line_is_rung_up_anew(client: Any) -> None:
    order_id = client.shop.sell(client.basket(2), "Ada")
    uid = client.get_order(order_id)["line_items"][0]["uid"]
    client.shop.edit_line(order_id, uid, 3)
    assert client.shop.shown(client.listing) == 7
    client.shop.edit_line(order_id, uid, 0)
    assert client.shop.shown(client.listing) == 10
    assert "line_items" not in client.get_order(order_id)


def test_nobody_buys_more_online_than_is_counted(client: Any) -> None:
    with pytest.raises(SoldOutError):
        client.shop.sell(client.basket(11), "Ada")
    client.shop.sell_at_counter(client.basket(11))
    assert client.shop.shown(client.listing) == -1


def test_each_so_many_eth_sale_goes_over_the_counter(open_account: Any) -> None:
    client = open_account(counter_every=2)
    states = [
        client.get_order(client.shop.sell(client.basket(), "Ada"))["state"]
        for _ in range(4)
    ]
    assert states == ["OPEN", "COMPLETED", "OPEN", "COMPLETED"]


# -- the catalogue, tokens and webhooks ------------------------------------------------


def test_an_object_is_written_in_the_version_that_was_read(client: Any) -> None:
    ids = {"object_ids": [client.listing]}
    (row,) = client.ask("POST", "/v2/catalog/batch-retrieve", ids)[1]["objects"]
    body = {"idempotency_key": "u1", "batches": [{"objects": [row]}]}
    assert client.ask("POST", "/v2/catalog/batch-upsert", body)[0] == 200
    again = {**body, "idempotency_key": "u2"}
    refusal = client.ask("POST", "/v2/catalog/batch-upsert", again)
    assert client.code(refusal) == (400, "VERSION_MISMATCH")


def test_the_catalogue_comes_in_pages(open_account: Any) -> None:
    client = open_account(catalog_page=1)
    first = client.ask("GET", "/v2/catalog/list?types=ITEM")[1]
    assert [row["type"] for row in first["objects"]] == ["ITEM"]
    assert "cursor" not in first


@pytest.mark.parametrize("token", ["wrong", "EAAA-of-yesterday"])
def test_a_token_that_is_none_is_not_let_in(client: Any, token: str) -> None:
    assert client.ask("GET", "/v2/locations", token=token)[0] == 401


def test_a_token_of_a_grant_ends_and_is_renewed(open_account: Any) -> None:
    client = open_account(token_seconds=3600, rotates_refresh_token=True)
    settings = client.shop.settings
    wish = {
        "client_id": settings.application_id,
        "grant_type": "refresh_token",
        "refresh_token": settings.refresh_token,
    }
    _, grant = client.ask("POST", "/oauth2/token", wish)
    token = grant["access_token"]
    assert client.ask("GET", "/v2/locations", token=token)[0] == 200
    client.clock.pause(3600)
    refusal = client.ask("GET", "/v2/locations", token=token)
    assert client.code(refusal) == (401, "ACCESS_TOKEN_EXPIRED")
    assert client.ask("POST", "/oauth2/token", wish)[0] == 401


def test_a_delivery_is_signed_over_its_address_and_its_body(client: Any) -> None:
    url = "https://hub.example/hook"
    wish = {"notification_url": url, "event_types": ["order.created"], "name": "x"}
    path = "/v2/webhooks/subscriptions"
    made = client.ask("POST", path, {"subscription": wish})[1]["subscription"]
    listed = client.ask("GET", path)[1]["subscriptions"]
    assert "signature_key" not in listed[0]
    client.shop.sell(client.basket(), "Ada")
    sent: list[Any] = []

    def send(envelope: Any) -> int:
        sent.append(envelope)
        return 200

    client.shop.deliverer.deliver_due(send)
    (envelope,) = sent
    assert envelope.headers[HEADER] == sign(made["signature_key"], url, envelope.body)
    told = orjson.loads(envelope.body)["data"]["object"]["order_created"]
    assert set(told) == {"order_id", "location_id", "state", "created_at", "version"}
