"""A hub with an empty store, and shops that hand the vendors' samples to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from crossdock.canonical.money import Money
from crossdock.canonical.pages import Record
from crossdock.canonical.remembered import ChannelState, DriftPolicy, KnownChannel
from crossdock.connectors.conformance.contract import Contract
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.sdk import Plugin, Translator
from crossdock.connectors.transport import HttpTransports
from crossdock.mapping import shopify
from crossdock.mapping.shopify_webhooks import read_webhook_order
from crossdock.simulators.clock import VirtualClock
from crossdock.store import channels, conflicts, figures, fsck, orders, schema
from crossdock.store.conflicts import ConflictRow
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.vault import Vault
from crossdock.sync.hub import Hub
from crossdock.sync.ingest import IngestReport, ingest_orders
from crossdock.sync.pull import pull_orders

Json = dict[str, Any]
LONG_AGO = datetime(2016, 1, 1, tzinfo=UTC)
SETTINGS: Mapping[str, Json] = {
    "woocommerce": {"consumer_key": "ck_sample", "consumer_secret": "cs_sample"},
    "shopify": {"client_secret": "shpss_sample", "access_token": "shpat_sample"},
}


class WebhookTranslator:
    """Reads Shopify's orders in the shape in which its webhooks carry them."""

    read_listings = staticmethod(shopify.read_listings)
    read_order = staticmethod(read_webhook_order)


def find_sample_plugin(kind: str) -> Plugin:
    """Return a plugin; Shopify's reads what the vendor has samples of."""
    plugin = find_plugin(kind)
    translator: Translator = WebhookTranslator()
    return replace(plugin, translator=translator) if kind == "shopify" else plugin


class WooCommerceCounter:
    """A shop whose only orders are the vendor's own documented ones."""

    def __init__(self, rows: list[Json], refunds: list[Json]) -> None:
        self._rows = rows
        self._refunds = refunds

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer what a pull asks: the list, the trash, refunds, and no parcels."""
        if request.url.path.endswith("/orders"):
            rows = self._rows if request.url.params["status"] == "any" else []
        elif request.url.path.endswith("/refunds"):
            rows = self._refunds
        else:
            return httpx.Response(404, json={"code": "rest_no_route"})
        return httpx.Response(200, json=rows, headers={"x-wp-total": str(len(rows))})


@dataclass
class Reception:
    """A hub that vendors' samples are brought to, each over a channel of its own."""

    hub: Hub
    counters: dict[str, WooCommerceCounter]
    """The shops that can be reached, by their host names."""

    def pull_woocommerce(self, rows: list[Json], refunds: list[Json]) -> str:
        """Pull the orders of a shop that has these; return the channel's name."""
        name = f"woo-{len(self.counters)}"
        self.counters[f"{name}.example"] = WooCommerceCounter(rows, refunds)
        shop = {"shop_url": f"https://{name}.example"}
        report = pull_orders(self.hub, self._add("woocommerce", name, shop))
        assert report.received == len(rows)
        return name

    def take_in_shopify(self, name: str, payload: Json) -> IngestReport:
        """Take in an order in the shape of a webhook, over a channel of this name."""
        channel = self._add("shopify", name, {"shop": f"{name}.myshopify.com"})
        changed = datetime.fromisoformat(payload["updated_at"])
        record = Record(payload["admin_graphql_api_id"], changed, payload)
        return ingest_orders(self.hub, channel, [record])

    def _add(self, kind: str, name: str, where: Json) -> KnownChannel:
        channel = KnownChannel(
            name=name,
            kind=kind,
            settings={**SETTINGS[kind], **where},
            state=ChannelState.ENABLED,
            state_reason="",
            account_external_id=name,
            account_name=name,
            webhook_path=f"hook-{name}",
            buffer_units=0,
            drift_policy=DriftPolicy.ASK,
            catalog_source=False,
            orders_since=LONG_AGO,
            added_at=self.hub.clock.now(),
        )
        with self.hub.store.transaction() as connection:
            channels.add(connection, self.hub.vault, channel)
        return channel

    def find_total(self, channel: str, external_id: str) -> Money | None:
        """Return the total of the order that a sample became; None where it is none."""
        with self.hub.store.reading() as connection:
            known = orders.load_by_external_id(connection, channel, [external_id])
            if external_id not in known:
                return None
            row = figures.get_order(connection, known[external_id].id)
        return Money(row["total_minor"], row["currency"])

    def list_open(self, channel: str) -> list[ConflictRow]:
        """Return the open conflicts of a channel."""
        with self.hub.store.reading() as connection:
            found = conflicts.load_many(connection)
        return [one for one in found if one.channel == channel]

    def list_violations(self) -> list[fsck.Violation]:
        """Return where the hub's own books contradict one another."""
        with self.hub.store.reading() as connection:
            return fsck.check(connection)


@pytest.fixture
def reception(tmp_path: Path) -> Iterator[Reception]:
    """A hub that has never seen an order."""
    clock = VirtualClock()
    chance = random.Random(7)
    store = Store(f"sqlite:///{tmp_path / 'crossdock.sqlite3'}")
    schema.upgrade(store)
    counters: dict[str, WooCommerceCounter] = {}
    transports = HttpTransports(
        clock=clock,
        randomness=chance,
        network=NetworkPolicy(),
        wire=lambda: httpx.MockTransport(
            lambda request: counters[request.url.host].answer(request)
        ),
    )
    hub = Hub(
        store,
        Vault(Vault.generate_key()),
        clock,
        IdSource(clock, chance),
        transports,
        find_sample_plugin,
        lambda: "unguessable",
    )
    yield Reception(hub, counters)
    transports.close()
    store.close()


@pytest.fixture
def read_answer(specs: Path) -> Callable[[str], Any]:
    """Read the answer in one of the vendors' sample files."""

    def read(path: str) -> Any:
        return json.loads((specs / path).read_text(encoding="utf-8"))["response"]

    return read


@pytest.fixture
def contract(specs: Path) -> Callable[[str], Contract]:
    """Open one of the vendors' contracts by its path below the specs' folder."""
    opened: dict[str, Contract] = {}

    def open_contract(path: str) -> Contract:
        if path not in opened:
            opened[path] = Contract(specs / path)
        return opened[path]

    return open_contract
