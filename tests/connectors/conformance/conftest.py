"""The example of docs/connectors/writing.md, and a pretender of its channel."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from crossdock.canonical.clock import Clock, ManualClock
from crossdock.canonical.errors import OutcomeUnknownError, WebhookRefusedError
from crossdock.canonical.pages import Delivery, Stream
from crossdock.canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    PushResult,
    RefundPush,
    Subscription,
)
from crossdock.connectors.conformance import (
    ConformanceCase,
    SampleOrder,
    SignedDelivery,
)
from crossdock.connectors.signatures import (
    Encoding,
    require_recent,
    require_signature,
)
from crossdock.connectors.transport import Call, Transport

MakeCase = Callable[..., ConformanceCase]
WRITING = Path(__file__).parents[3] / "docs" / "connectors" / "writing.md"
SECRET = "tok-canary-1234"
PAGE_SIZE = 10
Json = dict[str, Any]


class PretendBazaar:
    """Bazaar, pretended: its own books, and an API over them."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.skus: Sequence[str] = ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")
        self.stock = {f"p{number}": 20 for number in range(3)}
        self.orders: dict[str, Json] = {}
        self.parcels: dict[str, list[Json]] = {}
        self.cancelled: set[str] = set()
        self.refunds: dict[str, list[Json]] = {}
        self.prices = {f"p{number}": "10.00" for number in range(3)}
        self.hooks: dict[str, Json] = {}
        self.changes: list[str] = []

    def wire(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self._answer)

    def place_order(self, order: SampleOrder) -> str | None:
        number = len(self.orders) + 1
        lines = [
            {
                "id": f"{number}-{index}",
                "product": self.stock_id_of(line.sku),
                "sku": line.sku,
                "quantity": line.quantity,
                "price": line.unit_price,
            }
            for index, line in enumerate(order.lines)
        ]
        now = self.clock.now().isoformat()
        self.orders[f"o{number}"] = {
            "id": f"o{number}",
            "placed_at": now,
            "changed_at": now,
            "currency": order.currency,
            "buyer": order.customer_name,
            "note": order.note,
            "lines": lines,
        }
        self.changes.append(f"o{number}")
        return f"o{number}"

    def stock_id_of(self, sku: str) -> str:
        return f"p{list(self.skus).index(sku)}"

    def quantity_of(self, sku: str) -> int:
        return self.stock[self.stock_id_of(sku)]

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        lines = self.orders[order_external_id]["lines"]
        return [(line["id"], line["quantity"]) for line in lines]

    def count_fulfillments(self, order_external_id: str) -> int:
        return len(self.parcels.get(order_external_id, []))

    def is_cancelled(self, order_external_id: str) -> bool:
        return order_external_id in self.cancelled

    def count_refunds(self, order_external_id: str) -> int:
        return len(self.refunds.get(order_external_id, []))

    def listing_id_of(self, sku: str) -> str:
        return self.stock_id_of(sku)

    def price_of(self, sku: str) -> str:
        return self.prices[self.stock_id_of(sku)]

    def deliver(self, order_external_id: str) -> SignedDelivery:
        body = json.dumps({"order": order_external_id, "seq": len(self.changes)})
        headers = self.sign(body.encode()) or {}
        return SignedDelivery(headers, body.encode())

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        moment = self.clock.now() - timedelta(seconds=age_seconds)
        stamp = str(int(moment.timestamp()))
        signed = stamp.encode() + b"." + body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        return {"bazaar-time": stamp, "bazaar-signature": digest}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        _, place, *rest = request.url.path.split("/")
        name = f"_{request.method}_{place}".lower()
        answer = getattr(self, name)(rest, request)
        status = 404 if answer is None else 200
        return httpx.Response(status, json=answer)

    def _get_account(self, rest: list[str], request: httpx.Request) -> Json:
        return {"id": "stand-7", "name": "Ada's stand", "currency": "EUR"}

    def _get_orders(self, rest: list[str], request: httpx.Request) -> Json:
        if rest and rest[0] == "named":
            names = request.url.params["ids"].split(",")
            return {"orders": [self.orders[n] for n in names if n in self.orders]}
        if rest:
            made = self.refunds if rest[1] == "refunds" else self.parcels
            return {rest[1]: made.get(rest[0], [])}
        after = int(request.url.params.get("after", 0))
        page = self.changes[after : after + PAGE_SIZE]
        last = after + len(page)
        return {
            "orders": [self.orders[name] for name in page],
            "last": str(last),
            "more": last < len(self.changes),
        }

    def _get_products(self, rest: list[str], request: httpx.Request) -> Json:
        page = int(request.url.params.get("page", 1))
        products = [
            {"id": f"p{n}", "sku": sku, "title": sku.title(), "stock": 20}
            for n, sku in enumerate(self.skus)
        ]
        shown = products[(page - 1) * 2 : page * 2]
        return {
            "products": shown,
            "next": str(page + 1) if page * 2 < len(products) else None,
        }

    def _get_stock(self, rest: list[str], request: httpx.Request) -> Json:
        names = request.url.params["ids"].split(",")
        return {"stock": {n: self.stock[n] for n in names if n in self.stock}}

    def _put_stock(self, rest: list[str], request: httpx.Request) -> Json:
        return {
            "results": [self._write(row) for row in json.loads(request.content)["rows"]]
        }

    def _write(self, row: Json) -> str:
        if row["id"] not in self.stock:
            return "no such product"
        if row["expected"] != self.stock[row["id"]]:
            return "stale"
        self.stock[row["id"]] = row["quantity"]
        return "ok"

    def _post_orders(self, rest: list[str], request: httpx.Request) -> Json:
        order_id, action = rest
        if action == "cancel":
            self.cancelled.add(order_id)
            return {}
        if action == "refunds":
            return self._pay_back(order_id, json.loads(request.content))
        parcels = self.parcels.setdefault(order_id, [])
        parcels.append({"id": f"parcel-{len(parcels)}", **json.loads(request.content)})
        return parcels[-1]

    def _pay_back(self, order_id: str, wish: Json) -> Json:
        if Decimal(wish["amount"]) > 20:
            return {"error": "more than was paid"}
        paid = self.refunds.setdefault(order_id, [])
        paid.append({"id": f"refund-{len(paid)}", **wish})
        if wish.get("restock"):
            self.stock["p0"] += 1
        return paid[-1]

    def _put_prices(self, rest: list[str], request: httpx.Request) -> Json:
        rows = json.loads(request.content)["rows"]
        known = [row["id"] in self.prices for row in rows]
        self.prices |= {
            row["id"]: row["price"] for row in rows if row["id"] in self.prices
        }
        return {"results": ["ok" if one else "no such product" for one in known]}

    def _get_hooks(self, rest: list[str], request: httpx.Request) -> Json:
        return {"hooks": list(self.hooks.values())}

    def _post_hooks(self, rest: list[str], request: httpx.Request) -> Json:
        hook = {"id": f"h{len(self.hooks)}", **json.loads(request.content)}
        self.hooks[hook["id"]] = hook
        return hook

    def _delete_hooks(self, rest: list[str], request: httpx.Request) -> Json | None:
        return self.hooks.pop(rest[0], None)


