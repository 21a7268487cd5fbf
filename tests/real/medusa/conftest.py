"""A real Medusa server: how it is run and asked, and what of it is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

EMAIL, PASSWORD = "admin@medusa.example", "of-a-loopback-server"
SHIPPED_TO = {
    "first_name": "Zoë",
    "last_name": "Ångström 🫖",
    "address_1": "Kai 1",
    "city": "Hamburg",
    "country_code": "de",
    "postal_code": "20457",
}


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


def strip_raw(told: Any) -> Any:
    if isinstance(told, list):
        return [strip_raw(each) for each in told]
    if isinstance(told, dict):
        return {
            name: strip_raw(each)
            for name, each in told.items()
            if not name.startswith("raw_")
        }
    return told


class MedusaServer:
    """A server that ``serve.py`` runs."""

    kind = "medusa"
    cassette = "medusa-real"
    public = "http://medusa.example"
    scheme = "Basic"
    password = PASSWORD
    told_kept = frozenset({"content-type", "date"})

    @contextmanager
    def run(self, installed: Path, folder: Path) -> Iterator[str]:
        """Run the server; its database and its log are where it is installed."""
        program = Path(__file__).with_name("serve.py")
        with subprocess.Popen(
            [sys.executable, str(program), str(installed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                address = process.stdout.readline().strip()
                assert address, "the server did not start; see server.log"
                yield address
            finally:
                process.stdin.close()

    def greet(self, address: str) -> People:
        """Return people at the server."""
        return People(address)

    def clean_response(self, response: dict[str, Any]) -> None:
        """Leave out what is told twice.

        Medusa tells each number once more, exactly, under a name that begins with
        ``raw_``.
        """
        told = strip_raw(json.loads(response["body"]["string"]))
        response["body"]["string"] = json.dumps(told, ensure_ascii=False).encode()

    def clean_sight(self, sight: Any) -> Any:
        """Leave out what is told twice."""
        return strip_raw(sight)


@pytest.fixture(scope="module")
def server() -> MedusaServer:
    """The server that the story is told with."""
    return MedusaServer()
