"""Shortfalls: who waits for stock, who gets what arrives, and what is told of it.

Gives units that became free to the lines that wait. What lines lack beyond what may be
sold without being there is a conflict, open as long as it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.stock import Cause, StockKey
from ..store import conflicts, stock
from ..store.engine import Connection
from .apply import save_ledger
from .decide.ledger import Ledger
from .hub import Hub


def serve_waiting_lines(hub: Hub, connection: Connection, skus: Sequence[str]) -> None:
    """Give free units of ``skus`` to the lines that wait; report what stays short."""
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
