"""A hub and a real Medusa server: recorded once, played back without one.

``./scripts/real-servers medusa`` starts a server and records what hub and server say;
people (shoppers, staff) act on the server meanwhile, unrecorded. Played back, people
have acted; what they saw is kept beside the cassette.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.connectors.wire import GuardedWire
from crossdock.simulators.clock import VirtualClock
from crossdock.store import figures, fsck, schema, stock
from crossdock.store.conflicts import load_many
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import MarkKind
from crossdock.store.tables import orders as order_rows
from crossdock.store.vault import Vault
from crossdock.sync.hub import Hub, Tuning
from crossdock.sync.schedule import tick
from crossdock.sync.worker import run_due
from sqlalchemy import select

REAL = os.environ.get("CROSSDOCK_REAL_SERVERS") == "medusa"
"""Set by scripts/real-servers, which has installed the server."""
HERE = Path(__file__).resolve().parent
INSTALLED = HERE.parents[2] / ".build/real/medusa"
RECORDINGS = HERE.parents[1] / "recordings"
NAME = "medusa-real"
PUBLIC = "http://medusa.example"
"""What the hub calls the server; it stands in the cassette."""
EMAIL, PASSWORD = "admin@medusa.example", "of-a-loopback-server"
HEADERS_KEPT = {"accept", "authorization", "content-type", "host"}
TOLD_KEPT = {"content-type", "date"}
SHIPPED_TO = {
    "first_name": "Zoë",
    "last_name": "Ångström 🫖",
    "address_1": "Kai 1",
    "city": "Hamburg",
    "country_code": "de",
    "postal_code": "20457",
}


class Door(GuardedWire):
    """Leads what is meant for the server's public name to where it listens."""

    def __init__(self, server: str) -> None:
        super().__init__(NetworkPolicy(allow_private_networks=True))
        self._server = httpx.URL(server)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange a request with the server on loopback."""
        url = request.url.copy_with(host=self._server.host, port=self._server.port)
        return super().handle_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


class People:
    """Shoppers and staff of a real server, past the cassette."""

    def __init__(self, server: str) -> None:
        marked = {"x-people": "yes"}
        self._client = httpx.Client(base_url=server, headers=marked, timeout=30)
        login = {"email": EMAIL, "password": PASSWORD}
        token = self._ask("POST", "/auth/user/emailpass", login, {})["token"]
        self._staff = {"authorization": f"Bearer {token}"}
        self._shopper: dict[str, str] = {}
        self._made: dict[str, str] = {}

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        answer = self._client.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json()

    def read(self, path: str) -> Any:
        """Read something in the dashboard."""
        return self._ask("GET", f"/admin{path}", None, self._staff)

    def manage(self, path: str, body: Any = None) -> Any:
        """Do something in the dashboard."""
        return self._ask("POST", f"/admin{path}", body or {}, self._staff)

    def shop(self, path: str, body: Any = None) -> Any:
        """Do something in the shop."""
        return self._ask("POST", f"/store{path}", body or {}, self._shopper)

    def furnish(self, skus: dict[str, int], price: float) -> dict[str, str]:
        """Set the shop up, with one product; return what the hub is told.

        The key is among it: it is of a server that is gone when the run ends.
        """
        made = self._made
        channel = self.manage("/sales-channels", {"name": "Web"})["sales_channel"]["id"]
        region = {
            "name": "Europe",
            "currency_code": "eur",
            "countries": ["de"],
            "payment_providers": ["pp_system_default"],
        }
        made["region"] = self.manage("/regions", region)["region"]["id"]
        (store,) = self.read("/stores")["stores"]
        euros = {"supported_currencies": [{"currency_code": "eur", "is_default": True}]}
        self.manage(f"/stores/{store['id']}", euros)
        made["location"] = self._open_location(channel)
        profile = self._open_shipping()
        made["product"] = self._offer(skus, price, channel, profile)
        for row in self.read("/inventory-items")["inventory_items"]:
            level = {"location_id": made["location"]}
            level["stocked_quantity"] = skus[row["sku"]]  # type: ignore[assignment]  # a JSON body
            self.manage(f"/inventory-items/{row['id']}/location-levels", level)
        public = {"title": "shop", "type": "publishable"}
        key = self.manage("/api-keys", public)["api_key"]
        self.manage(f"/api-keys/{key['id']}/sales-channels", {"add": [channel]})
        self._shopper = {"x-publishable-api-key": key["token"]}
        secret = self.manage("/api-keys", {"title": "hub", "type": "secret"})
        return {"location": made["location"], "key": secret["api_key"]["token"]}

    def _open_location(self, channel: str) -> str:
        new = {"name": "Main", "address": {"address_1": "Kai 1", "country_code": "de"}}
        made = self.manage("/stock-locations", new)["stock_location"]["id"]
        path = f"/stock-locations/{made}"
        self.manage(f"{path}/sales-channels", {"add": [channel]})
        self.manage(f"{path}/fulfillment-providers", {"add": ["manual_manual"]})
        sets = {"name": "Parcels", "type": "shipping"}
        told = self.manage(f"{path}/fulfillment-sets?fields=*fulfillment_sets", sets)
        (made_set,) = told["stock_location"]["fulfillment_sets"]
        self._made["set"] = made_set["id"]
        return str(made)

    def _open_shipping(self) -> str:
        zone = {
            "name": "Europe",
            "geo_zones": [{"type": "country", "country_code": "de"}],
        }
        path = f"/fulfillment-sets/{self._made['set']}/service-zones"
        (made,) = self.manage(path, zone)["fulfillment_set"]["service_zones"]
        known = self.read("/shipping-profiles")["shipping_profiles"]
        new = {"name": "Default", "type": "default"}
        profile = (
            known[0]
            if known
            else self.manage("/shipping-profiles", new)["shipping_profile"]
        )
        option = {
            "name": "Standard",
            "service_zone_id": made["id"],
            "shipping_profile_id": profile["id"],
            "provider_id": "manual_manual",
            "price_type": "flat",
            "type": {"label": "Standard", "description": "3 days", "code": "standard"},
            "prices": [{"currency_code": "eur", "amount": 5}],
            "rules": [],
        }
        told = self.manage("/shipping-options", option)["shipping_option"]
        self._made["option"] = told["id"]
        return str(profile["id"])

    def _offer(
        self, skus: dict[str, int], price: float, channel: str, profile: str
    ) -> str:
        product = {
            "title": "Squeaky teapot",
            "status": "published",
            "shipping_profile_id": profile,
            "options": [{"title": "Colour", "values": list(skus)}],
            "sales_channels": [{"id": channel}],
            "variants": [
                {
                    "title": sku.title(),
                    "sku": sku,
                    "manage_inventory": True,
                    "options": {"Colour": sku},
                    "prices": [{"currency_code": "eur", "amount": price}],
                }
                for sku in skus
            ],
        }
        made = self.manage("/products", product)["product"]
        self._made |= {one["sku"]: one["id"] for one in made["variants"]}
        return str(made["id"])

    def buy(self, sku: str, units: int, *, captured: bool = True) -> str:
        """Buy and pay, or promise to; return the order's id."""
        cart = self.shop(
            "/carts",
            {
                "region_id": self._made["region"],
                "email": "zoe@example.com",
                "shipping_address": SHIPPED_TO,
            },
        )["cart"]["id"]
        wanted = {"variant_id": self._made[sku], "quantity": units}
        self.shop(f"/carts/{cart}/line-items", wanted)
        way = {"option_id": self._made["option"]}
        self.shop(f"/carts/{cart}/shipping-methods", way)
        told = self.shop("/payment-collections", {"cart_id": cart})
        path = f"/payment-collections/{told['payment_collection']['id']}"
        self.shop(f"{path}/payment-sessions", {"provider_id": "pp_system_default"})
        order = str(self.shop(f"/carts/{cart}/complete")["order"]["id"])
        if captured:
            self.capture(order)
        return order

    def capture(self, order_id: str) -> None:
        """Take the money of an order."""
        (payment,) = self.look(order_id)["payment_collections"][0]["payments"]
        self.manage(f"/payments/{payment['id']}/capture")

    def look(self, order_id: str) -> Any:
        """Return an order as the dashboard shows it."""
        fields = (
            "id,status,updated_at,*items,*items.detail,*fulfillments,"
            "*fulfillments.labels,*payment_collections.payments,"
            "*payment_collections.payments.refunds"
        )
        return self.read(f"/orders/{order_id}?fields={fields}")["order"]

    def count(self) -> dict[str, list[int]]:
        """Return what of each SKU is stocked, and what is reserved."""
        told = self.read("/inventory-items?fields=id,sku,*location_levels")
        return {
            row["sku"]: [
                row["location_levels"][0]["stocked_quantity"],
                row["location_levels"][0]["reserved_quantity"],
            ]
            for row in told["inventory_items"]
        }

    def price(self, sku: str) -> Any:
        """Return the prices of a variant."""
        path = f"/products/{self._made['product']}/variants/{self._made[sku]}"
        rows = self.read(f"{path}?fields=id,*prices")["variant"]["prices"]
        return [[row["currency_code"], row["amount"]] for row in rows]


