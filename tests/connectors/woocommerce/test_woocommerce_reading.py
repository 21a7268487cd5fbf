"""Orders, products and stock are read with few requests, and nothing is missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import (
    ContractBrokenError,
    RejectedError,
    RetryLaterError,
)
from crossdock.connectors.woocommerce import plugin
from crossdock.connectors.woocommerce.connector import WooCommerceConnector

Json = dict[str, Any]
SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def row(record_id: int, second: int = 0, **fields: Any) -> Json:
    """A record as a list shows it, changed ``second`` seconds after nine."""
    stamp = f"2026-03-01T09:{second // 60:02}:{second % 60:02}"
    return {
        "id": record_id,
        "date_created_gmt": "2026-03-01T08:00:00",
        "date_modified_gmt": stamp,
        **fields,
    }


def listing(*rows: Json, total: int | None = None) -> httpx.Response:
    """A page of a list, with the shop's count."""
    count = len(rows) if total is None else total
    return httpx.Response(
        200,
        json=list(rows),
        headers={"x-wp-total": str(count), "date": "Mon, 02 Mar 2026 09:00:00 GMT"},
    )


def queries(route: respx.Route) -> list[dict[str, str]]:
    """Return the parameters of every call of a route."""
    return [dict(call.request.url.params) for call in route.calls]


