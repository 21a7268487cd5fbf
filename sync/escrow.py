"""Escrow: bringing quotas to the records that sell, and back from those that do not.

Loads stakes, lets ``decide.escrow`` share out, writes quotas while the positions behind
them are locked. A record that gives units back is written to zero like any other
(``push``), waits until no sale of it can be unseen, and is read once more; only then
are its units free. What each step proves is written in ``docs/oversell.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..canonical.listings import ListingState
from ..canonical.policies import Quota, QuotaState, StockMode
from ..connectors.sdk import StockWriteMode, Traits
from ..store import listings, measures, quotas, stock
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from ..store.measures import RateRow
from ..store.quotas import Standing
from .decide.escrow import Goods, Stake, plan_quotas, share_out, weigh
from .drifting import find_patience
from .hub import Hub
from .showing import Key, Scene, is_written, list_components, load_book, reload_quotas

COOL_DOWN = timedelta(minutes=5)
"""How long a record keeps what it was given before it may have to give it back: units
that move all the time are units that nobody can buy."""


def widen(hub: Hub, connection: Connection, skus: Sequence[str]) -> list[str]:
    """Lock the stock behind ``skus`` where quotas depend on it; return what to look at.

    Records that are made of several SKUs tie these together: units of all of them are
    shared out in one go. Without escrow nothing is locked and nothing added.
    """
    book = load_book(hub, connection, skus)
    if not book.has_escrow and not quotas.any_quota(connection):
        return list(skus)
    tied = list_components(listings.load_stock_records(connection, skus)) | set(skus)
    whole = list_components(listings.load_stock_records(connection, tied)) | tied
    stock.lock_positions(connection, whole)
    return sorted(tied)


def balance_quotas(hub: Hub, connection: Connection, scene: Scene) -> list[Mark]:
    """Share out units among the records of a scene that are in escrow.

    The positions of all their goods are locked. Changes the scene's quotas with the
    stored ones; returns what to do next.
    """
    in_escrow = _list_in_escrow(scene)
    if not in_escrow and not scene.quotas:
        return []
    now = hub.clock.now()
    _enter_and_leave(connection, scene, in_escrow, now)
    skus = set(scene.supplies)
    reload_quotas(connection, scene, skus)
    weights, pools = _weigh(connection, scene, in_escrow)
    stakes = _load_stakes(hub, connection, scene, weights)
    looked_at = {one.key for one in stakes}
    elsewhere = [key for key in scene.quotas if key not in looked_at]
    plan = plan_quotas(
        _list_promisable(scene),
        stakes,
        pool_weights=pools,
        held_elsewhere=scene.count_held(elsewhere),
    )
    quotas.grant(connection, plan.grants, now)
    quotas.close(connection, plan.closing, now)
    reload_quotas(connection, scene, skus)
    return _mark_settling(hub, scene, now)


def foresee_quotas(connection: Connection, scene: Scene) -> dict[Key, int]:
    """Return what each record in escrow would show once everything had settled."""
    in_escrow = _list_in_escrow(scene)
    if not in_escrow:
        return {}
    needs = quotas.load_needs(connection, sorted(in_escrow))
    scene = replace(scene, needs=scene.needs | needs)
    weights, pools = _weigh(connection, scene, in_escrow)
    stakes = [
        Stake(
            key,
            _list_needs(scene, key),
            weight=weights[key],
            units_max=scene.caps.get(key[0]),
        )
        for key in sorted(in_escrow)
    ]
    return dict.fromkeys(in_escrow, 0) | share_out(
        _list_promisable(scene), stakes, pools
    )


def _list_in_escrow(scene: Scene) -> set[Key]:
    return {
        key
        for key, rows in scene.records.items()
        if is_written(rows) and scene.find_mode(key) is StockMode.ESCROW
    }


def _enter_and_leave(
    connection: Connection, scene: Scene, in_escrow: Collection[Key], now: datetime
) -> None:
    """Close records that enter escrow, and forget those that left.

    A record that enters may have sold what nobody read yet, and shows units that
    others show too: it starts at zero. A listing that the channel deleted sells
    nothing more; what it sold last may be unread.
    """
    fresh = sorted(in_escrow - scene.quotas.keys())
    standings = quotas.load_standings(connection, fresh)
    quotas.add(
        connection,
        [
            Quota(
                *key,
                standings[key].exposure if key in standings else 0,
                QuotaState.CLOSING,
                closing_at=now,
            )
            for key in fresh
        ],
    )
    left = {key: quota for key, quota in scene.quotas.items() if key not in in_escrow}
    away = [key for key in left if key not in scene.records]
    deleted = [
        key
        for key in listings.find_deleted_records(connection, away)
        if left[key].state is QuotaState.OPEN
    ]
    sold_out = {key for key in deleted if not left[key].granted}
    quotas.close_deleted(connection, [k for k in deleted if k not in sold_out], now)
    quotas.drop(connection, [k for k in left if k in scene.records or k in sold_out])


def _load_stakes(
    hub: Hub, connection: Connection, scene: Scene, weights: Mapping[Key, int]
) -> list[Stake]:
    now = hub.clock.now()
    standings = quotas.load_standings(connection, weights)
    stakes = []
    for key in sorted(weights):
        quota, standing = scene.quotas[key], standings.get(key)
        traits = hub.find_plugin(scene.sellers[key[0]].kind).traits
        settled = standing is not None and standing.settled
        rested = quota.opened_at is None or now - quota.opened_at >= COOL_DOWN
        stakes.append(
            Stake(
                key,
                _list_needs(scene, key),
                quota.granted,
                quota.state is QuotaState.CLOSING,
                raisable=settled and _may_be_raised(traits, quota, standing),
                settled=settled,
                rested=rested,
                returning=quota.closing_at is not None
                and now - quota.closing_at < COOL_DOWN,
                weight=weights[key],
                units_max=scene.caps.get(key[0]),
            )
        )
    return stakes


def _may_be_raised(traits: Traits, quota: Quota, standing: Standing | None) -> bool:
    """Say whether a higher quantity can be written without selling a unit twice.

    Where the channel compares before it sets, always. Elsewhere only from zero: then
    no sale can lie between the look and the write.
    """
    if traits.stock_write is StockWriteMode.COMPARE_AND_SET:
        return True
    return quota.granted == 0 and standing is not None and standing.expected == 0


def _list_needs(scene: Scene, key: Key) -> dict[Goods, int]:
    return {
        goods: units
        for sku, units in scene.needs[key].items()
        for goods in scene.list_goods(key[0], sku)
    }


def _list_promisable(scene: Scene) -> dict[Goods, int]:
    """Return what can be promised of every goods, as seen by each channel's limits."""
    found: dict[Goods, int] = {}
    for sku, supply in scene.supplies.items():
        found[sku, ()] = supply.promisable
        for names in scene.limits.values():
            found[sku, names] = supply.at(names).promisable
    return found


