"""The simulator against the vendor's own contract: shapes, routes and arguments.

Shapes are derived from the documented example responses; what a newer server adds is
listed here by name. Skipped where the vendors' files are absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from crossdock.simulators.books import BasketLine
from crossdock.simulators.wire import Request
from crossdock.simulators.woocommerce import (
    NewProduct,
    NewVariation,
    ShopSettings,
    WooCommerceShop,
)
from crossdock.simulators.woocommerce.routes import PREFIX, ROUTES, dispatch
from crossdock.simulators.world import World

NEWER_KEYS = {
    # Present in answers of WooCommerce 11.0 and not in the documentation of 2024.
    "currency_symbol",
    "is_editable",
    "needs_payment",
    "needs_processing",
    "payment_url",
    "image",
    "parent_name",
    "instance_id",
    "rate_percent",
    "phone",
    "display_key",
    "display_value",
    "brands",
    "global_unique_id",
    "has_options",
    "low_stock_amount",
    "post_password",
    "name",
    "type",
    "slug",
    "parent_id",
    "shipping_lines",
    "tax_lines",
    "fee_lines",
    "HPOS_enabled",
}
NULL_ALLOWED = {"image", "date_completed", "date_completed_gmt"}
NEWER_ROUTES = {"/orders/1/fulfillments", "/orders/1/fulfillments/1"}
NEWER_ARGUMENTS = {"dates_are_gmt", "modified_after", "modified_before"}
GLOBAL_ARGUMENTS = {"_fields"}
"""WordPress takes them on every route, and lists them on none."""


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def compare(ours: Any, documented: Any, path: str) -> Iterator[str]:
    """Yield every way in which ``ours`` is not shaped as the documented example."""
    name = path.rpartition(".")[2]
    if documented is None or (ours is None and name in NULL_ALLOWED):
        return
    if kind_of(ours) != kind_of(documented):
        yield f"{path}: {kind_of(ours)}, documented as {kind_of(documented)}"
    elif isinstance(ours, dict):
        yield from (
            f"{path}.{key} is missing" for key in documented.keys() - ours.keys()
        )
        added = ours.keys() - documented.keys() - NEWER_KEYS
        yield from (f"{path}.{key} is not documented" for key in added)
        for key in ours.keys() & documented.keys():
            yield from compare(ours[key], documented[key], f"{path}.{key}")
    elif isinstance(ours, list) and documented:
        for row in ours:
            yield from compare(row, documented[0], f"{path}[]")


@dataclass(frozen=True)
class Visit:
    """A shop with something of everything in it, and the paths to look at."""

    client: httpx.Client
    order: str
    product: str
    variation: str
    webhook: str
    refund: str
    note: str

    def read(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def visit(world: World) -> Visit:
    settings = ShopSettings(tax_rate=Decimal("0.075"))
    shop = WooCommerceShop("woo", world=world, settings=settings)
    product = shop.add_product(NewProduct(name="A", sku="A", price=Decimal(3), stock=9))
    sizes = [NewVariation(options={"Size": "M"}, price=Decimal(12), sku="M", stock=2)]
    (variation,) = shop.add_variable_product("Tee", sizes)
    order = shop.check_out(
        [BasketLine(product, 2), BasketLine(variation, 1)],
        "João Silva",
        coupon="harbour10",
        discount_percent=Decimal(10),
    )
    client = httpx.Client(
        transport=shop.wire(),
        base_url="https://woo.example/wp-json/wc/v3",
        auth=("ck_simulated", "cs_simulated"),
    )
    line = client.get(f"/orders/{order}").json()["line_items"][0]["id"]
    part = {"line_items": [{"id": line, "quantity": 1}]}
    refund = client.post(f"/orders/{order}/refunds", json=part).json()["id"]
    note = client.post(f"/orders/{order}/notes", json={"note": "n"}).json()["id"]
    hook = {"topic": "order.updated", "delivery_url": "http://hub.example/"}
    webhook = client.post("/webhooks", json=hook).json()["id"]
    parent, _, child = variation.partition("/")
    return Visit(
        client=client,
        order=f"/orders/{order}",
        product=f"/products/{product}",
        variation=f"/products/{parent}/variations/{child}",
        webhook=f"/webhooks/{webhook}",
        refund=f"/orders/{order}/refunds/{refund}",
        note=f"/orders/{order}/notes/{note}",
    )


EXAMPLES = {
    "order": ("orders--retrieve-an-order", "orders--update-an-order"),
    "product": ("products--retrieve-a-product", "products--update-a-product"),
    "variation": (
        "product-variations--retrieve-a-product-variation",
        "product-variations--update-a-product-variation",
    ),
    "webhook": ("webhooks--retrieve-a-webhook", "webhooks--update-a-webhook"),
    "refund": ("order-refunds--retrieve-a-refund", "order-refunds--create-a-refund"),
}


@pytest.mark.parametrize("record", EXAMPLES)
def test_a_record_is_shaped_as_the_vendor_documents_it(
    specs: Path, visit: Visit, record: str
) -> None:
    ours = visit.read(getattr(visit, record))
    for name in EXAMPLES[record]:
        example = specs / "woocommerce" / "examples-extracted" / f"{name}.json"
        documented = json.loads(example.read_text())["response"]
        assert list(compare(ours, documented, record)) == []


def test_a_note_is_shaped_as_the_vendor_documents_it(specs: Path, visit: Visit) -> None:
    name = "order-notes--list-all-order-notes.json"
    example = specs / "woocommerce" / "examples-extracted" / name
    documented = json.loads(example.read_text())["response"]
    ours = visit.read(f"{visit.order}/notes")
    assert list(compare(ours, documented, "notes")) == []


def test_a_list_and_a_webhook_show_an_order_as_a_single_read_does(
    visit: Visit,
) -> None:
    assert visit.read("/orders")[0] == visit.read(visit.order)


def test_the_comparison_notices_what_is_missing_added_or_of_another_type() -> None:
    documented = {"id": 1, "rows": [{"total": "1.00"}]}
    ours = {"id": "1", "rows": [{"sum": "1.00"}], "surplus": None}
    assert sorted(compare(ours, documented, "x")) == [
        "x.id: str, documented as number",
        "x.rows[].sum is not documented",
        "x.rows[].total is missing",
        "x.surplus is not documented",
    ]


def load_index(specs: Path) -> dict[str, Any]:
    text = (specs / "woocommerce" / "wc-v3-index.json").read_text()
    routes: dict[str, Any] = json.loads(text)["routes"]
    return routes


def arguments_of(index: dict[str, Any], method: str, path: str) -> set[str] | None:
    """Return the documented arguments of a route; None where there is no such route."""
    for pattern, route in index.items():
        if not re.fullmatch(pattern, f"/wc/v3{path}"):
            continue
        for endpoint in route["endpoints"]:
            if method in endpoint["methods"]:
                return set(endpoint["args"])
    return None


def sample_path(pattern: str) -> str:
    """Return a path that a route's pattern matches."""
    path = re.sub(r"\(\?P<\w+_id>[^)]*\)", "1", pattern)
    path = re.sub(r"\(\?P<name>[^)]*\)", "general_option", path)
    return path.removesuffix("/?")


