"""Where a line's units come from: its home location first, then others that have some.

A line waits at home. What is short there is routed to other locations that its channel
may use; the claim there says why, and wants only what it holds and has shipped, so
that the sum of what a line's claims want never depends on where its units lie.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...canonical.remembered import Holding
from ...canonical.stock import Cause, StockKey
from .ledger import Ledger


def group_claims(holdings: list[Holding]) -> Collection[list[Holding]]:
    """Return a line's claims by SKU, the home claim first in each."""
    if len(holdings) == 1:  # nearly every line of every page
        return (holdings,)
    groups: dict[str, list[Holding]] = {}
    for holding in holdings:
        group = groups.setdefault(holding.key.sku, [])
        group.insert(len(group) if holding.routed else 0, holding)
    return groups.values()


def settle_wanted(
    group: Sequence[Holding], wanted: int, ledger: Ledger, cause: Cause
) -> None:
    """Let claims of one line on one SKU want ``wanted`` units together.

    What is allocated beyond that is released, where it was routed to first: a line's
    units shall lie together.
    """
    home = group[0]
    shipped, held = home.shipped, home.allocated
    for one in group[1:]:
        shipped += one.shipped
        held += one.allocated
    wanted = max(wanted, shipped)
    surplus = held + shipped - wanted
    for one in reversed(group) if surplus > 0 else ():
        given_up = min(surplus, one.allocated)
        ledger.release(one.key, given_up, cause)
        one.allocated -= given_up
        surplus -= given_up
    for one in group[1:]:
        one.wanted = one.allocated + one.shipped
        wanted -= one.wanted
    home.wanted = wanted


def fill_claims(
    holdings: list[Holding], locations: Sequence[str], ledger: Ledger, cause: Cause
) -> None:
    """Allocate what a line lacks: at home if it may, then where there are units.

    Args:
        holdings: the line's claims; those that it is routed to are added.
        locations: what its channel may use, in the order of their rank.
        ledger: the positions, changed in place.
        cause: why.
    """
    for home in [one for one in holdings if not one.routed]:
        short = home.short
        if short and home.key.location in locations:
            granted = ledger.allocate(home.key, short, cause)
            home.allocated += granted
            short -= granted
        if short:
            _route(home, holdings, locations, ledger, cause)


def _route(
    home: Holding,
    holdings: list[Holding],
    locations: Sequence[str],
    ledger: Ledger,
    cause: Cause,
) -> None:
    sku, place = home.key
    for location in locations:
        lacking = home.short if location != place else 0
        granted = ledger.allocate(StockKey(sku, location), lacking, cause)
        if granted:
            claim = find_claim(holdings, home, location, f"{place} was {lacking} short")
            claim.allocated += granted
            claim.wanted += granted
            home.wanted -= granted


def find_claim(
    holdings: list[Holding], home: Holding, location: str, reason: str
) -> Holding:
    """Return a line's claim at a location, made for ``reason`` where there is none."""
    key = StockKey(home.key.sku, location)
    for one in holdings:
        if one.key == key:
            return one
    claim = Holding(key, home.units_per_line, routed=reason)
    holdings.append(claim)
    return claim


def withdraw(
    key: StockKey,
    units: int,
    claims: Iterable[Sequence[Holding]],
    ledger: Ledger,
    cause: Cause,
) -> None:
    """Take ``units`` of ``key`` back; what a line loses it waits for at home.

    Args:
        key: the position whose allocations exceed what is on hand.
        units: how many have to be given up.
        claims: lines' claims on the SKU, the home claim first in each; those that
            shall lose first at the front.
        ledger: the positions, changed in place.
        cause: what made the goods disappear.
    """
    losers = 0
    for group in claims:
        for one in group:
            lost = min(units, one.allocated) if one.key == key else 0
            if lost:
                losers += 1
                units -= lost
                one.allocated -= lost
                ledger.release(key, lost, Cause(cause.kind, f"{cause.id}/{losers}"))
                if one.routed:
                    one.wanted -= lost
                    group[0].wanted += lost
