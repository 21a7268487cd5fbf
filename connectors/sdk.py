"""What a connector is: capabilities as Protocols, traits as facts, settings as a model.

A capability is read off the class (``capabilities_of``), so the declared and the real
set cannot drift apart. Connectors neither loop, sleep nor retry: ``transport`` does.
No HTTP in this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from ..canonical.clock import Clock
from ..canonical.listings import Listing
from ..canonical.orders import Order
from ..canonical.pages import Delivery, Page, Record, Stream
from ..canonical.pushes import (
    Account,
    CancellationPush,
    FulfillmentPush,
    PendingWrite,
    PriceWrite,
    PushResult,
    RefundPush,
    StockWrite,
    Subscription,
)
from ..canonical.stock import StockReading
from .calls import TransportFactory
from .netguard import NetworkPolicy
from .traits import StockWriteMode, Traits

SDK_VERSION = 1
"""Raised when a connector that was right before would be wrong after a change here."""


class ConnectorSettings(BaseModel):
    """Base of each connector's settings: one field per question of the set-up form.

    Secrets are ``SecretStr``. ``title`` and ``description`` of a field are what a
    merchant reads; ``examples`` what they see as a hint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Tokens that change while the channel is in use (OAuth), with their version."""

    version: int
    values: Mapping[str, str]


class CredentialStore(Protocol):
    """Where rotating tokens live, shared by all workers; replaced by version."""

    def load(self) -> Credentials:
        """Return the current tokens; version 0 and no values before the first."""
        ...

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        """Store ``values`` if the stored version is still ``version``.

        Returns False where another worker was faster: load again and use its tokens.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Everything from outside that a connector may use."""

    clock: Clock
    transports: TransportFactory
    credentials: CredentialStore

    @property
    def network(self) -> NetworkPolicy:
        """Where a connector that speaks no HTTP may connect to: as the transports may.

        The strictest policy where the transports know of none.
        """
        found = getattr(self.transports, "network", None)
        return found if isinstance(found, NetworkPolicy) else NetworkPolicy()


class Connector(Protocol):
    """One account of one channel kind, ready to talk."""

    def check(self) -> Account:
        """Prove credentials, scopes and account identity with the channel.

        Raises:
            ReauthRequiredError: the channel does not accept the credentials.
            RejectedError: they work but cannot do what the hub needs; says which.
        """
        ...


@runtime_checkable
class PullsOrders(Protocol):
    """Orders come out of this channel."""

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of orders changed since the cursor.

        Args:
            cursor: what the last page gave, or None at the very first pull.
            since: where the very first pull starts, on the channel's clock.
        """
        ...

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as they are now; ids not found are left out."""
        ...


@runtime_checkable
class ReadsListings(Protocol):
    """The channel tells what it sells."""

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of a full scan; ``None`` starts a new scan."""
        ...

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named records (products); ids not found are left out."""
        ...


@runtime_checkable
class ReadsStock(Protocol):
    """The channel tells which quantities it shows."""

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each id, in the same order."""
        ...


@runtime_checkable
class PushesStock(Protocol):
    """The channel takes quantities."""

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write quantities and return one result for each, in the same order.

        Never raises for one bad write of a batch. Where the whole request was sent
        and its answer lost, every result is ``unknown``.

        Raises:
            RetryLaterError: nothing was sent or the channel refused the whole batch
                for the moment.
        """
        ...


@runtime_checkable
class PushesFulfillment(Protocol):
    """The channel takes parcels and tracking numbers."""

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Tell the channel that goods left; ``external_id`` names its new record."""
        ...

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the channel's id of what an earlier push made, or None."""
        ...


@runtime_checkable
class PushesCancellation(Protocol):
    """The channel lets the hub cancel orders."""

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        """Ask the channel to cancel an order. Safe to repeat."""
        ...


@runtime_checkable
class SettlesSubmissions(Protocol):
    """The channel takes stock writes for later and tells what became of them."""

    def read_submissions(
        self, pending: Sequence[PendingWrite]
    ) -> tuple[PushResult, ...]:
        """Return what became of each write, in the same order; unknown: not yet."""
        ...