@dataclass
class Story:
    """A hub connected to the server, and what people did and saw there.

    ``people`` are there while it is recorded, and None at a replay.
    """

    hub: Hub
    clock: VirtualClock
    people: People | None
    seen: dict[str, Any] = field(default_factory=dict)
    """What people saw at each step, when it was recorded."""

    def meanwhile(self, step: str, act: Callable[[People], Any]) -> Any:
        """Let people act on the server; return what they saw."""
        if self.people is not None:
            self.seen[step] = _strip(json.loads(json.dumps(act(self.people))))
        return self.seen[step]

    def work(self, seconds: int = 60) -> None:
        """Let the hub pull and work for so long."""
        for _ in range(max(1, seconds // 30)):
            tick(self.hub, MarkKind.PULL, 0.001)
            run_due(self.hub, "test")
            self.clock.advance(30)

    def count(self, sku: str) -> tuple[int, int]:
        """Return how many are on hand and allocated, by the hub's books."""
        with self.hub.store.reading() as connection:
            found = stock.load_positions(connection, [sku])
            assert fsck.check(connection) == []
        (counts,) = found.values()
        return counts.on_hand, counts.allocated

    def order(self, external_id: str) -> dict[str, Any]:
        """Return an order's row at the hub."""
        with self.hub.store.reading() as connection:
            wanted = order_rows.c.external_id == external_id
            found = connection.scalar(select(order_rows.c.id).where(wanted))
            assert found is not None, f"the hub does not know order {external_id}"
            return figures.get_order(connection, found)

    def list_open(self) -> list[Any]:
        """Return the open conflicts."""
        with self.hub.store.reading() as connection:
            return list(load_many(connection))


def clean_request(request: Any) -> Any:
    """Return a request as it goes into the cassette; what people ask stays out."""
    if "x-people" in {name.lower() for name in request.headers}:
        return None
    request.headers = {
        name.lower(): "Basic struck-out" if name.lower() == "authorization" else text
        for name, text in request.headers.items()
        if name.lower() in HEADERS_KEPT
    }
    request.uri = re.sub(r"^https?://[^/]+", PUBLIC, request.uri)
    return request


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response as it goes into the cassette: without what is told twice.

    Medusa tells each number once more, exactly, under a name that begins with ``raw_``.
    """
    response["headers"] = {
        name.lower(): told
        for name, told in response["headers"].items()
        if name.lower() in TOLD_KEPT
    }
    told = _strip(json.loads(response["body"]["string"]))
    response["body"]["string"] = json.dumps(told, ensure_ascii=False).encode()
    return response


def _strip(told: Any) -> Any:
    if isinstance(told, list):
        return [_strip(each) for each in told]
    if isinstance(told, dict):
        return {
            name: _strip(each)
            for name, each in told.items()
            if not name.startswith("raw_")
        }
    return told


def build_hub(folder: Path, clock: VirtualClock, server: str) -> Hub:
    """Return a hub that knows nothing yet."""
    chance = random.Random(7)
    store = Store(f"sqlite:///{folder / 'crossdock.sqlite3'}")
    schema.upgrade(store)
    return Hub(
        store,
        Vault(Vault.generate_key()),
        clock,
        IdSource(clock, chance),
        HttpTransports(
            clock=clock,
            randomness=chance,
            network=NetworkPolicy(allow_private_networks=True),
            wire=(lambda: Door(server)) if server else None,
        ),
        find_plugin,
        lambda: f"hook-{chance.getrandbits(64):016x}",
        Tuning(),
    )


@contextmanager
def serve() -> Iterator[str]:
    """Run the real server; yield its address."""
    command = [sys.executable, str(HERE / "serve.py"), str(INSTALLED)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            assert address, "the server did not start; see server.log"
            yield address
        finally:
            process.stdin.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the real server; empty where the cassette is played."""
    if not REAL:
        yield ""
        return
    with serve() as address:
        yield address


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[Story]:
    """The story from its beginning: with the real server, or from its cassette."""
    kept = RECORDINGS / f"{NAME}.understood.json"
    cassette = RECORDINGS / f"{NAME}.yaml"
    told: dict[str, Any] = {}
    if server:
        cassette.unlink(missing_ok=True)
        now = datetime.now(UTC).replace(microsecond=0)
        told = {"started_at": now.isoformat(), "seen": {}}
    else:
        told = json.loads(kept.read_text(encoding="utf-8"))
    recorder = vcr.VCR(
        match_on=("method", "uri", "body", "headers"),
        before_record_request=clean_request,
        before_record_response=clean_response,
        record_mode="all" if server else "none",
    )
    with ExitStack() as stack:
        stack.enter_context(recorder.use_cassette(str(cassette)))
        clock = VirtualClock(datetime.fromisoformat(told["started_at"]))
        hub = build_hub(tmp_path_factory.mktemp(NAME), clock, server)
        people = People(server) if server else None
        yield Story(hub, clock, people, told["seen"])
        assert isinstance(hub.transports, HttpTransports)
        hub.transports.close()
        hub.store.close()
        if people is not None:
            people.close()
            text = json.dumps(told, ensure_ascii=False, indent=1)
            kept.write_text(text + "\n", encoding="utf-8")