def _weigh(
    connection: Connection, scene: Scene, in_escrow: Collection[Key]
) -> tuple[dict[Key, int], dict[Goods, int]]:
    """Return what share each record should have, and channels outside escrow of a SKU.

    By how each channel sells the SKU; a record that shoppers cannot see gets nothing.
    """
    rates = measures.load_rates(connection, set(scene.supplies))
    inside: dict[str, list[Key]] = {}
    outside: dict[str, set[str]] = {}
    for key, rows in sorted(scene.records.items()):
        parts = {part.sku for row in rows for part in row.components}
        for sku in sorted(parts) if is_written(rows) else ():
            if key in in_escrow:
                inside.setdefault(sku, []).append(key)
            else:
                outside.setdefault(sku, set()).add(key[0])
    weights = dict.fromkeys(in_escrow, 0)
    pools: dict[Goods, int] = {}
    for sku, keys in inside.items():
        sellers = [key[0] for key in keys] + sorted(outside.get(sku, ()))
        sold = [_count_sold(rates.get((name, sku))) for name in sellers]
        shares = weigh(sold)
        for key, share in zip(keys, shares, strict=False):
            on_sale = any(r.state is ListingState.ACTIVE for r in scene.records[key])
            weights[key] = max(weights[key], share if on_sale else 0)
        if sku in outside:
            pools[sku, ()] = sum(shares[len(keys) :])
    return weights, pools


def _count_sold(rate: RateRow | None) -> int:
    return 0 if rate is None else rate.slow_micro + rate.fast_micro


def _mark_settling(hub: Hub, scene: Scene, now: datetime) -> list[Mark]:
    """Return the marks that see closing records to their end."""
    since: dict[str, datetime] = {}
    for one in scene.quotas.values():
        if one.state is QuotaState.CLOSING:
            begun = one.zeroed_at or now
            since[one.channel] = min(since.get(one.channel, begun), begun)
    return [
        mark_settling(name, begun + find_bound(hub, scene.sellers[name].kind))
        for name, begun in sorted(since.items())
    ]


def mark_settling(channel: str, not_before: datetime) -> Mark:
    """Return the mark to look at a channel's closing records."""
    return Mark(MarkKind.SETTLE, channel, channel, Priority.LIVE, not_before)


def find_bound(hub: Hub, kind: str) -> timedelta:
    """Return how long a sale may stay unseen after a record went to zero.

    The time in which the channel may still sell at the old quantity, the time in which
    a new order may be missing from its lists, and some patience.
    """
    return find_patience(hub.find_plugin(kind).traits)
