"""A channel that answers at once: what is measured around it is the hub's own work.

Shops in memory, reached without HTTP, that keep orders and quantities and count what
they are asked. They have the manners of two channel kinds: one compares before it sets
a quantity, one has to be read first. Nothing of a real channel's protocol is here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ..canonical.clock import Clock
from ..canonical.listings import Listing
from ..canonical.money import Money
from ..canonical.orders import FulfillmentState, Order, OrderLine, PaymentState
from ..canonical.pages import Delivery, Page, Record, Stream
from ..canonical.pushes import (
    Account,
    Outcome,
    PushResult,
    StockWrite,
    Subscription,
)
from ..canonical.stock import StockReading
from ..connectors.sdk import (
    ConnectorSettings,
    Context,
    Plugin,
    StockWriteMode,
    Traits,
)

COMPARING = "bench-compares"
"""The kind that offers compare-and-set."""
ABSOLUTE = "bench-absolute"
"""The kind whose orders and quantities have to be read before a write."""
BATCH_MAX = 250
_SETTLE_SECONDS = 2
_PRICE = Money(1250, "EUR")
_NOTHING = Money(0, "EUR")


@dataclass(slots=True)
class Shop:
    """One shop: its orders, what it shows, and what it was asked."""

    name: str
    units: int = 0
    """What every record shows that was never written nor sold."""
    orders: list[Record] = field(default_factory=list)
    shown: dict[str, int] = field(default_factory=dict)
    writes: int = 0
    """Requests that wrote quantities."""
    reads: int = 0
    """Requests that read quantities."""
    pulls: int = 0
    """Requests that read orders."""
    written: list[str] = field(default_factory=list)
    """The records that were written, in order."""
    on_write: Callable[[str, Sequence[StockWrite]], None] | None = None

    def sell(self, record: str, placed_at: datetime) -> Record:
        """Take an order for one unit of a listing; the shop's own counter goes down."""
        number = len(self.orders) + 1
        self.shown[record] = self.shown.get(record, self.units) - 1
        order = Record(
            f"{self.name}-{number}",
            placed_at,
            {
                "id": f"{self.name}-{number}",
                "placed_at": placed_at.isoformat(),
                "listing": record,
            },
        )
        self.orders.append(order)
        return order


class BenchConnector:
    """One shop as the hub sees it; every answer comes at once."""

    topics: tuple[str, ...] = ()

    def __init__(self, shop: Shop, clock: Clock) -> None:
        self._shop = shop
        self._clock = clock

    def check(self) -> Account:
        """Return whose shop it is."""
        return Account(self._shop.name, self._shop.name)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return every order behind the cursor, which counts them."""
        del since
        self._shop.pulls += 1
        start = int(cursor or 0)
        fresh = tuple(self._shop.orders[start : start + BATCH_MAX])
        end = start + len(fresh)
        return Page(fresh, str(end), complete=end == len(self._shop.orders))

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders."""
        self._shop.pulls += 1
        numbers = [int(id_.rpartition("-")[2]) for id_ in external_ids]
        return tuple(self._shop.orders[number - 1] for number in numbers)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return nothing: a benchmark writes its listings into the database."""
        return Page((), cursor or "", complete=True)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return nothing, as above."""
        del external_ids
        return ()

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return what the shop shows."""
        self._shop.reads += 1
        now, shop = self._clock.now(), self._shop
        return tuple(
            StockReading(
                stock_external_id=record,
                quantity=shop.shown.get(record, shop.units),
                read_at=now,
            )
            for record in stock_external_ids
        )

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Show what was written."""
        shop = self._shop
        if shop.on_write is not None:
            shop.on_write(shop.name, writes)
        shop.writes += 1
        shop.written += [write.stock_external_id for write in writes]
        shop.shown |= {write.stock_external_id: write.quantity for write in writes}
        return (PushResult(Outcome.ACCEPTED),) * len(writes)

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Return what a call of the shop is about."""
        del headers
        order = str(orjson.loads(body)["order"])
        return Delivery(f"{order}-paid", "order.paid", Stream.ORDERS, order)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return nothing: the shop calls unasked."""
        return ()

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Return the subscription that there always is."""
        return Subscription(topic, topic, callback_url, active=True)

    def unsubscribe(self, external_id: str) -> None:
        """Do nothing: the shop calls unasked."""


class BenchTranslator:
    """Orders of these shops: one unit of one listing, paid."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order."""
        placed_at = datetime.fromisoformat(payload["placed_at"])
        line = OrderLine(
            external_id="1",
            listing_external_id=payload["listing"],
            sku=payload["listing"],
            quantity=1,
            quantity_current=1,
            unit_price=_PRICE,
            total=_PRICE,
            tax=_NOTHING,
            quantity_taken=1,
        )
        return Order(
            external_id=payload["id"],
            placed_at=placed_at,
            updated_at=placed_at,
            currency="EUR",
            prices_include_tax=True,
            payment=PaymentState.PAID,
            fulfillment=FulfillmentState.UNFULFILLED,
            lines=(line,),
            total=_PRICE,
        )

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Return nothing: these shops name no listings."""
        del payload
        return ()


class BenchSettings(ConnectorSettings):
    """Which shop a channel is."""

    shop: str


class Shops:
    """All shops of a benchmark, by name, and the plugins that open them."""

    def __init__(self, names: Sequence[str], units: int) -> None:
        self.by_name = {name: Shop(name, units) for name in names}

    def find_plugin(self, kind: str) -> Plugin:
        """Return the plugin of one of the two kinds."""
        compares = kind == COMPARING
        mode = StockWriteMode.COMPARE_AND_SET if compares else StockWriteMode.ABSOLUTE
        return Plugin(
            kind,
            kind,
            "1",
            BenchSettings,
            Traits(
                stock_write=mode,
                stock_batch_max=BATCH_MAX,
                fetch_batch_max=BATCH_MAX,
                requests_per_second=1e6,
                burst=1,
                overlap_seconds=0,
                visibility_lag_seconds=0,
                settle_seconds=_SETTLE_SECONDS,
            ),
            BenchTranslator(),
            BenchConnector,
            self._connect,
        )

    def _connect(self, settings: BenchSettings, context: Context) -> BenchConnector:
        return BenchConnector(self.by_name[settings.shop], context.clock)
