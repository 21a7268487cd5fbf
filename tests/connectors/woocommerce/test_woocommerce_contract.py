"""Every request that the connector sends is one that the vendor's route index knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from crossdock.canonical.money import Money
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    PriceWrite,
    RefundedLine,
    RefundPush,
    StockWrite,
)
from crossdock.connectors.woocommerce import OPERATIONS
from crossdock.connectors.woocommerce.connector import WooCommerceConnector

Json = dict[str, Any]
PREFIX = "/wp-json"

NEWER_ARGUMENTS: dict[str, Json] = {
    # The vendor's index was printed before these; seen on a real 11.0.1 server.
    "modified_after": {"type": "string"},  # since 5.8
    "dates_are_gmt": {"type": "boolean"},  # since 5.8
    "api_restock": {"type": "boolean"},  # in the vendor's page on order refunds
    "_fields": {"type": "string"},  # of WordPress itself, on every route
}
NEWER_VALUES = {
    ("orderby", "modified"),  # since 5.8
    ("status", "trash"),  # orders; documented in the text, missing from the index
    ("status", "any"),  # variations take it as products do
}
UNINDEXED_ROUTES: dict[str, dict[str, dict[str, Json]]] = {
    # Order fulfillments came with 10.1; from the vendor's source.
    r"/wc/v3/orders/(?P<order_id>[\d]+)/fulfillments": {
        "GET": {},
        "POST": {
            "status": {"type": "string"},
            "is_fulfilled": {"type": "boolean"},
            "meta_data": {"type": "array"},
            "notify_customer": {"type": "boolean"},
        },
    },
}
BATCH = {"create", "update", "delete"}
"""What a batch wraps; documented in the text, while the index shows what is inside."""


@dataclass(frozen=True)
class Contract:
    """The vendor's index of routes and arguments."""

    routes: dict[str, dict[str, dict[str, Json]]]

    def find_faults(self, request: httpx.Request) -> Iterator[str]:
        """Yield what of a request the index does not know."""
        path = request.url.path.removeprefix(PREFIX)
        matching = [
            methods
            for route, methods in self.routes.items()
            if re.fullmatch(route, path) and request.method in methods
        ]
        if not matching:
            yield f"{request.method} {path}: no such route"
            return
        arguments = {**matching[0][request.method], **NEWER_ARGUMENTS}
        for name, value in request.url.params.multi_items():
            yield from judge(path, arguments, name, from_query(arguments, name, value))
        yield from self._judge_body(path, arguments, request)

    def _judge_body(
        self, path: str, arguments: dict[str, Json], request: httpx.Request
    ) -> Iterator[str]:
        body = json.loads(request.content) if request.content else {}
        if not path.endswith("/batch"):
            for name, value in body.items():
                yield from judge(path, arguments, name, value)
            return
        yield from (f"{path}: {name}" for name in body.keys() - BATCH)
        for entry in body["update"]:
            for name, value in entry.items():
                yield from judge(
                    path, {**arguments, "id": {"type": "integer"}}, name, value
                )


def from_query(arguments: dict[str, Json], name: str, value: str) -> Any:
    """Return a query's text as the type that WordPress casts it to."""
    kind = arguments.get(name, {}).get("type")
    if kind == "integer" and value.isdigit():
        return int(value)
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    if kind == "array":
        return [int(part) for part in value.split(",")]
    return value


TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def judge(
    path: str, arguments: dict[str, Json], name: str, value: Any
) -> Iterator[str]:
    """Yield what is wrong with one argument."""
    if name not in arguments:
        yield f"{path}: no argument {name}"
        return
    kind = TYPES[arguments[name].get("type", "string")]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{path}: {name} must be a {kind}"
    allowed = arguments[name].get("enum")
    if allowed and value not in allowed and (name, value) not in NEWER_VALUES:
        yield f"{path}: {name} must be one of {allowed}"


@pytest.fixture(scope="session")
def contract(specs: Path) -> Contract:
    """The vendor's route index."""
    index = json.loads((specs / "woocommerce/wc-v3-index.json").read_text())
    routes = {
        route: {
            method: endpoint["args"]
            for endpoint in entry["endpoints"]
            for method in endpoint["methods"]
        }
        for route, entry in index["routes"].items()
    }
    return Contract({**routes, **UNINDEXED_ROUTES})


