"""Scarcity: who waits for a SKU, who holds units of it, and each policy's cost.

A preview for a person who has to choose. Reads only; ``shortfalls`` gives units out.
"""

from __future__ import annotations

from datetime import datetime

from ..canonical.model import Model
from ..canonical.remembered import Claim
from ..canonical.stock import ShortfallPolicy
from ..store import channels, figures, stock, transfers
from ..store.engine import Connection
from .apply import choose_policy, queue_claims
from .decide.shortfalls import Demand, Outcome, play_policy
from .hub import Hub
from .places import load_places
from .stocktaking import require_sku
from .supplies import load_supplies


class WaitingLine(Model):
    """A line that wants units: what it holds, and what it waits for."""

    line: int
    order: str
    channel: str
    ship_by: datetime | None
    units: int
    held: int
    waits_for: int
    held_at: dict[str, int]
    value_minor: int
    currency: str


class PolicyCost(Model):
    """What a policy would do with every unit that has not left."""

    policy: ShortfallPolicy
    in_force: bool
    granted: dict[str, int]
    """Units by line."""
    units_unserved: int
    orders_unserved: int
    orders_late: int
    minor_unserved: dict[str, int]


class Scarcity(Model):
    """A SKU of which lines want more than there is."""

    sku: str
    short: int
    backordered: int
    """Units of ``short`` that may be waited for by the SKU's terms."""
    shortfall: int
    available: int
    incoming: int
    next_arrival: datetime | None
    lines: tuple[WaitingLine, ...]
    policies: tuple[PolicyCost, ...]


def list_scarce(hub: Hub, sku: str | None = None) -> list[Scarcity]:
    """Return what is scarce: a SKU, or every one that lines wait for.

    Raises:
        NotFoundError: the hub does not know the SKU.
    """
    with hub.store.reading() as connection:
        if sku is not None:
            names = [require_sku(connection, sku)]
        else:
            names = stock.find_short(connection)
        return [_describe(hub, connection, name) for name in names]


def _describe(hub: Hub, connection: Connection, sku: str) -> Scarcity:
    supply = load_supplies(hub, connection, [sku])[sku]
    receipts = transfers.load_incoming(connection, sku)
    arrivals = [row.due_at for row in receipts if row.due_at is not None]
    next_arrival = min(arrivals, default=None)
    lines, demands = _load_demands(hub, connection, sku)
    headroom = supply.headroom
    return Scarcity(
        sku=sku,
        short=headroom.short,
        backordered=headroom.short - headroom.excess,
        shortfall=headroom.excess,
        available=supply.available,
        incoming=headroom.incoming,
        next_arrival=next_arrival,
        lines=tuple(lines),
        policies=tuple(
            _play_all(
                hub, connection, sku, demands, dict(supply.by_location), next_arrival
            )
        ),
    )


def _load_demands(
    hub: Hub, connection: Connection, sku: str
) -> tuple[list[WaitingLine], list[Demand]]:
    claims = stock.load_claims(connection, [sku], short_only=False)
    known = {claim.line_id for claim in claims}
    waiting = stock.load_claims(connection, [sku], short_only=True)
    claims += [claim for claim in waiting if claim.line_id not in known]
    if not claims:
        return [], []
    (queue,) = queue_claims(hub, connection, claims).values()
    worth = figures.get_line_values(connection, [claim.line_id for claim in queue])
    lines, demands = [], []
    for claim in queue:
        row = worth[claim.line_id]
        units = sum(one.wanted - one.shipped for one in claim.holdings)
        ordered = row["quantity"] * claim.holding.units_per_line
        value = row["total_minor"] * units // ordered if ordered else 0
        demand = Demand(claim, value, row["currency"])
        demands.append(demand)
        lines.append(_describe_line(claim, demand, row["number"] or row["external_id"]))
    return lines, demands


def _describe_line(claim: Claim, demand: Demand, order: str) -> WaitingLine:
    return WaitingLine(
        line=claim.line_id,
        order=order,
        channel=claim.channel,
        ship_by=claim.ship_by,
        units=demand.units,
        held=demand.held,
        waits_for=claim.holding.short,
        held_at={
            one.key.location: one.allocated for one in claim.holdings if one.allocated
        },
        value_minor=demand.value_minor,
        currency=demand.currency,
    )


def _play_all(
    hub: Hub,
    connection: Connection,
    sku: str,
    demands: list[Demand],
    free: dict[str, int],
    next_arrival: datetime | None,
) -> list[PolicyCost]:
    terms = stock.load_terms(connection, [sku])[sku]
    in_force = choose_policy(terms, hub.tuning.shortfall_policy)
    places = load_places(hub, connection)
    ranks = channels.load_ranks(connection)
    played = [
        play_policy(
            policy,
            demands,
            free,
            usable={name: places.usable(name) for name in ranks},
            ranks=ranks,
            next_arrival=next_arrival,
        )
        for policy in ShortfallPolicy
    ]
    return [_show(outcome, outcome.policy is in_force) for outcome in played]


def _show(outcome: Outcome, in_force: bool) -> PolicyCost:
    return PolicyCost(
        policy=outcome.policy,
        in_force=in_force,
        granted={str(line): units for line, units in outcome.granted.items()},
        units_unserved=outcome.units_unserved,
        orders_unserved=outcome.orders_unserved,
        orders_late=outcome.orders_late,
        minor_unserved=dict(outcome.minor_unserved),
    )