def by_status(alive: httpx.Response, trash: httpx.Response) -> Any:
    """Answer the list of orders by the status that is asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        return trash if request.url.params["status"] == "trash" else alive

    return answer


def test_a_pull_asks_for_what_changed_and_then_for_the_trash(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    route = shop.get("/orders").mock(
        side_effect=by_status(listing(row(1, 5)), listing(row(2, 9, status="trash")))
    )
    page = connector.pull_orders(None, since=SINCE)
    assert page.complete
    assert [record.external_id for record in page.records] == ["1", "2"]
    assert page.records[0].updated_at == datetime(2026, 3, 1, 9, 0, 5, tzinfo=UTC)
    assert queries(route)[0] == {
        "status": "any",
        "modified_after": "2026-02-28T23:59:59",
        "dates_are_gmt": "true",
        "orderby": "modified",
        "order": "asc",
        "per_page": "100",
    }
    assert queries(route)[1]["status"] == "trash"


def test_the_next_pull_reaches_back_behind_the_newest_order_seen(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    route = shop.get("/orders").mock(
        side_effect=by_status(listing(row(1, 300)), listing())
    )
    page = connector.pull_orders(None, since=SINCE)
    connector.pull_orders(page.cursor, since=SINCE)
    after = [query["modified_after"] for query in queries(route)]
    assert after[2] == "2026-03-01T09:03:59"
    assert after[3] == after[1], "the trash keeps its own place"


def test_a_full_page_is_followed_from_its_last_second(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    rows = [row(number, number) for number in range(100)]
    route = shop.get("/orders").mock(
        side_effect=by_status(listing(*rows, total=150), listing())
    )
    page = connector.pull_orders(None, since=SINCE)
    assert not page.complete
    assert len(page.records) == 100
    assert route.call_count == 1, "the trash waits until the orders are read"
    connector.pull_orders(page.cursor, since=SINCE)
    assert queries(route)[1]["modified_after"] == "2026-03-01T09:01:38"


def test_more_orders_in_one_second_than_a_page_holds_are_walked_by_offset(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    same = [row(number) for number in range(1, 251)]
    route = shop.get("/orders").mock(
        side_effect=lambda request: (
            listing()
            if request.url.params["status"] == "trash"
            else listing(
                *same[int(request.url.params.get("offset", 0)) :][:100], total=250
            )
        )
    )
    cursor, found, complete = None, set(), False
    while not complete:
        page = connector.pull_orders(cursor, since=datetime(2026, 3, 1, 9, tzinfo=UTC))
        found |= {record.external_id for record in page.records}
        cursor, complete = page.cursor, page.complete
    assert len(found) == 250
    offsets = [query.get("offset") for query in queries(route)]
    assert offsets == [None, "99", "198", None]


def test_a_shop_that_cannot_sort_by_change_is_walked_by_id(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["orderby"] == "modified":
            body = {"code": "rest_invalid_param", "message": "orderby"}
            return httpx.Response(400, json=body)
        if request.url.params["status"] == "trash":
            return listing()
        rows = [row(number, 200 - number) for number in range(1, 131)]
        offset = int(request.url.params.get("offset", 0))
        return listing(*rows[offset:][:100], total=130)

    shop.get("/orders").mock(side_effect=answer)
    first = connector.pull_orders(None, since=SINCE)
    second = connector.pull_orders(first.cursor, since=SINCE)
    ids = {record.external_id for record in (*first.records, *second.records)}
    assert len(ids) == 130
    assert second.complete


def test_b15_a_page_that_is_no_list_is_a_failure(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/orders").respond(200, json={"message": "not what was asked for"})
    with pytest.raises(ContractBrokenError, match="expected a list"):
        connector.pull_orders(None, since=SINCE)


def test_an_order_without_any_time_breaks_the_contract(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/orders").mock(return_value=listing({"id": 1}))
    with pytest.raises(ContractBrokenError, match="no time"):
        connector.pull_orders(None, since=SINCE)


@pytest.mark.parametrize("cursor", ["", "page=2", "[]", '[{"since": "never"}]'])
def test_a_cursor_of_somebody_else_is_refused(
    connector: WooCommerceConnector, cursor: str
) -> None:
    with pytest.raises(ContractBrokenError, match="cursor"):
        connector.pull_orders(cursor, since=SINCE)
    with pytest.raises(ContractBrokenError, match="cursor"):
        connector.pull_listings(cursor)


def test_orders_with_refunds_or_parcels_bring_them_along(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    meta = [{"key": "_fulfillment_status", "value": "partially_fulfilled"}]
    rows = [
        row(1),
        row(2, refunds=[{"id": 20, "total": "-1.00"}]),
        row(3, meta_data=meta),
    ]
    shop.get("/orders").mock(side_effect=by_status(listing(*rows), listing()))
    refunds = shop.get("/orders/2/refunds").respond(200, json=[{"id": 20}])
    parcels = shop.get("/orders/3/fulfillments").respond(200, json=[{"id": 30}])
    page = connector.pull_orders(None, since=SINCE)
    plain, refunded, shipped = (record.payload for record in page.records)
    assert plain == rows[0]
    assert refunded["_refunds"] == [{"id": 20}]
    assert shipped["_fulfillments"] == [{"id": 30}]
    assert queries(refunds) == [{"per_page": "100"}]
    assert parcels.call_count == 1


def test_details_of_an_order_that_vanished_meanwhile_are_empty(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    alive = listing(row(2, refunds=[{"id": 20, "total": "-1.00"}]))
    shop.get("/orders").mock(side_effect=by_status(alive, listing()))
    shop.get("/orders/2/refunds").respond(404, json={"code": "gone"})
    page = connector.pull_orders(None, since=SINCE)
    assert page.records[0].payload["_refunds"] == []


def test_orders_are_fetched_in_one_request_and_trashed_ones_one_by_one(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    listed = shop.get("/orders").mock(return_value=listing(row(1)))
    shop.get("/orders/2").respond(200, json=row(2, status="trash"))
    shop.get("/orders/3").respond(404, json={"code": "gone"})
    records = connector.fetch_orders(["1", "2", "3", "2", "x7", "٣"])
    assert [record.external_id for record in records] == ["1", "2"]
    assert queries(listed) == [{"include": "1,2,3", "per_page": "100", "status": "any"}]


def test_fetching_nothing_asks_nothing(connector: WooCommerceConnector) -> None:
    assert connector.fetch_orders([]) == ()
    assert connector.fetch_listings([]) == ()


def test_a_product_comes_with_its_variations_and_the_time_of_the_newest(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    products = shop.get("/products").mock(
        return_value=listing(row(5), row(6, variations=[61, 62]))
    )
    variations = shop.get("/products/6/variations").mock(
        return_value=listing(row(61, 40), row(62))
    )
    page = connector.pull_listings(None)
    assert page.complete
    simple, variable = page.records
    assert simple.payload == {"product": row(5), "variations": []}
    assert len(variable.payload["variations"]) == 2
    assert variable.updated_at.second == 40
    assert queries(products)[0]["orderby"] == "id"
    assert queries(variations) == [{"include": "61,62", "per_page": "100"}]


def test_many_variations_are_asked_for_a_hundred_at_a_time(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/products").mock(
        return_value=listing(row(6, variations=list(range(100, 350))))
    )
    variations = shop.get("/products/6/variations").mock(return_value=listing())
    connector.pull_listings(None)
    counts = [len(query["include"].split(",")) for query in queries(variations)]
    assert counts == [100, 100, 50]


def test_a_scan_of_products_starts_again_when_one_before_it_was_deleted(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    numbers = list(range(1, 61))

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return listing(
            *(row(number) for number in numbers[offset:][:25]), total=len(numbers)
        )

    shop.get("/products").mock(side_effect=answer)
    page = connector.pull_listings(None)
    found = {record.external_id for record in page.records}
    numbers.remove(3)
    while not page.complete:
        page = connector.pull_listings(page.cursor)
        found |= {record.external_id for record in page.records}
    assert {str(number) for number in numbers} <= found


def test_the_cursor_after_a_whole_scan_starts_a_new_one(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    route = shop.get("/products").mock(return_value=listing(row(1)))
    page = connector.pull_listings(None)
    connector.pull_listings(page.cursor)
    assert queries(route)[0] == queries(route)[1]


def test_a_variation_is_fetched_by_way_of_its_product(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    listed = shop.get("/products").mock(return_value=listing(row(6, variations=[61])))
    shop.get("/products/6/variations").respond(404, json={"code": "gone"})
    (record,) = connector.fetch_listings(["6/61", "6"])
    assert record.external_id == "6"
    assert record.payload["variations"] == []
    assert queries(listed)[0]["include"] == "6"


def stock_row(record_id: int, manage_stock: Any, quantity: Any) -> Json:
    """A product as the short answer shows it."""
    return {
        "id": record_id,
        "manage_stock": manage_stock,
        "stock_quantity": quantity,
    }


def test_stock_is_read_in_batches_and_in_the_order_asked_for(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    rows = [stock_row(1, True, 4), stock_row(2, False, None), stock_row(3, True, 2.5)]
    products = shop.get("/products").mock(return_value=listing(*rows))
    shop.get("/products/6/variations").mock(
        return_value=listing(stock_row(61, "parent", 9), stock_row(62, True, -1))
    )
    ids = ["3", "6/62", "6/61", "2", "1", "99", "no-id"]
    readings = connector.read_stock(ids)
    assert [reading.stock_external_id for reading in readings] == ids
    quantities = [reading.quantity for reading in readings]
    assert quantities == [2, -1, None, None, 4, None, None]
    assert readings[0].read_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert queries(products)[0]["_fields"] == "id,manage_stock,stock_quantity"


def test_stock_of_variations_whose_product_is_gone_is_none(
    shop: respx.Router, connector: WooCommerceConnector, fixed_clock: ManualClock
) -> None:
    shop.get("/products/6/variations").respond(404, json={"code": "gone"})
    (reading,) = connector.read_stock(["6/61"])
    assert reading.quantity is None
    assert reading.read_at == fixed_clock.now(), "no Date header, so our own time"


def test_a_shop_in_maintenance_is_asked_again_later(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/orders").respond(503, html="<html>Briefly unavailable</html>")
    with pytest.raises(RetryLaterError):
        connector.pull_orders(None, since=SINCE)


def make_status(version: str = "11.0.1", **environment: Any) -> Json:
    """The shop's report about itself."""
    return {
        "environment": {
            "home_url": "https://Shop.example/folder/",
            "version": version,
            "wp_cron": True,
            **environment,
        },
        "settings": {"currency": "EUR"},
        "active_plugins": [],
    }


