"""What is read of a Square account: orders, what came back of them, items, counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from crossdock.canonical.errors import ContractBrokenError, RejectedError
from crossdock.canonical.orders import FulfillmentState, Order, PaymentState
from crossdock.canonical.pages import Page
from crossdock.connectors.square import plugin

SEARCH = "/v2/orders/search"


def pull(connector: Any, stand: Any, cursor: str | None = None) -> list[Page]:
    pages: list[Page] = []
    while not pages or not pages[-1].complete:
        since = stand.clock.now() - timedelta(days=1)
        pages.append(connector.pull_orders(cursor, since=since))
        cursor = pages[-1].cursor
    return pages


def read(pages: list[Page]) -> dict[str, Order]:
    return {
        record.external_id: plugin.translator.read_order(record.payload)
        for page in pages
        for record in page.records
    }


def starts(stand: Any) -> list[str]:
    """Return from when on orders were searched, each time."""
    return [
        body["query"]["filter"]["date_time_filter"]["updated_at"]["start_at"]
        for body in stand.bodies_of(SEARCH)
    ]


# -- orders ----------------------------------------------------------------------------


def test_an_order_that_was_taken_offline_is_found_days_later(stand: Any) -> None:
    connector = stand.connect()
    stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    cursor = pull(connector, stand)[-1].cursor
    stand.clock.pause(70 * 3600)
    stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    cursor = pull(connector, stand, cursor)[-1].cursor
    late = stand.shop.sell_at_counter(
        stand.basket("OAK-STOOL"), offline_seconds=60 * 3600
    )
    stand.clock.pause(3600)
    told = read(pull(connector, stand, cursor))[late]
    assert told.placed_at < stand.clock.now() - timedelta(hours=60)
    assert told.fulfillment is FulfillmentState.FULFILLED


def test_a_pull_reaches_back_for_days_once_an_hour_and_minutes_otherwise(
    stand: Any,
) -> None:
    connector = stand.connect()
    stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    moment = stand.clock.now()
    cursor = pull(connector, stand)[-1].cursor
    for _ in range(2):
        stand.clock.pause(600)
        cursor = pull(connector, stand, cursor)[-1].cursor
    stand.clock.pause(3600)
    pull(connector, stand, cursor)
    since = (moment - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    near = (moment - timedelta(seconds=120)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    far = (moment - timedelta(hours=72)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert starts(stand) == [since, near, near, far]


def test_searches_are_sorted_by_what_they_are_filtered_by(stand: Any) -> None:
    pull(stand.connect(), stand)
    (body,) = stand.bodies_of(SEARCH)
    assert list(body["query"]["filter"]["date_time_filter"]) == ["updated_at"]
    assert body["query"]["sort"] == {"sort_field": "UPDATED_AT", "sort_order": "ASC"}
    states = body["query"]["filter"]["state_filter"]["states"]
    assert sorted(states) == ["CANCELED", "COMPLETED", "OPEN"]


def test_more_orders_of_one_moment_than_a_page_holds_are_all_read(stand: Any) -> None:
    stand.shop.set_stock(stand.listings["BRASS-LAMP"], 1000)
    placed = {stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada") for _ in range(250)}
    assert set(read(pull(stand.connect(), stand))) == placed


def test_a_list_that_is_not_sorted_is_not_believed(stand: Any) -> None:
    for _ in range(2):
        stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
        stand.settle()
    _, whole = search_once(stand)
    rows = list(reversed(orjson.loads(whole.content)["orders"]))
    stand.wire.stand_in = lambda request: httpx.Response(200, json={"orders": rows})
    with pytest.raises(ContractBrokenError, match="not sorted"):
        pull(stand.connect(), stand)


def search_once(stand: Any) -> tuple[httpx.Request, httpx.Response]:
    pull(stand.connect(), stand)
    answers: list[tuple[httpx.Request, httpx.Response]] = stand.wire.answers
    return answers[-1]


@pytest.mark.parametrize("cursor", ["", "{", "[1]", '{"version": 2}'])
def test_a_cursor_of_somebody_else_is_refused(stand: Any, cursor: str) -> None:
    with pytest.raises(ContractBrokenError, match="cursor"):
        stand.connect().pull_orders(cursor, since=stand.clock.now())


def test_a_page_of_orders_without_returns_costs_one_request(stand: Any) -> None:
    for _ in range(20):
        stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    pull(stand.connect(), stand)
    assert len(stand.wire.requests) == 1


# -- what came back --------------------------------------------------------------------


def test_a_return_comes_in_as_the_sale_that_it_is_of(stand: Any) -> None:
    connector = stand.connect()
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP", units=2))
    cursor = pull(connector, stand)[-1].cursor
    stand.clock.pause(600)
    line = stand.shop.order(sale).lines[0].uid
    stand.shop.refund_order(sale, {line: 1}, restock=True)
    stand.settle()
    (record,) = pull(connector, stand, cursor)[-1].records
    told = plugin.translator.read_order(record.payload)
    assert record.external_id == sale
    assert told.payment is PaymentState.PARTIALLY_REFUNDED
    (part,) = told.refunds[0].lines
    assert (part.line_external_id, part.quantity, part.restocked) == (line, 1, True)
    assert told.lines[0].quantity_taken == 1


def test_the_version_of_a_sale_is_that_of_what_came_back(stand: Any) -> None:
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    stand.clock.pause(600)
    stand.shop.refund_order(sale, None, restock=False)
    stand.settle()
    (record,) = pull(stand.connect(), stand)[-1].records
    closed_at = stand.shop.order(sale).updated_at
    assert record.updated_at >= closed_at + timedelta(seconds=600)


def test_all_returns_of_a_sale_are_told_whichever_brought_it_up(stand: Any) -> None:
    connector = stand.connect()
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP", "OAK-STOOL"))
    cursor = None
    for line in list(stand.shop.order(sale).lines):
        stand.clock.pause(600)
        stand.shop.refund_order(sale, {line.uid: 1}, restock=False)
        stand.settle()
        pages = pull(connector, stand, cursor)
        cursor = pages[-1].cursor
    told = read(pages)[sale]
    assert len(told.refunds) == 2
    assert told.payment is PaymentState.REFUNDED


def test_a_return_is_no_order_of_its_own_in_a_pull(stand: Any) -> None:
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    stand.shop.refund_order(sale, None, restock=True)
    assert list(read(pull(stand.connect(), stand))) == [sale]


def test_a_return_that_is_fetched_brings_its_sale_along(stand: Any) -> None:
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    stand.shop.refund_order(sale, None, restock=True)
    (came_back,) = set(stand.shop.state.orders) - {sale}
    records = stand.connect().fetch_orders([came_back])
    told = {
        one.external_id: plugin.translator.read_order(one.payload) for one in records
    }
    assert set(told) == {sale, came_back}
    assert told[sale].refunds
    assert told[came_back].lines == ()
    assert not told[came_back].total


def test_a_sale_that_is_fetched_tells_its_refunds_unasked(stand: Any) -> None:
    sale = stand.shop.sell(stand.basket("BRASS-LAMP"), "Ada")
    stand.shop.refund_order(sale, None, restock=True)
    (record,) = stand.connect().fetch_orders([sale])
    told = plugin.translator.read_order(record.payload)
    assert [part.never_left for part in told.refunds[0].lines] == [True]
    assert told.lines[0].quantity_current == 0


def test_what_was_read_of_a_return_is_not_read_again(stand: Any) -> None:
    connector = stand.connect()
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    stand.shop.refund_order(sale, None, restock=True)
    stand.settle()
    cursor = pull(connector, stand)[-1].cursor
    before = len(stand.wire.requests)
    stand.clock.pause(3600)
    pull(connector, stand, cursor)
    assert len(stand.wire.requests) == before + 1


def test_an_exchange_is_a_sale_and_brings_up_the_one_before(stand: Any) -> None:
    connector = stand.connect()
    sale = stand.shop.sell_at_counter(stand.basket("BRASS-LAMP"))
    cursor = pull(connector, stand)[-1].cursor
    stand.clock.pause(600)
    exchange = stand.shop.sell_at_counter(stand.basket("OAK-STOOL"))
    both = stand.shop.order(exchange)
    both.source = stand.shop.order(sale)
    both.returned = [(both.source.lines[0], 1)]
    both.returned_minor = 1000
    stand.settle()
    told = read(pull(connector, stand, cursor))
    assert set(told) == {sale, exchange}
    assert told[sale].refunds[0].lines[0].quantity == 1
    assert [line.title for line in told[exchange].lines] == ["Oak-Stool"]


# -- items and counts ------------------------------------------------------------------


def test_a_variation_names_its_item(stand: Any) -> None:
    listing = stand.listings["BRASS-LAMP"]
    records = stand.connect().fetch_listings([listing, "NOBODY", "no id at all?"])
    (record,) = records
    (told,) = plugin.translator.read_listings(record.payload)
    assert (told.external_id, told.sku, told.quantity) == (listing, "BRASS-LAMP", 20)


def test_the_catalogue_is_scanned_page_by_page_and_from_the_start_again(
    open_account: Any,
) -> None:
    stand = open_account(catalog_page=2)
    connector = stand.connect()
    first = connector.pull_listings(None)
    last = connector.pull_listings(first.cursor)
    assert [len(first.records), len(last.records)] == [2, 1]
    assert (first.complete, last.complete) == (False, True)
    again = connector.pull_listings(last.cursor)
    assert again.records == first.records


def test_a_cursor_of_the_catalogue_that_is_none_is_refused(stand: Any) -> None:
    for cursor in ("", "[2]", '[1, "a", 3]', '{"a": 1}'):
        with pytest.raises(ContractBrokenError):
            stand.connect().pull_listings(cursor)


def test_a_check_names_the_locations_there_are(stand: Any) -> None:
    with pytest.raises(RejectedError) as caught:
        stand.connect(location_id="LNOWHERE").check()
    assert stand.shop.settings.location_id in caught.value.next_step


def test_a_token_that_may_do_too_little_is_refused_at_the_check(
    open_account: Any,
) -> None:
    stand = open_account(scopes=("ORDERS_READ", "MERCHANT_PROFILE_READ"))
    with pytest.raises(RejectedError, match="INVENTORY_WRITE"):
        stand.connect().check()


def test_an_account_is_a_merchant_and_a_location(stand: Any) -> None:
    account = stand.connect().check()
    settings = stand.shop.settings
    assert account.external_id == f"{settings.merchant_id}/{settings.location_id}"
    assert (account.currency, account.warnings) == ("EUR", ())
