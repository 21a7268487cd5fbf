"""Small canonical values that several tests start from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfillmentState,
    Order,
    OrderLine,
    PaymentState,
)

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def make_line() -> Callable[..., OrderLine]:
    """Make one line of 10.00 EUR net of 1.90 EUR tax; arguments override."""

    def make(**changes: Any) -> OrderLine:
        facts: dict[str, Any] = {
            "external_id": "line-1",
            "quantity": 1,
            "quantity_current": 1,
            "quantity_taken": 1,
            "unit_price": Money(1000, "EUR"),
            "total": Money(1000, "EUR"),
            "tax": Money(190, "EUR"),
        }
        return OrderLine(**facts | changes)

    return make


@pytest.fixture
def make_order() -> Callable[..., Order]:
    """Make a paid order without lines over 0.00 EUR; arguments override."""

    def make(**changes: Any) -> Order:
        facts: dict[str, Any] = {
            "external_id": "1001",
            "placed_at": MOMENT,
            "updated_at": MOMENT,
            "currency": "EUR",
            "prices_include_tax": False,
            "payment": PaymentState.PAID,
            "fulfillment": FulfillmentState.UNFULFILLED,
            "total": Money.zero("EUR"),
        }
        return Order(**facts | changes)

    return make
