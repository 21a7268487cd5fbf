"""A hub with one made-up channel that calls back, and a client of its receiver."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import WebhookRefusedError
from crossdock.canonical.pages import Delivery, Stream
from crossdock.canonical.pushes import Account, Subscription
from crossdock.canonical.remembered import KnownChannel
from crossdock.connectors.sdk import (
    ConnectorSettings,
    Context,
    Plugin,
    StockWriteMode,
    Traits,
)
from crossdock.store import marks, schema
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import Mark
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.hub import Hub
from crossdock.web.health import Health
from crossdock.web.receiver import create_app
from fastapi import FastAPI


class Bell:
    """A connector whose deliveries are signed with the word ``ring``."""

    topics = ("order.changed",)

    def check(self) -> Account:
        return Account("bell-1", "The Bell")

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        if headers.get("x-signature") != "ring":
            raise WebhookRefusedError("The signature of the delivery is wrong.")
        order = body.decode()
        return Delivery(f"event-{order}", "order.changed", Stream.ORDERS, order)

    def answer_challenge(
        self, params: Mapping[str, str], callback_url: str
    ) -> Mapping[str, str]:
        if "knock" not in params:
            raise WebhookRefusedError("Nobody knocks.")
        return {"who": f"{params['knock']} at {callback_url}"}

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        return ()

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        return Subscription("1", topic, callback_url, True)

    def unsubscribe(self, external_id: str) -> None:
        """It ends."""


def connect_bell(settings: ConnectorSettings, context: Context) -> Bell:
    del settings, context
    return Bell()


TRAITS = Traits(StockWriteMode.ABSOLUTE, 1, 1, 1.0, 1, 0, 0, 0)


def find_bell(kind: str) -> Plugin:
    translator: Any = None  # nothing is translated where nothing is pulled
    return Plugin(
        kind, "Bell", "1", ConnectorSettings, TRAITS, translator, Bell, connect_bell
    )


@dataclass
class Receiver:
    """The receiver with all that a test looks at."""

    hub: Hub
    clock: ManualClock
    health: Health
    app: FastAPI
    channel: KnownChannel

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            door = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=door, base_url="http://hub") as one:
                return await one.request(method, path, **parts)

        return asyncio.run(exchange())

    def ring(self, order: str, signature: str = "ring") -> httpx.Response:
        return self.ask(
            "POST",
            f"/webhooks/{self.channel.webhook_path}",
            content=order.encode(),
            headers={"X-Signature": signature},
        )

    def marks(self) -> list[Mark]:
        with self.hub.store.reading() as connection:
            return marks.load_due(connection, "bell", self.clock.now(), 1000)


@pytest.fixture
def receiver(
    tmp_path: Path, fixed_clock: ManualClock, closing: Callable[[Store], Store]
) -> Receiver:
    store = closing(Store(f"sqlite:///{tmp_path / 'hub.sqlite3'}"))
    schema.upgrade(store)
    transports: Any = None  # a bell makes no calls
    hub = Hub(
        store,
        Vault(Vault.generate_key()),
        fixed_clock,
        IdSource(fixed_clock, random.Random(7)),
        transports,
        find_bell,
        lambda: "unguessable",
    )
    channel, _ = add_channel(hub, NewChannel("bell", "bell", {}))
    health = Health(hub, sweep_seconds=5)
    return Receiver(hub, fixed_clock, health, create_app(hub, health), channel)


@pytest.fixture
def closing() -> Iterator[Callable[[Store], Store]]:
    stores: list[Store] = []

    def keep(store: Store) -> Store:
        stores.append(store)
        return store

    yield keep
    for store in stores:
        store.close()
