"""Shortfalls: who waits for stock, who gets what arrives, and what is told of it.

Gives units that became free to the lines that wait, as the SKU's policy says. What
lines lack beyond what may be sold without being there is a conflict, open as long as
it lasts; what they lack within it is backordered, and no conflict.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.remembered import Claim
from ..canonical.stock import Cause
from ..store import conflicts, stock
from ..store.engine import Connection
from .apply import queue_claims, save_ledger
from .decide.ledger import Ledger
from .decide.routing import fill_claims
from .decide.supplies import Headroom
from .hub import Hub
from .places import load_places
from .supplies import load_headrooms

LINES_NAMED_MAX = 50


def serve_waiting_lines(
    hub: Hub, connection: Connection, skus: Sequence[str]
) -> list[Claim]:
    """Give free units of ``skus`` to the lines that wait, and return those lines."""
    if not stock.sum_short(connection, skus):
        return []
    locked = stock.lock_positions(connection, skus)
    # Only now: while a page is under way nobody knows who will wait.
    claims = stock.load_claims(connection, skus, short_only=True)
    ledger = Ledger(locked)
    places = load_places(hub, connection)
    cause_id = str(hub.ids.take())
    for queue in queue_claims(hub, connection, claims).values():
        for claim in queue:
            cause = Cause("served", f"{cause_id}/{claim.line_id}")
            fill_claims(claim.holdings, places.usable(claim.channel), ledger, cause)
    stock.save_claims(connection, claims)
    save_ledger(hub, connection, ledger, locked)
    return claims


def report_shortfalls(
    hub: Hub, connection: Connection, skus: Sequence[str], claims: Sequence[Claim]
) -> None:
    """Open a conflict for each SKU of which too much was sold; close those settled.

    Args:
        hub: what to work with.
        connection: the transaction.
        skus: the SKUs to look at.
        claims: the lines that wait for units of them.
    """
    now = hub.clock.now()
    waiting: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.holding.short:
            waiting.setdefault(claim.holding.key.sku, []).append(claim)
    headrooms = load_headrooms(connection, waiting)
    found = {
        sku: _describe_shortfall(sku, lines, headrooms[sku])
        for sku, lines in waiting.items()
        if headrooms[sku].excess
    }
    conflicts.report(connection, list(found.values()), hub.ids, now)
    if conflicts.count_open(connection):
        covered = [name_shortfall(sku) for sku in skus if sku not in found]
        by = {"by": conflicts.BY_FACTS, "why": "every line has its units, or may wait"}
        conflicts.close(connection, ConflictKind.SHORTFALL, covered, by, now)


def name_shortfall(sku: str) -> str:
    """Return what a shortfall conflict about a SKU is about."""
    return f"sku/{sku}"


def _describe_shortfall(
    sku: str, lines: Sequence[Claim], headroom: Headroom
) -> ConflictFacts:
    units = headroom.excess
    said = f"{units} units of {sku} were sold that are not on hand"
    if headroom.cap:
        said += f", beyond the {headroom.cap} that may be backordered"
    return ConflictFacts(
        kind=ConflictKind.SHORTFALL,
        subject=name_shortfall(sku),
        summary=f"{said}; {len(lines)} order lines wait.",
        facts={
            "sku": sku,
            # Where the line that came last waits for them.
            "location": lines[-1].holding.key.location,
            "units_short": units,
            "units_waited_for": headroom.short,
            "lines": {
                str(line.line_id): line.holding.short
                for line in lines[:LINES_NAMED_MAX]
            },
        },
        proposals=(
            Proposal(
                action=Action.RECEIVE,
                sku=sku,
                units=units,
                reason="Receive the missing units, if they are there after all.",
            ),
        ),
    )