def test_the_check_tells_whose_shop_it_is(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/system_status").respond(200, json=make_status())
    probe = shop.post("/products/batch").respond(200, json={})
    account = connector.check()
    assert account.external_id == "shop.example/folder"
    assert account.currency == "EUR"
    assert account.warnings == ()
    assert probe.calls[0].request.content == b'{"update":[]}'


def test_the_check_warns_of_plain_http_and_of_a_cron_that_is_off(
    connect: Any,
) -> None:
    plain = respx.Router(base_url="http://shop.example/wp-json/wc/v3")
    plain.get("/system_status").respond(200, json=make_status(wp_cron=False))
    plain.post("/products/batch").respond(200, json={})
    warnings = connect(plain, shop_url="http://shop.example").check().warnings
    assert len(warnings) == 2


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, make_status("5.7.2"), "5.8"),
        (200, make_status("unknown"), "5.8"),
        (403, {"code": "woocommerce_rest_cannot_view", "message": "no"}, "may not see"),
        (404, {"code": "rest_no_route", "message": "No route"}, "no WooCommerce REST"),
    ],
)
def test_the_check_says_what_is_wrong_with_a_shop(
    shop: respx.Router,
    connector: WooCommerceConnector,
    status: int,
    body: Json,
    words: str,
) -> None:
    shop.get("/system_status").respond(status, json=body)
    with pytest.raises(RejectedError, match=words) as caught:
        connector.check()
    assert caught.value.next_step


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_only_read_is_refused(
    shop: respx.Router, connector: WooCommerceConnector, status: int
) -> None:
    shop.get("/system_status").respond(200, json=make_status())
    shop.post("/products/batch").respond(status, json={"message": "no"})
    with pytest.raises(RejectedError) as caught:
        connector.check()
    assert "Read/Write" in caught.value.next_step