def test_every_route_is_one_of_the_vendors(specs: Path) -> None:
    index = load_index(specs)
    unknown = [
        (method, path)
        for route in ROUTES
        for method in route.answers
        for path in [sample_path(route.pattern.pattern)]
        if path not in NEWER_ROUTES and arguments_of(index, method, path) is None
    ]
    assert unknown == []


class NosyRequest(Request):
    """A request that remembers which arguments it was asked for."""

    asked: set[str]

    def argument(self, name: str, default: str = "") -> str:
        self.asked.add(name)
        return Request.argument(self, name, default)


def test_every_argument_that_a_list_reads_is_one_of_the_vendors(
    specs: Path, visit: Visit, world: World
) -> None:
    index = load_index(specs)
    shop = WooCommerceShop("other", world=world)
    parent = shop.add_variable_product("Tee", [])
    assert parent == ()
    product = next(iter(shop.state.products))
    order = shop.check_out([], "Ada Lovelace")
    for path in (
        "/orders",
        f"/orders/{order}/refunds",
        f"/orders/{order}/notes",
        "/products",
        f"/products/{product}/variations",
        "/webhooks",
    ):
        request = NosyRequest("GET", PREFIX + path)
        object.__setattr__(request, "asked", set())
        assert dispatch(shop.state, request, request.path).status == 200
        documented = arguments_of(index, "GET", path)
        assert documented is not None
        assert request.asked
        assert request.asked - documented - NEWER_ARGUMENTS - GLOBAL_ARGUMENTS == set()


