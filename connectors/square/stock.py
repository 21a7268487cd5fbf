"""Reads and writes counts: absolute, ordered by when they were taken.

Square keeps a history. A physical count replaces everything before its ``occurred_at``
and leaves what happened after it standing, so a sale that Square learns of late is
taken off the count all the same. There is no compare-and-set. Source: the Inventory API
of Square's description, and its guide to how it works.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from math import floor

from ...canonical.clock import Clock
from ...canonical.errors import ChannelError, OutcomeUnknownError, RejectedError
from ...canonical.pushes import Outcome, PushResult, StockWrite
from ...canonical.stock import StockReading
from ..calls import Answer, Call, Transport
from ..pagination import TokenTrail
from .wire import (
    Count,
    Json,
    Problems,
    chunks,
    format_time,
    is_id,
    read_cursor,
    read_problems,
    read_rows,
    read_shape,
    read_time,
)

BATCH_MAX = 100
"""Changes in one request. Square publishes no figure; its examples stay below."""
_READ_MAX = 500
_PAGE_MAX = 1000
_NAMESPACE = uuid.UUID("0f5f8a0e-3c64-5d1e-9d0f-2a7f3b0c9e11")
_IN_STOCK = "IN_STOCK"
_PATH = "/v2/inventory/changes/batch-create"
_REFUSALS = (400, 404, 409, 422)

Batch = list[StockWrite]


def read_counts(
    transport: Transport, location_id: str, ids: Sequence[str]
) -> dict[str, Decimal]:
    """Return what is in stock of each variation that was ever counted."""
    return _read_counts(transport, location_id, ids)[0]


def read_stock(
    transport: Transport, clock: Clock, location_id: str, ids: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each variation, in the same order."""
    counts, answer = _read_counts(transport, location_id, ids)
    read_at = read_time(answer, clock) if answer else clock.now()
    return tuple(
        StockReading(
            stock_external_id=id_,
            quantity=floor(counts[id_]) if id_ in counts else None,
            read_at=read_at,
        )
        for id_ in ids
    )


