"""Reconcile: what every listing of some SKUs should show, and who waits for stock.

Gives units that became free to the lines that wait, opens and closes shortfalls, and
computes what each channel should show. Level-triggered: it looks at what is, not at
what happened. Calls no channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.stock import Cause, StockKey
from ..store import channels, conflicts, listings, marks, publications, stock
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.listings import ListingRow
from ..store.marks import Mark, MarkKind, Priority
from .apply import save_ledger
from .decide.ledger import Ledger
from .decide.publish import Part, Supply, count_sellable, needs_write
from .hub import Hub


def reconcile(
    hub: Hub,
    skus: Sequence[str],
    *,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Bring claims and publications of ``skus`` in step; return how many changed.

    Args:
        hub: what to work with.
        skus: at most a few hundred.
        lease: proof that the stock lane is ours.
        handled: the marks that this answers; cleared with it.
    """
    lanes: set[str] = set()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        _serve_waiting_lines(hub, connection, skus)
        desired = _compute_desired(hub, connection, skus)
        changed = _keep_changed(connection, desired)
        publications.set_desired(connection, changed, hub.clock.now())
        lanes = _mark_pushes(hub, connection, desired)
        marks.clear(connection, handled)
        hub.reach("reconcile.before_commit")
    hub.reach("reconcile.committed")
    hub.wake(lanes)
    return len(changed)


def _serve_waiting_lines(hub: Hub, connection: Connection, skus: Sequence[str]) -> None:
    claims = stock.load_claims(connection, skus, short_only=True)
    if claims:
        locked = stock.lock_positions(connection, skus)
        # Again, now that nobody can change them: a page may have come in between.
        claims = stock.load_claims(connection, skus, short_only=True)
        ledger = Ledger(locked)
        cause_id = str(hub.ids.take())
        served = []
        for claim in claims:
            cause = Cause("served", f"{cause_id}/{claim.line_id}")
            holding = claim.holding
            granted = ledger.allocate(holding.key, holding.short, cause)
            if granted:
                holding.allocated += granted
                served.append(claim)
        stock.save_claims(connection, served)
        save_ledger(hub, connection, ledger, locked)
    _report_shortfalls(hub, connection, skus, claims)


def _report_shortfalls(
    hub: Hub, connection: Connection, skus: Sequence[str], claims: Sequence[stock.Claim]
) -> None:
    short: dict[StockKey, dict[int, int]] = {}
    for claim in claims:
        if claim.holding.short:
            lines = short.setdefault(claim.holding.key, {})
            lines[claim.line_id] = claim.holding.short
    now = hub.clock.now()
    found = [_describe_shortfall(key, lines) for key, lines in short.items()]
    conflicts.report(connection, found, hub.ids, now)
    if conflicts.count_open(connection):
        covered = [
            name_shortfall(StockKey(sku, hub.tuning.location))
            for sku in skus
            if StockKey(sku, hub.tuning.location) not in short
        ]
        by = {"by": conflicts.BY_FACTS, "why": "every line has its units"}
        conflicts.close(connection, ConflictKind.SHORTFALL, covered, by, now)


def name_shortfall(key: StockKey) -> str:
    """Return what a shortfall conflict about a position is about."""
    return f"sku/{key.sku}@{key.location}"


def _describe_shortfall(key: StockKey, lines: Mapping[int, int]) -> ConflictFacts:
    units = sum(lines.values())
    return ConflictFacts(
        kind=ConflictKind.SHORTFALL,
        subject=name_shortfall(key),
        summary=f"{units} units of {key.sku} were sold that are not on hand; "
        f"{len(lines)} order lines wait.",
        facts={
            "sku": key.sku,
            "location": key.location,
            "units_short": units,
            "lines": {str(line): count for line, count in list(lines.items())[:50]},
        },
        proposals=(
            Proposal(
                action=Action.RECEIVE,
                sku=key.sku,
                units=units,
                reason="Receive the missing units, if they are there after all.",
            ),
        ),
    )


def _compute_desired(
    hub: Hub, connection: Connection, skus: Iterable[str]
) -> dict[tuple[str, str], int | None]:
    records = listings.load_stock_records(connection, skus)
    needed = {
        part.sku for rows in records.values() for row in rows for part in row.components
    }
    supplies = load_supplies(hub, connection, needed)
    buffers = {
        channel.name: channel.buffer_units or hub.tuning.buffer_units
        for channel in channels.load_all(connection, hub.vault)
    }
    return {
        key: decide_desired(rows, supplies, buffers.get(key[0], 0))
        for key, rows in records.items()
    }


def load_supplies(
    hub: Hub, connection: Connection, skus: Iterable[str]
) -> dict[str, Supply]:
    """Return what each SKU has to offer, over all locations."""
    wanted = set(skus)
    safety = stock.load_safety_stock(connection, wanted)
    available = dict.fromkeys(wanted, 0)
    for key, counts in stock.load_positions(connection, wanted).items():
        free = counts.on_hand - counts.allocated - counts.reserved
        available[key.sku] += max(0, free)
    return {
        sku: Supply(units, safety.get(sku, 0) or hub.tuning.safety_stock)
        for sku, units in available.items()
    }


def decide_desired(
    rows: Sequence[ListingRow], supplies: Mapping[str, Supply], buffer_units: int
) -> int | None:
    """Return what a stock record should show; None if the hub must not write it.

    Several listings may share one record: the scarcest decides. One of them that is
    not mapped yet, or that the channel does not count, keeps the hub's hands off.
    """
    if not rows or any(
        not row.tracked or row.held_by_channel or row.mapping != listings.MAPPED
        for row in rows
    ):
        return None
    return min(
        count_sellable(
            [Part(supplies[part.sku], part.units) for part in row.components],
            buffer_units,
        )
        for row in rows
    )


def _keep_changed(
    connection: Connection, desired: Mapping[tuple[str, str], int | None]
) -> dict[tuple[str, str], int | None]:
    changed = {}
    for channel in {channel for channel, _ in desired}:
        records = [record for name, record in desired if name == channel]
        known = publications.load(connection, channel, records)
        for record in records:
            before = known.get(record)
            quantity = desired[channel, record]
            if before is None or before.desired != quantity:
                changed[channel, record] = quantity
    return changed


def _mark_pushes(
    hub: Hub, connection: Connection, desired: Mapping[tuple[str, str], int | None]
) -> set[str]:
    """Mark every channel that shows something else than it should."""
    wanted = []
    for channel in sorted({channel for channel, _ in desired}):
        records = [record for name, record in desired if name == channel]
        known = publications.load(connection, channel, records)
        out_of_step = [one for one in known.values() if needs_write(one)]
        if out_of_step:
            zeroing = any(publication.desired == 0 for publication in out_of_step)
            urgency = Priority.ZEROING if zeroing else Priority.LIVE
            now = hub.clock.now()
            wanted.append(Mark(MarkKind.PUSH, channel, channel, urgency, now))
    hub.mark(connection, wanted)
    return {mark.lane for mark in wanted}