@runtime_checkable
class PushesRefund(Protocol):
    """The channel lets the hub pay money back."""

    def push_refund(self, push: RefundPush) -> PushResult:
        """Pay back; ``external_id`` names the channel's refund."""
        ...

    def find_refund(self, push: RefundPush) -> str | None:
        """Return the channel's id of what an earlier push made, or None."""
        ...


@runtime_checkable
class PushesPrice(Protocol):
    """The channel takes prices."""

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Write prices and return one result for each, in the same order.

        Never raises for one bad write of a batch. Setting a price twice is harmless.
        """
        ...


@runtime_checkable
class ReceivesWebhooks(Protocol):
    """The channel calls back when something changes."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the hub wants to hear of."""
        ...

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify a delivery on its raw bytes and say which record to look at.

        Args:
            headers: header names in lower case.
            body: the bytes as they came.

        Raises:
            WebhookRefusedError: forged, stale or unreadable.
        """
        ...

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the subscriptions that these credentials own."""
        ...

    def subscribe(self, topic: str, callback_url: str) -> Subscription:
        """Ask the channel to call ``callback_url`` about ``topic``."""
        ...

    def unsubscribe(self, external_id: str) -> None:
        """End a subscription; one that is gone already is no error."""
        ...


@runtime_checkable
class AnswersChallenges(Protocol):
    """Before the channel calls an address it wants proof that we listen there.

    An extra of ``ReceivesWebhooks`` and no capability of its own.
    """

    def answer_challenge(
        self, params: Mapping[str, str], callback_url: str
    ) -> Mapping[str, str]:
        """Return the JSON object that proves it.

        Args:
            params: the query of the channel's GET request.
            callback_url: the address as the hub gives it to the channel.

        Raises:
            WebhookRefusedError: the request is no challenge of this channel.
        """
        ...


CAPABILITIES: tuple[type, ...] = (
    PullsOrders,
    ReadsListings,
    ReadsStock,
    PushesStock,
    PushesFulfillment,
    PushesCancellation,
    SettlesSubmissions,
    PushesRefund,
    PushesPrice,
    ReceivesWebhooks,
)
"""Everything that a connector can be able to do."""


class Translator(Protocol):
    """The pure half of a connector: a channel's payloads into canonical models."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        ...

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one product record into the listings that it stands for.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        ...


@dataclass(frozen=True, slots=True)
class Plugin:
    """All that the hub needs to know about a channel kind before it talks to one."""

    kind: str
    title: str
    api_version: str
    settings: type[ConnectorSettings]
    traits: Traits
    translator: Translator
    connector: type
    """The class, for reading capabilities off; ``connect`` makes its instances."""
    connect: Callable[[Any, Context], Connector]
    """Called with an instance of ``settings`` and the context. Does no I/O."""
    operations: tuple[str, ...] = ()
    """Every operation of the channel's contract that the connector can send; a test
    holds its requests to the contract, and to this list."""
    sdk_version: int = SDK_VERSION
    """The version of this module's contracts that the connector was written for."""


def capabilities_of(plugin: Plugin) -> tuple[str, ...]:
    """Return the names of what the plugin's connector class can do."""
    return tuple(
        protocol.__name__
        for protocol in CAPABILITIES
        if all(
            hasattr(plugin.connector, name)
            for name in vars(protocol)
            if not name.startswith("_")
        )
    )


__all__ = [
    "AnswersChallenges",
    "CAPABILITIES",
    "Connector",
    "ConnectorSettings",
    "Context",
    "CredentialStore",
    "Credentials",
    "Delivery",
    "Page",
    "Plugin",
    "PullsOrders",
    "PushesCancellation",
    "PushesFulfillment",
    "PushesPrice",
    "PushesRefund",
    "PushesStock",
    "ReadsListings",
    "ReadsStock",
    "ReceivesWebhooks",
    "Record",
    "SDK_VERSION",
    "SettlesSubmissions",
    "StockWriteMode",
    "Stream",
    "Traits",
    "Translator",
    "capabilities_of",
]
