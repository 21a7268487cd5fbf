"""Reads and writes what can be bought at one location.

Medusa keeps what is stocked and what is reserved for orders; shoppers can buy the
difference. So a write of a quantity sets it plus what is reserved at that moment. An
order that comes in between lowers what can be bought, and is not erased. One request
per record: the routes for many fail as a whole for one bad id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...canonical.clock import Clock
from ...canonical.errors import OutcomeUnknownError, RejectedError, RetryLaterError
from ...canonical.pushes import Outcome, PushResult, StockWrite
from ...canonical.stock import StockReading
from ..calls import Call, Transport
from .wire import (
    InventoryItem,
    Level,
    chunk,
    name_ids,
    read_one,
    read_rows,
    read_shape,
    read_time,
    require_id,
)

_FIELDS = "id,*location_levels"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one record showed, and when on the server's clock."""

    level: Level | None
    read_at: datetime


def read_stock(
    transport: Transport, clock: Clock, location_id: str, ids: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each inventory item, in the same order.

    None where the item is unknown or not stocked at the location.
    """
    seen = _look_up(transport, clock, location_id, ids)
    return tuple(
        StockReading(
            stock_external_id=each,
            quantity=_available(seen[each].level) if each in seen else None,
            read_at=seen[each].read_at if each in seen else clock.now(),
        )
        for each in ids
    )


def push_stock(
    transport: Transport, clock: Clock, location_id: str, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Write quantities; one result for each, in the same order.

    Raises:
        RetryLaterError: nothing at all was sent.
    """
    ids = [write.stock_external_id for write in writes]
    seen = _look_up(transport, clock, location_id, ids)
    results: list[PushResult] = []
    for write in writes:
        level = seen[write.stock_external_id].level if write.stock_external_id else None
        try:
            results.append(_write(transport, location_id, write, level))
        except RetryLaterError as error:
            if not results:
                raise
            reason = f"not sent, the server asked to wait: {error.message}"
            results.append(PushResult(Outcome.UNKNOWN, reason))
    return tuple(results)


def _write(
    transport: Transport, location_id: str, write: StockWrite, level: Level | None
) -> PushResult:
    if level is None:
        return PushResult(
            Outcome.REFUSED,
            f"the server stocks no such inventory item at {location_id}",
        )
    try:
        item_id = require_id(write.stock_external_id)
        call = Call(
            "POST",
            f"/admin/inventory-items/{item_id}/location-levels/{location_id}",
            {"fields": _FIELDS},
            json={"stocked_quantity": write.quantity + level.reserved_quantity},
        )
        item = read_one(InventoryItem, transport.send(call), "inventory_item")
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    observed = _available(item.find_level(location_id))
    return PushResult(Outcome.ACCEPTED, observed=observed)


def _look_up(
    transport: Transport, clock: Clock, location_id: str, ids: Sequence[str]
) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for names in chunk(ids):
        params = {**name_ids(names), "limit": str(len(names)), "fields": _FIELDS}
        call = Call("GET", "/admin/inventory-items", params, safe=True)
        answer = transport.send(call)
        rows = read_rows(answer, "inventory_items")
        items = {
            one.id: one for one in (read_shape(InventoryItem, row) for row in rows)
        }
        moment = read_time(answer, clock)
        for each in names:
            item = items.get(each)
            seen[each] = _Seen(item.find_level(location_id) if item else None, moment)
    return seen


def _available(level: Level | None) -> int | None:
    return None if level is None else level.stocked_quantity - level.reserved_quantity
