"""The hub as one value: everything from outside that a journey may use.

Built once by whoever composes the hub (a command, a test, a simulation) and handed to
every journey. It holds no rule and no state of the domain.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from ..canonical.clock import Clock
from ..canonical.errors import LeaseLostError, SettingsError
from ..canonical.remembered import KnownChannel
from ..canonical.stock import ShortfallPolicy
from ..connectors.sdk import (
    Connector,
    ConnectorSettings,
    Context,
    Credentials,
    Plugin,
)
from ..connectors.transport import TransportFactory
from ..store import channels, marks
from ..store.engine import Connection, Store
from ..store.ids import IdSource
from ..store.leases import Lease, is_held, require
from ..store.marks import Mark, MarkKind, Priority
from ..store.vault import Vault
from .decide.brake import BrakeLimits

STOCK_LANE = "stock"
"""The lane of everything that is about stock and calls nobody."""

LEASE_LASTING = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Figures from the settings that journeys need."""

    page_size: int = 250
    pages_per_pull_max: int = 40
    location: str = "main"
    shortfall_policy: ShortfallPolicy = ShortfallPolicy.FIRST_COME
    safety_stock: int = 0
    buffer_units: int = 0
    stock_mode: str = "funnel"
    funnel_threshold: int = 1
    dynamic_buffer: bool = False
    oversold_cost: int = 19
    withheld_cost: int = 1
    pull_seconds: float = 60
    public_url: str = ""
    backoff_seconds_max: float = 900
    brake: BrakeLimits = field(default_factory=BrakeLimits)
    outage_hold: timedelta = timedelta(minutes=15)
    """How long raises everywhere wait for a channel whose orders cannot be read."""


def _wake_nobody(lanes: Iterable[str]) -> None:
    """Rows are the truth; without an engine the next sweep finds them."""


@dataclass(slots=True)
class Hub:
    """What journeys work with."""

    store: Store
    vault: Vault
    clock: Clock
    ids: IdSource
    transports: TransportFactory
    find_plugin: Callable[[str], Plugin]
    make_secret: Callable[[], str]
    """Makes unguessable text; webhook addresses carry it."""
    tuning: Tuning = field(default_factory=Tuning)
    wake: Callable[[Iterable[str]], None] = _wake_nobody
    reach: Callable[[str], None] = lambda point: None
    """Called at every named point between two steps, for crash tests."""
    _connectors: dict[str, tuple[Mapping[str, Any], Connector]] = field(
        default_factory=dict
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def connector(self, channel: KnownChannel) -> Connector:
        """Return the connector of a channel, made at its first use."""
        with self._lock:
            kept = self._connectors.get(channel.name)
            if kept is not None and kept[0] == channel.settings:
                return kept[1]
            made = self.connect(channel.name, channel.kind, channel.settings)
            self._connectors[channel.name] = (channel.settings, made)
            return made

    def connect(self, name: str, kind: str, settings: Mapping[str, Any]) -> Connector:
        """Make a connector from raw settings, without remembering it."""
        plugin = self.find_plugin(kind)
        context = Context(
            self.clock,
            self.transports,
            ChannelCredentials(self.store, self.vault, name),
        )
        return plugin.connect(read_settings(plugin, settings), context)

    def load_channel(self, name: str) -> KnownChannel:
        """Return a channel as it is now."""
        with self.store.reading() as connection:
            return channels.load(connection, self.vault, name)

    def load_channels(self) -> list[KnownChannel]:
        """Return every channel as it is now."""
        with self.store.reading() as connection:
            return channels.load_all(connection, self.vault)

    def mark(self, connection: Connection, wanted: Iterable[Mark]) -> None:
        """Set marks inside a transaction; wake their lanes after it."""
        generation = self.ids.take()
        marks.put(connection, list(wanted), generation, self.clock.now())

    def mark_now(
        self, kind: MarkKind, key: str, lane: str, priority: int = Priority.PERSON
    ) -> None:
        """Set one mark in a transaction of its own and wake its lane."""
        with self.store.transaction() as connection:
            self.mark(connection, [Mark(kind, key, lane, priority, self.clock.now())])
        self.wake([lane])

    def hold(self, connection: Connection, lease: Lease | None) -> None:
        """Prove that the lease still holds, where there is one.

        Raises:
            LeaseLostError: another worker took the lane over.
        """
        if lease is not None:
            require(connection, lease, self.clock.now(), LEASE_LASTING)

    def check_lane(self, lease: Lease | None) -> None:
        """Prove that the lane is still ours, just before something leaves on it.

        Whoever took it over has looked at what was planned as if it had been sent.

        Raises:
            LeaseLostError: another worker took the lane over.
        """
        if lease is not None:
            with self.store.reading() as connection:
                if not is_held(connection, lease):
                    raise LeaseLostError(f"Another worker took over {lease.lane}.")


@dataclass(frozen=True, slots=True)
class ChannelCredentials:
    """The rotating tokens of one channel, as connectors see them."""

    store: Store
    vault: Vault
    channel: str

    def load(self) -> Credentials:
        """Return the current tokens."""
        version, values = channels.load_tokens(self.store, self.vault, self.channel)
        return Credentials(version, values)

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        """Store new tokens if nobody else did since ``version``."""
        return channels.replace_tokens(
            self.store, self.vault, self.channel, version, values
        )


def read_settings(plugin: Plugin, settings: Mapping[str, Any]) -> ConnectorSettings:
    """Return checked settings of a channel.

    Raises:
        SettingsError: a value is missing or wrong; names the key and what is allowed.
    """
    try:
        return plugin.settings.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "settings"
        raise SettingsError(
            f"{plugin.kind}: {key}: {first['msg']}",
            next_step=f"crossdock connectors {plugin.kind} lists every setting.",
        ) from error
