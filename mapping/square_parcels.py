"""The fulfillments of a Square order: what left, what is still wished for.

A fulfillment at Square is a wish that becomes a fact (PROPOSED to COMPLETED); only
what is completed has left. An order without any that is completed went over the
counter, all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from ..canonical.errors import MappingError
from ..canonical.orders import FulfilledLine, Fulfillment, FulfillmentState
from .square_wire import WireFulfillment, WireOrder, count_whole
from .square_words import (
    DEAD_FULFILLMENTS,
    FULFILLMENT_STATES,
    StateMeaning,
    read_carrier,
)

_BY_ENTRIES = "ENTRY_LIST"


def read_fulfillments(order: WireOrder) -> tuple[Fulfillment, ...]:
    """Return what left, each under the uid that is unique in its order.

    Raises:
        MappingError: a fulfillment has no uid.
    """
    return tuple(
        _read_fulfillment(order, each) for each in order.fulfillments if _has_left(each)
    )


def decide_fulfillment(order: WireOrder, meaning: StateMeaning) -> FulfillmentState:
    """Say how much of an order has left."""
    alive = [each for each in order.fulfillments if each.state not in DEAD_FULFILLMENTS]
    if not alive:
        over_the_counter = meaning.left and not order.fulfillments
        if over_the_counter and order.line_items:
            return FulfillmentState.FULFILLED
        return FulfillmentState.UNFULFILLED
    if any(each.state not in FULFILLMENT_STATES for each in alive):
        return FulfillmentState.UNKNOWN
    gone = [each for each in alive if _has_left(each)]
    if not gone:
        return FulfillmentState.UNFULFILLED
    if len(gone) == len(alive) and (meaning.left or _covers_all(order, gone)):
        return FulfillmentState.FULFILLED
    return FulfillmentState.PARTIALLY_FULFILLED


def find_departure(order: WireOrder, meaning: StateMeaning) -> datetime | None:
    """Return when the goods of an order began to leave; None while they have not."""
    if order.fulfillments:
        gone = [each for each in order.fulfillments if _has_left(each)]
        moments = [each.details.left_at or order.closed_at for each in gone]
        return min((each for each in moments if each is not None), default=None)
    return (order.closed_at or order.updated_at) if meaning.left else None


def is_called_off(order: WireOrder) -> datetime | None:
    """Return when the last fulfillment was cancelled, if all of them were."""
    states = {each.state for each in order.fulfillments}
    if states != {"CANCELED"}:
        return None
    moments = [each.details.canceled_at for each in order.fulfillments]
    told = [each for each in moments if each is not None]
    return max(told, default=order.updated_at or order.created_at)


def list_unknown_fulfillments(order: WireOrder) -> Iterator[str]:
    """Yield the states of fulfillments that the mapping has never seen."""
    for each in order.fulfillments:
        if each.state not in FULFILLMENT_STATES and each.state not in DEAD_FULFILLMENTS:
            yield f"fulfillments.state={each.state}"


def _has_left(fulfillment: WireFulfillment) -> bool:
    return FULFILLMENT_STATES.get(fulfillment.state) is FulfillmentState.FULFILLED


def _read_fulfillment(order: WireOrder, wire: WireFulfillment) -> Fulfillment:
    if not wire.uid:
        raise MappingError("a fulfillment without uid", path="fulfillments.uid")
    details = wire.details
    return Fulfillment(
        external_id=wire.uid,
        lines=tuple(
            FulfilledLine(line_external_id=uid, quantity=units)
            for uid, units in _list_units(order, wire).items()
            if units > 0
        ),
        carrier=read_carrier(details.carrier),
        tracking_number=details.tracking_number,
        tracking_url=details.tracking_url,
        shipped_at=details.left_at,
    )


def _list_units(order: WireOrder, wire: WireFulfillment) -> Counter[str]:
    """Return how many of each line a fulfillment carries; measured lines are one."""
    units: Counter[str] = Counter()
    if wire.line_item_application == _BY_ENTRIES:
        for entry in wire.entries:
            whole = count_whole(entry.quantity)
            units[entry.line_item_uid] += 1 if whole is None else whole
        return units
    for line in order.line_items:
        whole = count_whole(line.quantity)
        units[line.uid] += 1 if whole is None else whole
    return units


def _covers_all(order: WireOrder, gone: list[WireFulfillment]) -> bool:
    carried: Counter[str] = Counter()
    for each in gone:
        carried += _list_units(order, each)
    return all(
        carried[line.uid] >= (count_whole(line.quantity) or 1)
        for line in order.line_items
        if line.quantity
    )