def test_a_web_page_instead_of_the_api_names_the_permalinks(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/system_status").respond(200, html="<html>Welcome</html>")
    with pytest.raises(RetryLaterError) as caught:
        connector.check()
    assert "Permalinks" in caught.value.next_step


def test_h11_a_shop_that_repeats_our_secret_does_not_get_it_into_an_error(
    shop: respx.Router, connector: WooCommerceConnector
) -> None:
    shop.get("/system_status").respond(
        403, json={"message": "bad secret cs_fedcba9876543210"}
    )
    with pytest.raises(RejectedError) as caught:
        connector.check()
    assert "cs_fedcba" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://shop.example", "https://shop.example/wp-json/wc/v3"),
        (" https://shop.example/ ", "https://shop.example/wp-json/wc/v3"),
        ("https://shop.example/eu/", "https://shop.example/eu/wp-json/wc/v3"),
        ("https://shop.example/wp-admin", "https://shop.example/wp-json/wc/v3"),
        (
            "https://shop.example/wp-json/wc/v3/",
            "https://shop.example/wp-json/wc/v3",
        ),
    ],
)
def test_the_address_may_be_typed_as_people_copy_it(typed: str, url: str) -> None:
    settings = plugin.settings.model_validate(
        {"shop_url": typed, "consumer_key": "ck", "consumer_secret": "cs"}
    )
    assert getattr(settings, "api_url", "") == url


@pytest.mark.parametrize(
    "typed", ["shop.example", "ftp://shop.example", "https://", "https://u:p@s.example"]
)
def test_what_is_no_address_of_a_shop_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="shop_url"):
        plugin.settings.model_validate(
            {"shop_url": typed, "consumer_key": "ck", "consumer_secret": "cs"}
        )
