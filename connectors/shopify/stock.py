"""Stock writes as one mutation, what became of each, and what reads back.

Shopify carries out all quantities of an ``inventorySetQuantities`` or none: where it
names an error, nothing was written.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ...canonical.errors import (
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from ...canonical.pushes import Outcome, PushResult, StockWrite
from ...canonical.stock import StockReading
from .cost import PageSize
from .documents import SET_STOCK, STOCK
from .graphql import Admin, ask_in_parts, read_shape, shorten
from .ids import to_gid, to_gids
from .wire import Changed, Nodes, StockLevel, UserError

_NAMESPACE = uuid.UUID("5d0f2c0e-52a5-5c0e-9a53-6b1c4f6f7f1e")
_BUSY_DELAY_SECONDS = 2.0
_STALE = {"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"}
"""Some quantity is no longer the one that was expected."""

_WRITTEN = PushResult(Outcome.ACCEPTED)


def derive_key(writes: Sequence[StockWrite]) -> str:
    """Return the idempotency key of a batch: the same whenever its writes are."""
    keys = "\n".join(write.idempotency_key for write in writes)
    return str(uuid.uuid5(_NAMESPACE, keys))


def build_input(writes: Sequence[StockWrite], location: str) -> dict[str, Any]:
    """Return the mutation's input: a compare-and-set of each write at one location.

    ``changeFromQuantity`` is always there: from 2026-04 on Shopify wants an explicit
    null where nothing is expected.
    """
    return {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": f"gid://crossdock/StockPush/{derive_key(writes)}",
        "quantities": [
            {
                "inventoryItemId": write.stock_external_id,
                "locationId": location,
                "quantity": write.quantity,
                "changeFromQuantity": write.expected,
            }
            for write in writes
        ],
    }


def judge_writes(errors: Sequence[UserError], count: int) -> list[PushResult | None]:
    """Return what the errors say about each write; None about those not named.

    An error that names no write is about all of them.

    Raises:
        RetryLaterError: the same batch is being carried out at this moment.
    """
    verdicts: list[PushResult | None] = [None] * count
    for error in errors:
        if error.code == "IDEMPOTENCY_CONCURRENT_REQUEST":
            raise RetryLaterError(
                "Shopify is still at work on the same stock write",
                delay_seconds=_BUSY_DELAY_SECONDS,
            )
        index = _find_index(error, count)
        named = range(count) if index is None else (index,)
        for place in named:
            verdicts[place] = verdicts[place] or _judge(error)
    return verdicts


def settle(
    verdicts: Sequence[PushResult | None], *, written: bool
) -> tuple[PushResult, ...]:
    """Return a result for each write; ``written`` says what a write without one is."""
    otherwise = (
        _WRITTEN
        if written
        else PushResult(
            Outcome.STALE,
            "nothing was written: another write of its batch was refused",
        )
    )
    return tuple(verdict or otherwise for verdict in verdicts)


def _judge(error: UserError) -> PushResult:
    code = error.code or ""
    # A key that was used before for something else, or that failed, wrote nothing: the
    # hub reads again and comes back with a new one.
    stale = code in _STALE or code.startswith("IDEMPOTENCY_")
    outcome = Outcome.STALE if stale else Outcome.REFUSED
    return PushResult(outcome, shorten(error.message))


def _find_index(error: UserError, count: int) -> int | None:
    """Return which write an error is about: its path is like input, quantities, 3."""
    for step in error.field or ():
        if step.isascii() and step.isdigit() and int(step) < count:
            return int(step)
    return None


def write_stock(
    admin: Admin, writes: Sequence[StockWrite], location: str
) -> tuple[PushResult, ...]:
    """Set quantities and return a result for each write, in the same order.

    Where some writes of the batch are refused, the others are sent once more without
    them.

    Raises:
        RetryLaterError: Shopify refused the batch for the moment; nothing was written.
    """
    if not writes:
        return ()
    verdicts = _send(admin, writes, location)
    good = [
        write for write, verdict in zip(writes, verdicts, strict=True) if not verdict
    ]
    if not good or len(good) == len(writes):
        return settle(verdicts, written=True)
    again = _send(admin, good, location)
    rest = iter(settle(again, written=not any(again)))
    return tuple(verdict or next(rest) for verdict in verdicts)


def _send(
    admin: Admin, writes: Sequence[StockWrite], location: str
) -> list[PushResult | None]:
    try:
        answer = admin.change(
            SET_STOCK,
            Changed,
            "inventorySetQuantities",
            input=build_input(writes, location),
            key=derive_key(writes),
        )
    except OutcomeUnknownError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(writes)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(writes)
    return judge_writes(answer.user_errors, len(writes))


def read_stock(
    admin: Admin,
    stock_external_ids: Sequence[str],
    *,
    location: str,
    at_once: PageSize,
    now: datetime,
) -> tuple[StockReading, ...]:
    """Return a reading for each id, in the same order, on Shopify's clock.

    There is no quantity for what Shopify does not know, does not track, or does not
    keep at the location.

    Args:
        admin: the shop.
        stock_external_ids: inventory items.
        location: where.
        at_once: how many to ask about in one query.
        now: the hub's time, where Shopify tells none.
    """
    replies = ask_in_parts(
        at_once,
        to_gids("InventoryItem", stock_external_ids),
        lambda ids: admin.ask(STOCK, ids=ids, location=location),
    )
    found: dict[str, tuple[int | None, datetime]] = {}
    for reply in replies:
        for node in reply.read(Nodes).nodes:
            if node:
                level = read_shape(StockLevel, node, "nodes")
                found[level.id] = (level.available, reply.channel_time or now)
    readings = []
    for external_id in stock_external_ids:
        gid = to_gid("InventoryItem", external_id) or ""
        quantity, read_at = found.get(gid, (None, now))
        readings.append(
            StockReading(
                stock_external_id=external_id, quantity=quantity, read_at=read_at
            )
        )
    return tuple(readings)