@pytest.fixture(scope="session")
def example() -> Iterator[types.ModuleType]:
    """The connector of the docs as a module; its second code is the adoption."""
    text = WRITING.read_text(encoding="utf-8")
    connector, adoption = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = types.ModuleType("bazaar_of_the_docs")
    sys.modules[module.__name__] = module
    vars(module)["PretendBazaar"] = PretendBazaar
    exec(compile(connector, str(WRITING), "exec"), vars(module))
    exec(compile(adoption, str(WRITING), "exec"), vars(module))
    yield module
    del sys.modules[module.__name__]


class AlsoShipsAndHears:
    """What the docs' connector leaves out: parcels, money, webhooks."""

    topics = ("orders/changed",)
    _transport: Transport
    _clock: Clock

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        body = {"reference": push.reference, "tracking": push.tracking_number}
        path = f"/orders/{push.order_external_id}/parcels"
        try:
            answer = self._transport.send(Call("POST", path, json=body))
        except OutcomeUnknownError as error:
            return PushResult(Outcome.UNKNOWN, error.message)
        return PushResult(Outcome.ACCEPTED, external_id=answer.json()["id"])

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        path = f"/orders/{push.order_external_id}/parcels"
        answer = self._transport.send(Call("GET", path, safe=True))
        for parcel in answer.json()["parcels"]:
            if parcel["reference"] == push.reference:
                return str(parcel["id"])
        return None

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        path = f"/orders/{push.order_external_id}/cancel"
        self._transport.send(Call("POST", path, json={}, safe=True))
        return PushResult(Outcome.ACCEPTED)

    def push_refund(self, push: RefundPush) -> PushResult:
        amount = str(push.lines[0].amount.amount)
        body = {"reference": push.reference, "amount": amount}
        path = f"/orders/{push.order_external_id}/refunds"
        try:
            made = self._transport.send(Call("POST", path, json=body)).json()
        except OutcomeUnknownError as error:
            return PushResult(Outcome.UNKNOWN, error.message)
        if "error" in made:
            return PushResult(Outcome.REFUSED, made["error"])
        return PushResult(Outcome.ACCEPTED, external_id=made["id"])

    def find_refund(self, push: RefundPush) -> str | None:
        path = f"/orders/{push.order_external_id}/refunds"
        answer = self._transport.send(Call("GET", path, safe=True))
        for refund in answer.json()["refunds"]:
            if refund["reference"] == push.reference:
                return str(refund["id"])
        return None

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        rows = [
            {"id": write.listing_external_id, "price": str(write.price.amount)}
            for write in writes
        ]
        answer = self._transport.send(
            Call("PUT", "/prices", json={"rows": rows}, safe=True)
        )
        return tuple(
            PushResult(Outcome.ACCEPTED)
            if result == "ok"
            else PushResult(Outcome.REFUSED, result)
            for result in answer.json()["results"]
        )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        stamp = headers.get("bazaar-time", "")
        self._verify(stamp, headers.get("bazaar-signature"), body)
        try:
            told = json.loads(body)
            order_id = str(told["order"])
            event_id = f"{order_id}:{told['seq']}"
        except (ValueError, LookupError, TypeError):
            raise WebhookRefusedError("the delivery is not readable") from None
        return Delivery(event_id, "orders/changed", Stream.ORDERS, order_id)

    def _verify(self, stamp: str, signature: str | None, body: bytes) -> None:
        signed = stamp.encode() + b"." + body
        require_signature(signed, signature, [SECRET.encode()], Encoding.HEX)
        require_recent(datetime.fromtimestamp(int(stamp), UTC), self._clock.now())

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        hooks = self._transport.send(Call("GET", "/hooks", safe=True)).json()["hooks"]
        return tuple(Subscription(h["id"], h["topic"], h["url"], True) for h in hooks)

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        body = {"topic": topic, "url": callback_url}
        hook = self._transport.send(Call("POST", "/hooks", json=body)).json()
        return Subscription(hook["id"], topic, callback_url, True)

    def unsubscribe(self, external_id: str) -> None:
        self._transport.send(
            Call("DELETE", f"/hooks/{external_id}", safe=True, accept_statuses=(404,))
        )


@pytest.fixture(scope="session")
def make_case(example: types.ModuleType) -> MakeCase:
    """Return a case for a connector that can do everything, with some defects.

    ``defects`` are classes whose methods come before the connector's own; other
    arguments are changes to the plugin.
    """

    def make(*defects: type, **changes: Any) -> ConformanceCase:
        parts = (*defects, AlsoShipsAndHears, example.Bazaar)
        connector = type("AbleBazaar", parts, {})
        plugin = dataclasses.replace(
            example.plugin, connector=connector, connect=connector, **changes
        )
        case: ConformanceCase = dataclasses.replace(example.CASE, plugin=plugin)
        return case

    return make
