"""Accounts: connecting a channel, checking it, pausing it, letting it go.

Credentials are proved with the channel before anything is saved, and one account is
one channel. Reading what the channel holds is for the journeys that get marked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..canonical.errors import RefusedError, SettingsError
from ..canonical.pushes import Account
from ..canonical.remembered import ChannelState, DriftPolicy, KnownChannel
from ..canonical.stock import Cause
from ..connectors.sdk import Context, Credentials
from ..store import channels, leases, marks, orders, quotas, stock
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from .apply import save_ledger
from .decide.ledger import Ledger
from .hub import LEASE_LASTING, STOCK_LANE, Hub, read_settings


@dataclass(frozen=True, slots=True)
class NewChannel:
    """What a merchant says about a channel to connect."""

    name: str
    kind: str
    settings: Mapping[str, Any]
    buffer_units: int = 0
    drift_policy: DriftPolicy = DriftPolicy.ASK
    catalog_source: bool | None = None
    """Whether its listings make SKUs; None: only if the hub has no SKU yet."""
    orders_since: datetime | None = None
    """Orders placed before are history and move no stock; None: from now on."""
    opening_since: datetime | None = None
    """Orders placed from then on that are still open come along, with their units."""
    held: bool = False
    """Read it, and write nothing before somebody has looked at what would be."""


class ProvisionalCredentials:
    """Tokens of a channel that is not saved yet: a refresh during the check counts."""

    def __init__(self) -> None:
        self.kept = Credentials(0, {})

    def load(self) -> Credentials:
        """Return what the check has brought so far."""
        return self.kept

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        """Keep new tokens."""
        if version != self.kept.version:
            return False
        self.kept = Credentials(version + 1, dict(values))
        return True


def add_channel(hub: Hub, new: NewChannel) -> tuple[KnownChannel, Account]:
    """Prove the credentials, save the channel and mark its first reading.

    Raises:
        SettingsError: a setting is wrong, or the name cannot be used.
        RefusedError: the name or the account is taken.
        ChannelError: the channel refused or did not answer; nothing was saved.
    """
    _require_free_name(hub, new.name)
    plugin = hub.find_plugin(new.kind)
    settings = read_settings(plugin, new.settings)
    tokens = ProvisionalCredentials()
    context = Context(hub.clock, hub.transports, tokens)
    account = plugin.connect(settings, context).check()
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        taken = channels.find_by_account(connection, new.kind, account.external_id)
        if taken is not None:
            raise RefusedError(
                f"The account {account.name} is connected already, as {taken}.",
                next_step=f"crossdock channels remove {taken} lets it go first.",
            )
        source = new.catalog_source
        if source is None:
            source = not stock.load_skus(connection)
        channel = KnownChannel(
            new.name,
            new.kind,
            dict(new.settings),
            ChannelState.ENABLED,
            "",
            account.external_id,
            account.name,
            hub.make_secret(),
            new.buffer_units,
            new.drift_policy,
            source,
            new.orders_since or now.replace(microsecond=0),
            now,
            pushing=not new.held,
            pushing_reason="new, and not looked at yet" if new.held else "",
            held_at=now if new.held else None,
            opening_since=new.opening_since,
        )
        kept = tokens.kept
        channels.add(connection, hub.vault, channel, (kept.version, kept.values))
        mark_first_reading(hub, connection, channel)
    hub.wake([new.name])
    return channel, account


def _require_free_name(hub: Hub, name: str) -> None:
    usable = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    if not usable or name == STOCK_LANE or len(name) > 40:
        raise SettingsError(
            f"{name!r} cannot be the name of a channel",
            next_step="Use up to 40 letters, digits, - and _, and not the word "
            f"{STOCK_LANE}.",
        )
    if any(channel.name == name for channel in hub.load_channels()):
        raise RefusedError(
            f"There is a channel {name} already.",
            next_step="Choose another name with --name.",
        )


def mark_first_reading(hub: Hub, connection: Connection, channel: KnownChannel) -> None:
    """Mark listings, orders and subscriptions of a channel to be read at once."""
    now, name = hub.clock.now(), channel.name
    hub.mark(
        connection,
        [
            Mark(MarkKind.SCAN, name, name, Priority.PERSON, now),
            Mark(MarkKind.PULL, name, name, Priority.LIVE, now),
            Mark(MarkKind.SUBSCRIBE, name, name, Priority.LIVE, now),
        ],
    )


def check_channel(hub: Hub, name: str) -> Account:
    """Prove a saved channel's credentials again; one that works is enabled again.

    Raises:
        ChannelError: the channel refused or did not answer.
        RefusedError: the credentials belong to another account now.
    """
    channel = hub.load_channel(name)
    account = hub.connector(channel).check()
    if account.external_id != channel.account_external_id:
        raise RefusedError(
            f"The credentials of {name} belong to {account.name} now, not to "
            f"{channel.account_name}.",
            next_step="Add that account as a channel of its own.",
        )
    if channel.state is ChannelState.NEEDS_REAUTH:
        resume_channel(hub, name)
    return account


def pause_channel(hub: Hub, name: str) -> bool:
    """Stop talking to a channel; False where it was paused before."""
    hub.load_channel(name)
    with hub.store.transaction() as connection:
        reason = "paused by a person"
        return channels.set_state(connection, name, ChannelState.PAUSED, reason)


def resume_channel(hub: Hub, name: str) -> bool:
    """Talk to a channel again and read what was missed; False where it was enabled."""
    channel = hub.load_channel(name)
    with hub.store.transaction() as connection:
        news = channels.set_state(connection, name, ChannelState.ENABLED, "")
        marks.hasten(connection, name, hub.clock.now())
        mark_first_reading(hub, connection, channel)
    hub.wake([name])
    return news


def remove_channel(hub: Hub, name: str) -> None:
    """Forget a channel with its orders and listings; what they claimed is free again.

    Movements stay: goods that left have left.
    """
    hub.load_channel(name)
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        # A worker that is at this channel now loses its lease, and its page with it.
        leases.take_over(connection, name, "removal", now, LEASE_LASTING)
        known = orders.load_all_claiming(connection, name)
        skus = {holding.key.sku for _, holding in known}
        skus |= quotas.list_skus_held(connection, name)
        locked = stock.lock_positions(connection, skus)
        ledger = Ledger(locked)
        for line_id, holding in known:
            cause = Cause("removed", str(line_id))
            ledger.release(holding.key, holding.allocated, cause)
        save_ledger(hub, connection, ledger, locked)
        wanted = [
            Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.LIVE, now)
            for sku in sorted(skus)
        ]
        channels.remove(connection, name)
        hub.mark(connection, wanted)
    hub.wake([STOCK_LANE])
