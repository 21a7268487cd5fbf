"""Who is served first where lines want more than there is, and what each choice costs.

Pure: ranks claims for whoever allocates, and plays every policy through for a person
who has to choose one. Allocates nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ...canonical.remembered import Claim
from ...canonical.stock import ShortfallPolicy

_NEVER = datetime.max.replace(tzinfo=UTC)


def rank_claims(
    claims: Sequence[Claim], policy: ShortfallPolicy, ranks: Mapping[str, int]
) -> list[Claim]:
    """Return claims in the order in which a policy serves them.

    Equals are served in the order in which they came.

    Args:
        claims: lines' claims on one SKU.
        policy: who is served first.
        ranks: how important each channel is; lower comes first.
    """

    def urgency(claim: Claim) -> tuple[int, datetime, int]:
        rank, ship_by = 0, _NEVER
        if policy is ShortfallPolicy.PRIORITY_CHANNEL:
            rank = ranks.get(claim.channel, 0)
        elif policy is ShortfallPolicy.SHIP_BY:
            ship_by = claim.ship_by or _NEVER
        return rank, ship_by, claim.line_id

    return sorted(claims, key=urgency)


@dataclass(frozen=True, slots=True)
class Demand:
    """A line that wants units of a SKU and has not had all of them yet."""

    claim: Claim
    value_minor: int
    """What the units that have not left cost the buyer."""
    currency: str

    @property
    def units(self) -> int:
        """Units that have not left."""
        return sum(one.wanted - one.shipped for one in self.claim.holdings)

    @property
    def held(self) -> int:
        """Units that are allocated to it now."""
        return sum(one.allocated for one in self.claim.holdings)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy would do with all units that have not left, and what it costs."""

    policy: ShortfallPolicy
    granted: Mapping[int, int]
    """Units by line."""
    units_unserved: int
    orders_unserved: int
    orders_late: int
    """Orders that have to leave before more arrives, and lack units."""
    minor_unserved: Mapping[str, int]
    """Money of the units that are not served, by currency."""


def play_policy(
    policy: ShortfallPolicy,
    demands: Sequence[Demand],
    free: Mapping[str, int],
    *,
    usable: Mapping[str, Collection[str]],
    ranks: Mapping[str, int],
    next_arrival: datetime | None,
) -> Outcome:
    """Deal out all units that have not left as a policy would, from the beginning.

    Args:
        policy: who is served first.
        demands: every line that wants units of the SKU.
        free: units by location that nobody holds; what lines hold is dealt out anew.
        usable: by channel, the locations that it may use, by rank.
        ranks: how important each channel is.
        next_arrival: when more is expected; None if nobody knows.
    """
    left = dict(free)
    for demand in demands:
        for one in demand.claim.holdings:
            place = one.key.location
            left[place] = left.get(place, 0) + one.allocated
    by_line = {demand.claim.line_id: demand for demand in demands}
    queue = rank_claims([demand.claim for demand in demands], policy, ranks)
    granted = {
        claim.line_id: _deal(
            by_line[claim.line_id].units, left, usable.get(claim.channel, ())
        )
        for claim in queue
    }
    return _weigh(policy, demands, granted, next_arrival)


def _deal(units: int, left: dict[str, int], locations: Collection[str]) -> int:
    granted = 0
    for location in locations:
        portion = min(units - granted, left.get(location, 0))
        left[location] = left.get(location, 0) - portion
        granted += portion
    return granted


def _weigh(
    policy: ShortfallPolicy,
    demands: Sequence[Demand],
    granted: Mapping[int, int],
    next_arrival: datetime | None,
) -> Outcome:
    units = 0
    unserved: set[int] = set()
    late: set[int] = set()
    money: dict[str, int] = {}
    for demand in demands:
        claim = demand.claim
        missing = demand.units - granted[claim.line_id]
        if missing <= 0:
            continue
        units += missing
        unserved.add(claim.order_id)
        if claim.ship_by and (next_arrival is None or claim.ship_by < next_arrival):
            late.add(claim.order_id)
        lost = demand.value_minor * missing // demand.units
        money[demand.currency] = money.get(demand.currency, 0) + lost
    return Outcome(policy, granted, units, len(unserved), len(late), money)
