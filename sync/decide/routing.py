"""Where a line's units come from: its home location first, then others that have some.

A line waits at home. What is short there is routed to other locations that its channel
may use; the claim there says why, and wants only what it holds and has shipped, so
that the sum of what a line's claims want never depends on where its units lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...canonical.remembered import Holding
from ...canonical.stock import Cause, StockKey
from .ledger import Ledger


def group_claims(holdings: Iterable[Holding]) -> Iterator[list[Holding]]:
    """Yield a line's claims by SKU, the home claim first in each."""
    holdings = list(holdings)
    if len(holdings) == 1:  # nearly every line of every page
        yield holdings
        return
    groups: dict[str, list[Holding]] = {}
    for holding in holdings:
        group = groups.setdefault(holding.key.sku, [])
        group.insert(len(group) if holding.routed else 0, holding)
    yield from groups.values()


def settle_wanted(
    group: Sequence[Holding], wanted: int, ledger: Ledger, cause: Cause
) -> None:
    """Let claims of one line on one SKU want ``wanted`` units together.

    What is allocated beyond that is released, where it was routed to first: a line's
    units shall lie together.
    """
    home, *routed = group
    shipped = home.shipped + sum(one.shipped for one in routed)
    held = home.allocated + sum(one.allocated for one in routed)
    wanted = max(wanted, shipped)
    surplus = held + shipped - wanted
    for one in (*reversed(routed), home) if surplus > 0 else ():
        given_up = min(surplus, one.allocated)
        ledger.release(one.key, given_up, cause)
        one.allocated -= given_up
        surplus -= given_up
    for one in routed:
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
    for home in [one for one in holdings if not one.routed and one.short]:
        sku, place = home.key
        if place in locations:
            home.allocated += ledger.allocate(home.key, home.short, cause)
        for location in locations:
            if home.short and location != place:
                _route(home, StockKey(sku, location), holdings, ledger, cause)


def _route(
    home: Holding,
    key: StockKey,
    holdings: list[Holding],
    ledger: Ledger,
    cause: Cause,
) -> None:
    lacking = home.short
    granted = ledger.allocate(key, lacking, cause)
    if granted:
        reason = f"{home.key.location} was {lacking} short"
        claim = find_claim(holdings, home, key.location, reason)
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
