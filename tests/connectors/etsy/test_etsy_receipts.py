"""Receipts pulled from Etsy: what is fresh, and what has to be read again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ContractBrokenError
from crossdock.canonical.orders import PaymentState
from crossdock.connectors.etsy import plugin
from crossdock.connectors.etsy.cursor import REREAD_EVERY_SECONDS


def test_a_refund_is_found_although_the_receipt_does_not_count_as_changed(
    scene: Any,
) -> None:
    order_id = scene.buy(quantity=2)
    scene.clock.advance(600)
    newest = scene.buy()
    _, cursor = scene.pull()
    changed_at = scene.shop.receipt(order_id).changed_at
    scene.clock.advance(3600)
    scene.shop.refund_order(order_id, None, restock=False)
    assert scene.shop.receipt(order_id).changed_at == changed_at
    records, cursor = scene.pull(cursor)
    assert {one.external_id for one in records} == {newest}
    scene.clock.advance(REREAD_EVERY_SECONDS)
    records, cursor = scene.pull(cursor)
    (record,) = (one for one in records if one.external_id == order_id)
    order = plugin.translator.read_order(record.payload)
    assert order.payment is PaymentState.REFUNDED
    # A newer version: the hub would drop one that is as old as what it has.
    assert record.updated_at > changed_at
    assert order.updated_at == record.updated_at


def test_a_long_window_is_read_again_page_by_page_and_after_what_is_fresh(
    scene: Any,
) -> None:
    old = []
    for _ in range(120):
        old.append(scene.buy(quantity=0))
        scene.clock.advance(1)
    scene.clock.advance(600)
    scene.buy()
    _, cursor = scene.pull()
    scene.clock.advance(REREAD_EVERY_SECONDS)
    again: set[str] = set()
    for _ in range(3):
        fresh = scene.buy()
        pages = scene.pull_pages(cursor)
        cursor = pages[-1].cursor
        # First what is new, then one page of the window, and the pull is over.
        assert fresh in {one.external_id for one in pages[0].records}
        assert len(pages) == 2
        again |= {one.external_id for one in pages[1].records}
        scene.clock.advance(60)
    assert set(old) <= again
    assert len(scene.pull_pages(cursor)) == 1


def test_receipts_from_before_the_start_are_not_dragged_in(scene: Any) -> None:
    before = scene.buy()
    scene.clock.advance(3600)
    since = scene.clock.now()
    after = scene.buy()
    found: set[str] = set()
    cursor: str | None = None
    for _ in range(3):
        while True:
            page = scene.connector.pull_orders(cursor, since=since)
            found |= {record.external_id for record in page.records}
            cursor = page.cursor
            if page.complete:
                break
        scene.clock.advance(REREAD_EVERY_SECONDS)
    assert found == {after}
    assert before not in found


def test_nothing_is_read_again_while_the_day_has_few_requests_left(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(requests_per_day=40)
    scene.buy()
    _, cursor = scene.pull()
    scene.clock.advance(REREAD_EVERY_SECONDS + 3600)
    for _ in range(35):
        scene.connector.read_stock([scene.lamp])
    assert len(scene.pull_pages(cursor)) == 1
    scene.clock.advance(86_400)
    assert len(scene.pull_pages(cursor)) == 2


def test_more_than_a_page_of_one_second_loses_none(scene: Any) -> None:
    placed = {scene.buy(quantity=0) for _ in range(130)}
    scene.clock.advance(2)
    placed.add(scene.buy())
    records, _ = scene.pull()
    assert {one.external_id for one in records} == placed


def test_a_cancelled_receipt_comes_with_the_changes(scene: Any) -> None:
    order_id = scene.buy()
    _, cursor = scene.pull()
    scene.clock.advance(600)
    scene.shop.cancel_order(order_id)
    records, _ = scene.pull(cursor)
    (order,) = (plugin.translator.read_order(one.payload) for one in records)
    assert order.cancelled
    assert order.lines[0].quantity_current == 0
    # Etsy gives nothing back: its counter stays as low as the sale left it.
    assert order.lines[0].quantity_taken == 1
    assert scene.shop.shown(scene.lamp) == 9


def test_a_list_in_another_order_is_not_believed(scene: Any) -> None:
    scene.buy()
    scene.clock.advance(5)
    scene.buy()
    plain = scene.wire.stand_in

    def turn(request: httpx.Request) -> httpx.Response | None:
        if not re.search(r"/receipts$", request.url.path):
            return None
        scene.wire.stand_in = plain
        told = scene.wire.handle_request(request).json()
        told["results"].reverse()
        return httpx.Response(200, json=told, request=request)

    scene.wire.stand_in = turn
    with pytest.raises(ContractBrokenError, match="not sorted"):
        scene.connector.pull_orders(None, since=scene.clock.now() - timedelta(days=1))
