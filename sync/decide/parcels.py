"""Goods that left: what shipping a parcel does to lines and stock.

Parcels come from the hub's own staff (``ship``) or are read from the channel; the
hub's own, read back from the channel, are recognised and not shipped twice. Telling
the channel is a journey, not a decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...canonical.orders import FulfilledLine, Fulfillment, FulfillmentState, Order
from ...canonical.remembered import Holding, KnownLine, KnownOrder, Parcel
from ...canonical.stock import Cause, MovementKind
from .facts import Surroundings
from .ledger import Ledger
from .routing import find_claim, group_claims, settle_wanted

WHOLE_ORDER = "order-fulfilled"
"""Id of the parcel that stands for a channel's word that all has left."""


def ship_lines(
    known: KnownOrder,
    quantities: Mapping[int, int],
    ledger: Ledger,
    cause: Cause,
    *,
    locations: Sequence[str],
    location: str = "",
) -> None:
    """Let ``quantities`` (units of the listing by line id) leave the warehouse.

    What the line had allocated goes first, at home, then by rank. Goods that left
    without an allocation left all the same: on hand falls, and others' claims may have
    to give way.

    Args:
        known: the order.
        quantities: how much of each line left.
        ledger: the positions, changed in place.
        cause: the parcel.
        locations: what the order's channel may use, by rank.
        location: where the parcel left from; empty if nobody said so.
    """
    for line in known.lines.values():
        quantity = quantities.get(line.id, 0)
        if not quantity:
            continue
        line.shipped += quantity
        line.wanted = max(line.wanted, line.shipped)
        line_cause = Cause(cause.kind, f"{cause.id}/{line.id}")
        for group in group_claims(line.holdings):
            home = group[0]
            sources = _sort_by_rank(group, locations)
            if location:
                reason = "a parcel left from there"
                sources = [find_claim(line.holdings, home, location, reason)]
            _take_units(sources, quantity * home.units_per_line, ledger, line_cause)
        for group in group_claims(line.holdings):
            units = line.wanted * group[0].units_per_line
            settle_wanted(group, units, ledger, line_cause)


def _sort_by_rank(group: list[Holding], locations: Sequence[str]) -> list[Holding]:
    """Return the claims of a line on a SKU: home first, then by rank of location."""
    ranks = {name: rank for rank, name in enumerate(locations)}
    last = len(ranks)
    return sorted(
        group, key=lambda one: (one.routed != "", ranks.get(one.key.location, last))
    )


def _take_units(
    sources: Sequence[Holding], units: int, ledger: Ledger, cause: Cause
) -> None:
    """Ship ``units`` that the claims hold; what nobody holds leaves from the first."""
    allocated = [0] * len(sources)
    left = units
    for index, claim in enumerate(sources):
        allocated[index] = min(left, claim.allocated)
        left -= allocated[index]
    for index, claim in enumerate(sources):
        gone = allocated[index] + (left if index == 0 else 0)
        ledger.ship(claim.key, gone, cause, from_allocated=allocated[index])
        claim.allocated -= allocated[index]
        claim.shipped += gone


def ship_what_channel_shipped(
    order: Order, known: KnownOrder, surroundings: Surroundings, ledger: Ledger
) -> None:
    """Take over the parcels that the channel reports and the hub does not know."""
    for fulfillment in order.fulfillments:
        parcel = _recognise(fulfillment, known)
        if parcel is None:
            if not fulfillment.cancelled and fulfillment.lines:
                _take_over(fulfillment, known, order, surroundings, ledger)
        elif fulfillment.cancelled and not parcel.cancelled:
            _take_back(parcel, known, ledger)
    # Cancelled afterwards or not: what left has left.
    if order.fulfillment is FulfillmentState.FULFILLED:
        _ship_the_rest(order, known, surroundings, ledger)


def _recognise(fulfillment: Fulfillment, known: KnownOrder) -> Parcel | None:
    for parcel in known.parcels:
        if parcel.external_id == fulfillment.external_id:
            return parcel
    quantities = _quantities(fulfillment, known)
    for parcel in known.parcels:
        if parcel.external_id or parcel.origin != "hub":
            continue
        tracked = fulfillment.tracking_number and (
            fulfillment.tracking_number == parcel.tracking_number
        )
        if tracked or (quantities == parcel.quantities and not parcel.tracking_number):
            parcel.external_id = fulfillment.external_id
            parcel.told_at = fulfillment.shipped_at or parcel.shipped_at
            return parcel
    return None


def _quantities(fulfillment: Fulfillment, known: KnownOrder) -> dict[int, int]:
    return {
        known.lines[part.line_external_id].id: part.quantity
        for part in fulfillment.lines
        if part.line_external_id in known.lines
    }


def _take_over(
    fulfillment: Fulfillment,
    known: KnownOrder,
    order: Order,
    surroundings: Surroundings,
    ledger: Ledger,
) -> None:
    quantities = _quantities(fulfillment, known)
    if not quantities:
        return
    shipped_at = fulfillment.shipped_at or order.updated_at
    parcel = Parcel(
        surroundings.take_id(),
        "channel",
        fulfillment.external_id,
        fulfillment.carrier,
        fulfillment.tracking_number,
        fulfillment.tracking_url,
        shipped_at,
        quantities,
        told_at=shipped_at,
    )
    known.parcels.append(parcel)
    cause = Cause("parcel", str(parcel.id))
    ship_lines(known, quantities, ledger, cause, locations=surroundings.locations)


def _ship_the_rest(
    order: Order, known: KnownOrder, surroundings: Surroundings, ledger: Ledger
) -> None:
    rest = tuple(
        FulfilledLine(line_external_id=line.external_id, quantity=unshipped)
        for line in order.lines
        if line.tracked
        and (unshipped := line.quantity_current - known.lines[line.external_id].shipped)
        > 0
    )
    earlier = sum(
        parcel.external_id.startswith(WHOLE_ORDER) for parcel in known.parcels
    )
    whole = Fulfillment(external_id=f"{WHOLE_ORDER}-{earlier + 1}", lines=rest)
    _take_over(whole, known, order, surroundings, ledger)


def _take_back(parcel: Parcel, known: KnownOrder, ledger: Ledger) -> None:
    """A parcel was cancelled: its goods never left and are claimed again."""
    parcel.cancelled = True
    for line in known.lines.values():
        # What came back as a return is on hand already; it stays shipped and returned.
        back = min(parcel.quantities.get(line.id, 0), line.shipped - line.returned)
        if back:
            _unship(line, back, parcel, ledger)


def _unship(line: KnownLine, quantity: int, parcel: Parcel, ledger: Ledger) -> None:
    line.shipped -= quantity
    cause = Cause("parcel-cancelled", f"{parcel.id}/{line.id}")
    for group in group_claims(line.holdings):
        units = quantity * group[0].units_per_line
        # Where it left from, if the parcel says so; else where most of it had.
        for claim in sorted(
            group,
            key=lambda one: (one.key.location != parcel.location, -one.shipped),
        ):
            back = min(units, claim.shipped)
            if back:
                units -= back
                claim.shipped -= back
                ledger.change_on_hand(claim.key, back, MovementKind.RETURNED, cause)