ORDER = {
    "id": 9,
    "status": "processing",
    "date_modified_gmt": "2026-03-01T09:00:00",
    "refunds": [{"id": 20, "total": "-1.00"}],
    "meta_data": [{"key": "_fulfillment_status", "value": "fulfilled"}],
    "line_items": [
        {"id": 11, "total": "5.00", "taxes": [{"id": 1, "total": "1.00"}]},
    ],
}
PRODUCT = {"id": 6, "date_modified_gmt": "2026-03-01T09:00:00", "variations": [61]}
WEBHOOK = {
    "id": 5,
    "name": "Crossdock order.updated",
    "status": "active",
    "topic": "order.updated",
    "delivery_url": "https://hub.example/1",
}
STATUS = {
    "environment": {"home_url": "https://shop.example", "version": "11.0.1"},
    "settings": {"currency": "EUR"},
}


def answer(request: httpx.Request) -> httpx.Response:
    """Answer every request with just enough for the connector to go on."""
    path = request.url.path.partition("/wc/v3")[2]
    rows: dict[str, Any] = {
        "/orders": [] if request.url.params.get("status") == "trash" else [ORDER],
        "/orders/9": ORDER,
        "/orders/8": ORDER,
        "/orders/9/refunds": {"id": 21} if request.method == "POST" else [],
        "/orders/9/notes": {"id": 70} if request.method == "POST" else [],
        "/orders/9/fulfillments": {"id": 30} if request.method == "POST" else [],
        "/products": [PRODUCT],
        "/products/5": PRODUCT,
        "/products/6/variations": [],
        "/webhooks": WEBHOOK if request.method == "POST" else [WEBHOOK],
        "/system_status": STATUS,
    }
    headers = {"x-wp-total": "150" if path in {"/orders", "/products"} else "1"}
    return httpx.Response(200, json=rows.get(path, {}), headers=headers)


def use_everything(connector: WooCommerceConnector, note_only: Any) -> None:
    """Call every capability, along each of its ways."""
    since = datetime(2026, 3, 1, 9, tzinfo=UTC)
    connector.check()
    page = connector.pull_orders(None, since=since)
    connector.pull_orders(page.cursor, since=since)
    connector.fetch_orders(["9", "8"])
    connector.pull_listings(connector.pull_listings(None).cursor)
    connector.fetch_listings(["6", "5"])
    connector.read_stock(["6", "6/61"])
    writes = [StockWrite(each, 5, None, each) for each in ("6", "6/61")]
    connector.push_stock(writes)
    lines = (FulfilledLine(line_external_id="11", quantity=1),)
    push = FulfillmentPush(
        "r-1", "9", lines, "DHL", "JD1", "https://t.example", since, True, "k-1"
    )
    connector.push_fulfillment(push)
    note_only.push_fulfillment(push)
    connector.find_fulfillment(push)
    connector.push_cancellation(CancellationPush("9", "gone", True, "k-2"))
    euros = Money.of("3.00", "EUR")
    back = (RefundedLine("11", 1, euros),)
    connector.push_refund(RefundPush("r-2", "9", back, euros, "broken", "k-3"))
    connector.push_prices([PriceWrite(each, euros, each) for each in ("6", "6/61")])
    connector.list_subscriptions()
    connector.subscribe("order.updated", "https://hub.example/1")
    connector.subscribe("order.created", "https://hub.example/1")
    connector.unsubscribe("5")


@pytest.fixture
def requests(
    shop: respx.Router, connector: WooCommerceConnector, connect: Any
) -> list[httpx.Request]:
    """Every request that the connector makes when all of it is used."""
    route = shop.route().mock(side_effect=answer)
    use_everything(connector, connect(tracking="note"))
    return [call.request for call in route.calls]


def test_every_request_is_known_to_the_vendors_index(
    contract: Contract, requests: list[httpx.Request]
) -> None:
    faults = [fault for request in requests for fault in contract.find_faults(request)]
    assert faults == []


def test_the_connector_sends_what_it_declares_and_nothing_else(
    requests: list[httpx.Request],
) -> None:
    taken = {
        f"{request.method} "
        + re.sub(r"\d+", "{id}", request.url.path.partition("/wc/v3")[2])
        for request in requests
    }
    assert taken == set(OPERATIONS)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/orders?modified-after=2026-03-01T00:00:00", None),
        ("GET", "/orders?per_page=many", None),
        ("GET", "/orders?orderby=mood", None),
        ("PATCH", "/orders", None),
        ("GET", "/parcels", None),
        ("PUT", "/orders/9", {"status": "shipped"}),
        ("POST", "/products/batch", {"update": [{"id": 1, "stock_quantity": "5"}]}),
        ("POST", "/products/batch", {"change": [], "update": []}),
    ],
)
def test_a_request_that_the_vendor_does_not_know_would_be_noticed(
    contract: Contract, method: str, path: str, body: Json | None
) -> None:
    url = f"https://shop.example/wp-json/wc/v3{path}"
    request = httpx.Request(method, url, json=body)
    assert list(contract.find_faults(request))
