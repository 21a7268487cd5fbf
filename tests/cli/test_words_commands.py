"""``crossdock words``, as a person types it."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.cli.failures import ExitCode

WORD = ("shop", "status", "picked")


@pytest.fixture
def picked(connected: Any, market: Any) -> str:
    order: str = market.buy("101")
    market.shop.order(order).status = "picked"
    connected("pull")
    return order


def test_a_dry_run_shows_the_orders_that_would_be_read_again(
    connected: Any, picked: str
) -> None:
    said = connected("words", "set", *WORD, "processing", "--dry-run", "--json")
    assert said.code == 0, said.err
    (order,) = said.document["orders"]
    assert order["order_external_id"] == picked
    assert order["before"]["fulfillment"] == "unknown"
    assert order["after"]["fulfillment"] == "unfulfilled"
    assert connected("words", "list", "--json").document == []


def test_a_word_is_set_listed_and_forgotten(connected: Any, picked: str) -> None:
    assert "1 order" in connected("words", "set", *WORD, "processing").out
    (rule,) = connected("words", "list", "--channel", "shop", "--json").document
    assert rule["meaning"] == "processing"
    assert connected("conflicts", "list", "--json").document == []
    assert connected("words", "forget", *WORD).code == 0
    assert connected("words", "forget", *WORD).code == ExitCode.REFUSED
    assert "0 words" in connected("words", "list").out