def push_stock(
    transport: Transport, clock: Clock, location_id: str, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Count each variation anew and compare what Square then has with it.

    Square refuses a batch as a whole. Where it does, the variations that it does not
    know are found, and the others are sent again without them.
    """
    results: dict[int, PushResult] = {}
    sound = []
    for number, write in enumerate(writes):
        if is_id(write.stock_external_id):
            sound.append(number)
        else:
            results[number] = _refuse_id(write)
    for numbers in chunks(sound, BATCH_MAX):
        batch = [writes[number] for number in numbers]
        told = _push_batch(transport, clock, location_id, batch)
        results.update(zip(numbers, told, strict=True))
    return tuple(results[number] for number in range(len(writes)))


def _push_batch(
    transport: Transport, clock: Clock, location_id: str, batch: Batch
) -> list[PushResult]:
    answer = _send(transport, clock, location_id, batch)
    if isinstance(answer, PushResult):
        return [answer] * len(batch)
    if answer.status not in _REFUSALS:
        return _judge(batch, location_id, answer)
    problems = read_problems(answer)
    if problems.has("IDEMPOTENCY_KEY_REUSED"):
        return _compare(transport, location_id, batch)
    known = _list_known(transport, batch)
    fit = [write for write in batch if write.stock_external_id in known]
    retried: dict[str, PushResult] = {}
    if fit and len(fit) < len(batch):
        again = _send(transport, clock, location_id, fit)
        if isinstance(again, Answer) and again.status in _REFUSALS:
            problems = read_problems(again)
        else:
            told = (
                [again] * len(fit)
                if isinstance(again, PushResult)
                else _judge(fit, location_id, again)
            )
            keys = [write.idempotency_key for write in fit]
            retried = dict(zip(keys, told, strict=True))
    return [
        retried.get(write.idempotency_key)
        or (_refuse(problems) if write in fit else _refuse_id(write))
        for write in batch
    ]


def _send(
    transport: Transport, clock: Clock, location_id: str, batch: Batch
) -> Answer | PushResult:
    """Send one batch. Safe to repeat: Square recognises the key.

    ``ignore_unchanged_counts`` is off on purpose: with it Square drops a count that
    equals the last *count*, although sales have lowered the quantity since.
    """
    occurred_at = format_time(clock.now())
    body = {
        "idempotency_key": derive_key(batch),
        "ignore_unchanged_counts": False,
        "changes": [_describe(write, location_id, occurred_at) for write in batch],
    }
    call = Call("POST", _PATH, json=body, safe=True, accept_statuses=_REFUSALS)
    try:
        return transport.send(call)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)


def derive_key(batch: Sequence[StockWrite]) -> str:
    """Return the idempotency key of a batch: the same whenever its writes are."""
    keys = "\n".join(write.idempotency_key for write in batch)
    return str(uuid.uuid5(_NAMESPACE, keys))


def _describe(write: StockWrite, location_id: str, occurred_at: str) -> Json:
    return {
        "type": "PHYSICAL_COUNT",
        "physical_count": {
            "reference_id": write.idempotency_key[:255],
            "catalog_object_id": write.stock_external_id,
            "state": _IN_STOCK,
            "location_id": location_id,
            "quantity": str(write.quantity),
            "occurred_at": occurred_at,
        },
    }


def _judge(batch: Batch, location_id: str, answer: Answer) -> list[PushResult]:
    """Say what became of each write, by what Square has afterwards.

    The writes were sent: what cannot be read leaves them unknown, and is no error.
    """
    try:
        counts = _index([answer], location_id)
    except ChannelError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(batch)
    return [_judge_one(write, counts) for write in batch]


def _compare(transport: Transport, location_id: str, batch: Batch) -> list[PushResult]:
    """Say what became of writes that Square has had before, by reading them."""
    ids = [write.stock_external_id for write in batch]
    counts = read_counts(transport, location_id, ids)
    return [_judge_one(write, counts) for write in batch]


def _judge_one(write: StockWrite, counts: dict[str, Decimal]) -> PushResult:
    count = counts.get(write.stock_external_id)
    if count is None:
        return PushResult(
            Outcome.UNKNOWN, "Square's answer does not name the variation"
        )
    observed = floor(count)
    if observed != write.quantity:
        reason = f"Square has {observed} instead of {write.quantity}"
        return PushResult(Outcome.UNKNOWN, reason, observed=observed)
    return PushResult(Outcome.ACCEPTED, observed=observed)


def _list_known(transport: Transport, batch: Batch) -> set[str]:
    """Return which of the variations Square knows."""
    body = {"object_ids": [write.stock_external_id for write in batch]}
    call = Call("POST", "/v2/catalog/batch-retrieve", json=body, safe=True)
    rows = read_rows(transport.send(call), "objects")
    return {str(row.get("id")) for row in rows if row.get("type") == "ITEM_VARIATION"}


def _read_counts(
    transport: Transport, location_id: str, ids: Sequence[str]
) -> tuple[dict[str, Decimal], Answer | None]:
    wanted = [id_ for id_ in dict.fromkeys(ids) if is_id(id_)]
    answers: list[Answer] = []
    for chunk in chunks(wanted, _READ_MAX):
        answers += _walk_counts(transport, location_id, chunk)
    return _index(answers, location_id), answers[0] if answers else None


def _walk_counts(
    transport: Transport, location_id: str, ids: Sequence[str]
) -> list[Answer]:
    body: Json = {
        "catalog_object_ids": list(ids),
        "location_ids": [location_id],
        "states": [_IN_STOCK],
        "limit": _PAGE_MAX,
    }
    trail, answers = TokenTrail(), []
    while True:
        path = "/v2/inventory/counts/batch-retrieve"
        answer = transport.send(Call("POST", path, json=body, safe=True))
        answers.append(answer)
        token = read_cursor(answer)
        if not token:
            return answers
        body = {**body, "cursor": trail.follow(token)}


def _index(answers: Sequence[Answer], location_id: str) -> dict[str, Decimal]:
    """Return what is in stock at our location, by variation."""
    counts = (
        read_shape(Count, row)
        for answer in answers
        for row in read_rows(answer, "counts")
    )
    return {
        count.catalog_object_id: count.quantity
        for count in counts
        if count.state == _IN_STOCK and count.location_id == location_id
    }


def _refuse(problems: Problems) -> PushResult:
    return PushResult(Outcome.REFUSED, f"Square refused: {problems.reason}")


def _refuse_id(write: StockWrite) -> PushResult:
    reason = f"{write.stock_external_id[:60]!r} is no variation of this catalogue"
    return PushResult(Outcome.REFUSED, reason)