# What connectors asked and the simulator answered in the recorded conversations

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
DOCUMENTED_BY = (
    # Method, path and the example that documents the answer.
    ("GET", "/orders", "orders--list-all-orders"),
    ("GET", r"/orders/\d+", "orders--retrieve-an-order"),
    ("PUT", r"/orders/\d+", "orders--update-an-order"),
    ("GET", r"/orders/\d+/refunds", "order-refunds--list-all-refunds"),
    ("POST", r"/orders/\d+/refunds", "order-refunds--create-a-refund"),
    ("GET", r"/orders/\d+/notes", "order-notes--list-all-order-notes"),
    ("POST", r"/orders/\d+/notes", "order-notes--create-an-order-note"),
    ("GET", "/products", "products--list-all-products"),
    ("POST", "/products/batch", "products--batch-update-products"),
    (
        "GET",
        r"/products/\d+/variations",
        "product-variations--list-all-product-variations",
    ),
    (
        "POST",
        r"/products/\d+/variations/batch",
        "product-variations--batch-update-product-variations",
    ),
    ("GET", "/webhooks", "webhooks--list-all-webhooks"),
    ("POST", "/webhooks", "webhooks--create-a-webhook"),
    ("PUT", r"/webhooks/\d+", "webhooks--update-a-webhook"),
    ("DELETE", r"/webhooks/\d+", "webhooks--delete-a-webhook"),
    ("GET", "/system_status", "system-status--list-all-system-status-items"),
)
REDUCED = {"system-status--list-all-system-status-items"}
"""Answers of which the simulator gives a part, and that part as documented."""
UNDOCUMENTED = r"/orders/\d+/fulfillments(/\d+)?"
"""A feature newer than the documentation; its behaviour was seen on a real server."""


@dataclass(frozen=True)
class Exchange:
    """One request of a recorded conversation, with its answer."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    answer: Any


def read_exchanges() -> Iterator[Exchange]:
    for path in sorted(RECORDINGS.glob("woocommerce-*.yaml")):
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            url = httpx.URL(one["request"]["uri"])
            yield Exchange(
                one["request"]["method"],
                url.path.removeprefix(PREFIX),
                dict(url.params),
                one["response"]["status"]["code"],
                json.loads(one["response"]["body"]["string"]),
            )


def find_example(exchange: Exchange) -> str:
    if exchange.status >= 400:
        return "introduction--errors"
    for method, pattern, example in DOCUMENTED_BY:
        if method == exchange.method and re.fullmatch(pattern, exchange.path):
            return example
    raise AssertionError(f"no example for {exchange.method} {exchange.path}")


def list_differences(specs: Path, exchange: Exchange) -> list[str]:
    """Return how an answer differs from its example, as far as it was asked for."""
    name = find_example(exchange)
    ours, documented = exchange.answer, read_example(specs, name)
    if fields := exchange.query.get("_fields"):
        documented = [
            {key: row[key] for key in fields.split(",")} for row in documented
        ]
    if exchange.path.endswith("/batch"):
        documented = {verb: documented[verb] for verb in ours}
        error = {"id": 1, "error": read_example(specs, "introduction--errors")}
        failed = [row for row in ours.get("update", []) if "error" in row]
        ours = {verb: [row for row in ours[verb] if row not in failed] for verb in ours}
        differences = compare(failed, [error], name)
        return [*compare(ours, documented, name), *differences]
    found = list(compare(ours, documented, name))
    if name in REDUCED:
        found = [one for one in found if not one.endswith("is missing")]
    return found


def read_example(specs: Path, name: str) -> Any:
    path = specs / "woocommerce" / "examples-extracted" / f"{name}.json"
    return json.loads(path.read_text())["response"]


def test_every_recorded_answer_is_shaped_as_the_vendor_documents_it(
    specs: Path,
) -> None:
    exchanges = [
        one for one in read_exchanges() if not re.fullmatch(UNDOCUMENTED, one.path)
    ]
    assert {find_example(one) for one in exchanges} == {
        "introduction--errors",
        *(example for _, _, example in DOCUMENTED_BY),
    }
    differences = [found for one in exchanges for found in list_differences(specs, one)]
    assert sorted(set(differences)) == []


def test_every_recorded_request_is_one_of_the_vendors_routes(specs: Path) -> None:
    index = load_index(specs)
    for one in read_exchanges():
        if re.fullmatch(UNDOCUMENTED, one.path):
            continue
        documented = arguments_of(index, one.method, one.path)
        assert documented is not None, one
        asked = {name for name in one.query if not name.startswith("oauth_")}
        assert asked - documented - NEWER_ARGUMENTS - GLOBAL_ARGUMENTS == set(), one
