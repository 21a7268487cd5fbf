"""Escrow: who is granted how many units, so that no unit is ever on offer twice.

Pure. The rule behind all of it: for every SKU the units that quotas hold are no more
than what can be promised. A quota falls with every sale that the hub reads; it rises
only by units that nobody holds; and to take units from a record it is closed, which
ends when it is certain that it sells nothing more. Why that suffices is written in
``docs/oversell.md``.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

Key = tuple[str, str]
"""A channel and a stock record of it."""
Goods = tuple[str, tuple[str, ...]]
"""A SKU, and the locations that may serve it; no location means all."""
_SLICES = 16
"""A share is dealt out in so many helpings at least, which keeps it fair and quick."""


@dataclass(frozen=True, slots=True)
class Stake:
    """One stock record in escrow."""

    key: Key
    needs: Mapping[Goods, int]
    """Units that one sale takes, of all goods that it may be served from."""
    granted: int = 0
    closing: bool = False
    raisable: bool = True
    """Whether its channel can be told a higher quantity without risk at this moment."""
    settled: bool = True
    """Whether it can be closed: nothing about it is open, in doubt or for a person."""
    rested: bool = True
    """Whether it may have to serve others: it was not given anything lately."""
    returning: bool = False
    """Whether it closes and will be back soon; its share is kept for it."""
    weight: int = 1
    """How much of what is there it should have, against the others; 0 for nothing."""
    units_max: int | None = None
    """The most that its channel can show."""

    def holds(self, goods: Goods, granted: int | None = None) -> int:
        """Return the units of some goods that its quota keeps from others."""
        sales = self.granted if granted is None else granted
        return sales * self.needs.get(goods, 0)


@dataclass(frozen=True, slots=True)
class QuotaPlan:
    """What to change."""

    grants: dict[Key, int] = field(default_factory=dict)
    """Sales to add to quotas."""
    closing: tuple[Key, ...] = ()
    """Records to bring to zero, so that their units can go elsewhere."""


def plan_quotas(
    promisable: Mapping[Goods, int],
    stakes: Sequence[Stake],
    *,
    pool_weights: Mapping[Goods, int] | None = None,
    held_elsewhere: Mapping[Goods, int] | None = None,
) -> QuotaPlan:
    """Share out what nobody holds, and say which records must give units back.

    Args:
        promisable: what can be promised of each of the goods.
        stakes: the records in escrow that are looked at.
        pool_weights: how much channels outside escrow should have, where there are any.
        held_elsewhere: units held by quotas of records that are not looked at.
    """
    pools = pool_weights or {}
    held = count_held(stakes)
    for goods, units in (held_elsewhere or {}).items():
        held[goods] = held.get(goods, 0) + units
    free = {goods: units - held.get(goods, 0) for goods, units in promisable.items()}
    closing = _close_overdrawn(free, stakes)
    ideal = _find_ideal(promisable, stakes, pools)
    spare = {goods: max(0, units) for goods, units in free.items()}
    starving = {
        one.key
        for one in stakes
        if one.key not in closing and _starves(one, ideal.get(one.key, 0), spare)
    }
    claims = [
        one
        for one in stakes
        if one.key not in closing
        and (one.key in starving or one.returning or _takes_more(one))
    ]
    dealt = share_out(spare, claims, pools)
    grants = {
        one.key: dealt[one.key]
        for one in claims
        if one.key in dealt and _takes_more(one) and one.key not in starving
    }
    closing |= starving
    for one in claims:
        for goods in one.needs:
            spare[goods] -= one.holds(goods, dealt.get(one.key, 0))
    closing |= _close_for_others(stakes, ideal, grants, spare, closing)
    return QuotaPlan(grants, tuple(sorted(closing)))


def _takes_more(one: Stake) -> bool:
    return one.raisable and not one.closing


def weigh(sold: Sequence[int]) -> list[int]:
    """Return what share records should have that sold so much, against one another.

    A tenth of the demand is spread evenly: who never has a unit never sells one, and
    would never be given any.
    """
    even = max(1, sum(sold) // (10 * max(1, len(sold))))
    return [units + even for units in sold]


def count_held(stakes: Iterable[Stake]) -> dict[Goods, int]:
    """Return the units of all goods that quotas hold."""
    held: dict[Goods, int] = {}
    for one in stakes:
        for goods in one.needs:
            held[goods] = held.get(goods, 0) + one.holds(goods)
    return held


def _close_overdrawn(free: Mapping[Goods, int], stakes: Sequence[Stake]) -> set[Key]:
    """Close the largest quotas of goods that are promised beyond what there is."""
    closing: set[Key] = set()
    for goods in sorted(free):
        lacking = -free[goods]
        for one in stakes:
            if one.closing or one.key in closing:
                lacking -= one.holds(goods)
        holders = [one for one in stakes if one.holds(goods) and not one.closing]
        for one in sorted(holders, key=lambda each: (-each.holds(goods), each.key)):
            if lacking > 0 and one.key not in closing:
                closing.add(one.key)
                lacking -= one.holds(goods)
    return closing


def share_out(
    free: Mapping[Goods, int],
    claims: Sequence[Stake],
    pool_weights: Mapping[Goods, int] | None = None,
) -> dict[Key, int]:
    """Deal out what is free: always to whoever has least for its weight.

    Nothing stays that anybody could take, except what channels outside escrow claim.

    Returns:
        Sales to add, by record; records that get nothing are left out.
    """
    left = dict(free)
    dealt = {one.key: 0 for one in claims}
    pools = [
        Stake(("", goods[0]), {goods: 1}, weight=weight)
        for goods, weight in (pool_weights or {}).items()
        if left.get(goods, 0) > 0
    ]
    seats = [one for one in (*claims, *pools) if one.weight > 0]
    taken = [one.granted for one in seats]
    queue = [((taken[i] + 1) / one.weight, one.key, i) for i, one in enumerate(seats)]
    heapq.heapify(queue)
    while queue:
        _, key, index = heapq.heappop(queue)
        one = seats[index]
        fitting = min(left.get(goods, 0) // n for goods, n in one.needs.items())
        if one.units_max is not None:
            fitting = min(fitting, one.units_max - taken[index])
        if fitting <= 0:
            continue
        helping = max(1, fitting // (_SLICES * len(seats)))
        taken[index] += helping
        for goods, units in one.needs.items():
            left[goods] -= helping * units
        if key in dealt:
            dealt[key] += helping
        heapq.heappush(queue, ((taken[index] + 1) / one.weight, key, index))
    return {key: sales for key, sales in dealt.items() if sales}


def _find_ideal(
    promisable: Mapping[Goods, int],
    stakes: Sequence[Stake],
    pool_weights: Mapping[Goods, int],
) -> dict[Key, int]:
    """Return what every record would have if all units were shared out anew."""
    whole = {goods: max(0, units) for goods, units in promisable.items()}
    return share_out(whole, [replace(one, granted=0) for one in stakes], pool_weights)


def _starves(one: Stake, share: int, spare: Mapping[Goods, int]) -> bool:
    """Say whether a record should go to zero, to come back with twice as much.

    It cannot be raised as it is, and units lie unused.
    """
    if not one.settled or one.raisable or one.closing:
        return False
    if not 0 < one.granted <= share // 2:
        return False
    return all(spare.get(goods, 0) >= one.holds(goods) for goods in one.needs)


def _close_for_others(
    stakes: Sequence[Stake],
    ideal: Mapping[Key, int],
    grants: Mapping[Key, int],
    spare: Mapping[Goods, int],
    closing: set[Key],
) -> set[Key]:
    """Choose records to close so that others can have units at all.

    A record with nothing is worth taking units from one that has more than its share,
    one donor at a time.
    """
    ordered = sorted(stakes, key=lambda each: each.key)
    moving = {
        goods
        for one in ordered
        if one.closing or one.key in closing
        for goods in one.needs
    }
    chosen: set[Key] = set()
    for one in ordered:
        hungry = _takes_more(one) and not one.granted and one.key not in grants
        if hungry and ideal.get(one.key) and not moving & one.needs.keys():
            donor = _find_donor(one, ordered, ideal, grants, spare)
            if donor is not None:
                chosen.add(donor.key)
                moving |= donor.needs.keys()
    return chosen


def _find_donor(
    hungry: Stake,
    stakes: Sequence[Stake],
    ideal: Mapping[Key, int],
    grants: Mapping[Key, int],
    spare: Mapping[Goods, int],
) -> Stake | None:
    """Return who has most beyond its share of what a record without units lacks."""
    lacking = {g for g, units in hungry.needs.items() if spare.get(g, 0) < units}
    best, most = None, 0
    for one in stakes:
        surplus = one.granted + grants.get(one.key, 0) - ideal.get(one.key, 0)
        movable = one.settled and one.rested and not one.closing
        if movable and lacking & one.needs.keys() and surplus > most:
            best, most = one, surplus
    return best
