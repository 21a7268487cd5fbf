"""A connector without code: the class that a description asks for, and its plugin.

Each capability is a class of its own; a described kind gets those that its file has a
table for, so that what it can do is read off its class as with any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from ...canonical.errors import ContractBrokenError, SettingsError
from ...canonical.pages import Delivery, Page, Record
from ...canonical.pushes import (
    Account,
    FulfillmentPush,
    PushResult,
    StockWrite,
    Subscription,
)
from ...canonical.stock import StockReading
from ...mapping.http_orders import HttpTranslator, ListingFields
from ...mapping.http_paths import look_up
from ..calls import Call
from ..sdk import Context, Plugin
from . import hooks, lists, writing
from .access import make_auth, make_settings
from .description import Description, fill, read_description


class DescribedConnector:
    """One account of a described API; every kind pulls orders."""

    def __init__(self, about: Description, settings: Any, context: Context) -> None:
        self._about = about
        self._settings = settings
        self._clock = context.clock
        traits = about.traits
        self._transport = context.transports.open(
            base_url=about.address or self._settings.address,
            auth=make_auth(about, settings, context),
            requests_per_second=traits.requests_per_second,
            burst=traits.burst,
        )

    def check(self) -> Account:
        """Prove the credentials, and tell whose they are."""
        part = self._about.account
        answer = self._transport.send(Call("GET", part.path, safe=True)).json()
        identity = look_up(answer, part.id)
        if not isinstance(identity, str | int) or identity == "":
            raise ContractBrokenError(f"the account has no id at {part.id!r}")
        currency = look_up(answer, part.currency) if part.currency else ""
        return Account(str(identity), str(look_up(answer, part.name)), str(currency))

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of changed orders."""
        overlap = timedelta(seconds=self._about.traits.overlap_seconds)
        part = self._about.orders
        return lists.pull_orders(self._transport, part, cursor, since, overlap)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now."""
        part = self._about.orders
        rows = lists.fetch(self._transport, part.fetch, external_ids)
        return tuple(lists.as_order(part, row) for row in rows)


class ListsGoods(DescribedConnector):
    """``[listings]``."""

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of products."""
        part = _require(self._about.listings)
        return lists.pull_listings(self._transport, part, self._clock, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named products."""
        part = _require(self._about.listings)
        rows = lists.fetch(self._transport, part.fetch, external_ids)
        return lists.as_products(part, self._clock, rows)


class ReadsQuantities(DescribedConnector):
    """``[stock.read]``."""

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each id, in the same order."""
        part = _require(self._about.stock.read)
        return writing.read_stock(
            self._transport, part, self._clock, stock_external_ids
        )


class WritesQuantities(DescribedConnector):
    """``[stock.write]``."""

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write quantities."""
        part = _require(self._about.stock.write)
        return writing.push_stock(self._transport, part, writes)


class TellsOfParcels(DescribedConnector):
    """``[fulfillment]``."""

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell of a parcel."""
        part = _require(self._about.fulfillment)
        return writing.push_fulfillment(self._transport, part, push)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the id of what an earlier push made, or None."""
        part = _require(self._about.fulfillment)
        return writing.find_fulfillment(self._transport, part, push)


class HearsOfOrders(DescribedConnector):
    """``[webhook]``."""

    @property
    def topics(self) -> tuple[str, ...]:
        """The one topic of the description."""
        return (_require(self._about.webhook).topic,)

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery and say which order to look at."""
        secret = self._settings.webhook_secret.get_secret_value()
        part = _require(self._about.webhook)
        return hooks.read_webhook(part, secret, self._clock, headers, body)

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that these credentials own."""
        part = _require(self._about.webhook)
        return hooks.list_subscriptions(self._transport, part)

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Ask the channel to call back."""
        part = _require(self._about.webhook)
        return hooks.subscribe(self._transport, part, topic, callback_url)

    def unsubscribe(self, external_id: str) -> None:
        """End a subscription; one that is gone already is no error."""
        hooks.unsubscribe(self._transport, _require(self._about.webhook), external_id)


def load_plugin(path: Path) -> Plugin:
    """Return the plugin that a file describes.

    Raises:
        SettingsError: the file cannot be used; names the line.
    """
    about = read_description(path)
    try:
        return make_plugin(about)
    except SettingsError as error:
        raise SettingsError(f"{path.name}: {error.message}") from None


def make_plugin(about: Description) -> Plugin:
    """Return the plugin of a description.

    Raises:
        SettingsError: a template has a blank without a meaning.
    """
    _try_templates(about)
    tables: tuple[tuple[object, type], ...] = (
        (about.listings, ListsGoods),
        (about.stock.read, ReadsQuantities),
        (about.stock.write, WritesQuantities),
        (about.fulfillment, TellsOfParcels),
        (about.webhook, HearsOfOrders),
    )
    parts = tuple(part for table, part in tables if table) or (DescribedConnector,)
    name = f"{about.kind.title().replace('_', '')}Connector"
    made: Any = type(name, parts, {"__module__": __name__})
    connect: Callable[[Any, Context], Any] = partial(made, about)
    listing_fields = about.listings.fields if about.listings else ListingFields()
    return Plugin(
        kind=about.kind,
        title=about.title,
        api_version=about.api_version,
        settings=make_settings(about),
        traits=about.traits.as_traits(),
        translator=HttpTranslator(about.orders.fields, listing_fields),
        connector=made,
        connect=connect,
    )


def _try_templates(about: Description) -> None:
    """Fill every template once, so that a mistake is found before it is needed."""
    write = about.stock.write
    if write:
        samples = dict(writing.STOCK_SAMPLE)
        writing.fill_path(write.path, samples)
        fill(write.row, samples)
        fill(write.body, samples if not write.rows else {})
    told = about.fulfillment
    if told:
        writing.fill_path(told.push.path, writing.PARCEL_SAMPLE)
        fill(told.push.body, writing.PARCEL_SAMPLE)
        fill(told.line, dict(writing.LINE_SAMPLE))
        writing.fill_path(told.find.path, {"order": "0"})


def _require(part: Any) -> Any:
    """Return a table; the class of a connector has only methods that it has one for."""
    return part
