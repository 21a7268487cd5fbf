"""Reads and writes the quantities of products and variations.

The shop has neither compare-and-set nor deltas: a write is absolute, and the hub reads
just before it. The shop answers 200 to writes that it ignores, so each answer is
compared with what was asked. Decides nothing about quantities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import floor

from ...canonical.clock import Clock
from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from ...canonical.pushes import Outcome, PushResult, StockWrite
from ...canonical.stock import StockReading
from ..calls import Answer, Call, Transport
from ..redaction import redact
from .batches import BATCH_MAX, collection_of, index_entries, plan_batches, record_id
from .listings import chunks
from .wire import (
    BatchEntry,
    Json,
    StockFields,
    join_ids,
    read_rows,
    read_shape,
    read_time,
)

_FIELDS = "id,manage_stock,stock_quantity"


def read_stock(
    transport: Transport, clock: Clock, ids: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each id, in the same order.

    The quantity is None where the shop keeps none for this very record (unmanaged, or
    managed by the parent) and where the record is gone.
    """
    readings: dict[str, StockReading] = {}
    for collection, group in _group(dict.fromkeys(ids)).items():
        for chunk in chunks(group, BATCH_MAX):
            answer = _ask_for_stock(transport, collection, chunk)
            read_at = read_time(answer, clock)
            rows = [] if answer.status == 404 else read_rows(answer)
            kept = {row.id: row for row in (read_shape(StockFields, r) for r in rows)}
            for each in chunk:
                row = kept.get(int(each.rpartition("/")[2]))
                quantity = _whole(row.stock_quantity) if row and row.kept else None
                readings[each] = StockReading(
                    stock_external_id=each, quantity=quantity, read_at=read_at
                )
    return tuple(
        readings.get(each)
        or StockReading(stock_external_id=each, quantity=None, read_at=clock.now())
        for each in ids
    )


def push_stock(
    transport: Transport, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Write quantities; one result for each, in the same order.

    Writes to one record keep their order: a batch names no record twice.

    Raises:
        RetryLaterError: nothing at all was sent.
    """
    results: dict[int, PushResult] = {}
    ids = [write.stock_external_id for write in writes]
    for collection, places in plan_batches(ids):
        batch = [writes[place] for place in places]
        try:
            answered = _send_batch(transport, collection, batch)
        except RetryLaterError as error:
            if not results:
                raise
            reason = f"not sent, the shop asked to wait: {error.message}"
            answered = [PushResult(Outcome.UNKNOWN, reason)] * len(batch)
        results.update(zip(places, answered, strict=True))
    return tuple(
        results.get(index, _refuse_id(write)) for index, write in enumerate(writes)
    )


def _group(ids: Sequence[str] | dict[str, None]) -> dict[str, list[str]]:
    """Sort ids by the collection that holds them; what is no id is left out."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for each in ids:
        collection = collection_of(each)
        if collection:
            groups[collection].append(each)
    return dict(groups)


def _ask_for_stock(transport: Transport, collection: str, ids: Sequence[str]) -> Answer:
    parameters = {
        "include": join_ids([each.rpartition("/")[2] for each in ids]),
        "per_page": str(BATCH_MAX),
        "status": "any",
        "_fields": _FIELDS,
    }
    # The product of variations may be gone; so are they then.
    return transport.send(
        Call("GET", collection, parameters, safe=True, accept_statuses=(404,))
    )


def _send_batch(
    transport: Transport, collection: str, batch: Sequence[StockWrite]
) -> list[PushResult]:
    """Send one batch. Not safe to repeat: a sale may have happened in between."""
    update = [
        {"id": record_id(write.stock_external_id), "stock_quantity": write.quantity}
        for write in batch
    ]
    call = Call("POST", f"{collection}/batch", json={"update": update})
    try:
        answer = transport.send(call)
    except OutcomeUnknownError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(batch)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(batch)
    entries = index_entries(answer)
    return [
        _judge(write, entries.get(record_id(write.stock_external_id)))
        for write in batch
    ]


def _judge(write: StockWrite, entry: Json | None) -> PushResult:
    """Say what became of one write, by what the shop shows afterwards."""
    if entry is None:
        return PushResult(Outcome.UNKNOWN, "the shop's answer does not name the record")
    try:
        error = read_shape(BatchEntry, entry).error
        if error is not None:
            reason = redact(error.message or error.code)
            return PushResult(Outcome.REFUSED, f"the shop refused: {reason}")
        fields = read_shape(StockFields, entry)
    except ContractBrokenError as broken:
        return PushResult(Outcome.UNKNOWN, broken.message)
    return _compare(write, fields)


def _compare(write: StockWrite, fields: StockFields) -> PushResult:
    if fields.manage_stock == "parent":
        return PushResult(
            Outcome.REFUSED, "its product keeps the stock of this variation"
        )
    if not fields.kept:
        return PushResult(
            Outcome.REFUSED,
            "the shop does not track stock for this product (Inventory > Track "
            "stock quantity is off), and ignored the quantity",
        )
    observed = _whole(fields.stock_quantity)
    if observed != write.quantity:
        reason = f"the shop answered with {observed} instead of {write.quantity}"
        return PushResult(Outcome.UNKNOWN, reason, observed=observed)
    return PushResult(Outcome.ACCEPTED, observed=observed)


def _refuse_id(write: StockWrite) -> PushResult:
    reason = f"{write.stock_external_id!r} is no id of a product or variation"
    return PushResult(Outcome.REFUSED, reason)


def _whole(quantity: float | None) -> int | None:
    """Return whole units; a fraction cannot be sold as one."""
    return None if quantity is None else floor(quantity)
