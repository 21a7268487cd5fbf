"""Stock read and written, and parcels told, by the templates of a description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ...canonical.clock import Clock
from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from ...canonical.pushes import FulfillmentPush, Outcome, PushResult, StockWrite
from ...canonical.stock import StockReading
from ...mapping.http_paths import look_up
from ..calls import Call, Transport
from .description import FulfillmentPart, StockReadPart, StockWritePart, fill
from .lists import fetch, read_rows

STOCK_SAMPLE = {"id": "0", "quantity": 0, "expected": None, "key": "0"}
PARCEL_SAMPLE: dict[str, Any] = {
    "order": "0",
    "reference": "0",
    "carrier": "",
    "tracking_number": "",
    "tracking_url": "",
    "shipped_at": "",
    "completes_order": True,
    "lines": [],
    "key": "0",
}
LINE_SAMPLE = {"line": "0", "quantity": 0}


def read_stock(
    transport: Transport, part: StockReadPart, clock: Clock, ids: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each id, in the same order."""
    found: dict[str, Any] = {}
    if part.by_id and ids:
        call = Call("GET", part.path, {part.ids: ",".join(ids)}, safe=True)
        found = look_up(transport.send(call).json(), part.records)
        if not isinstance(found, dict):
            raise ContractBrokenError(f"there are no quantities at {part.records!r}")
    else:
        for row in fetch(transport, part, list(ids)):
            found[str(look_up(row, part.id))] = look_up(row, part.quantity)
    now = clock.now()
    return tuple(
        StockReading(
            stock_external_id=each, quantity=_whole(found.get(each)), read_at=now
        )
        for each in ids
    )


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def push_stock(
    transport: Transport, part: StockWritePart, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Write quantities, all in one request or each in its own.

    Raises:
        RetryLaterError: nothing was sent.
    """
    if not writes:
        return ()
    if part.rows:
        return _push_rows(transport, part, writes)
    results: list[PushResult] = []
    for write in writes:
        try:
            results.append(_push_one(transport, part, write))
        except RetryLaterError as error:
            if not results:
                raise
            reason = f"not sent, the channel asked to wait: {error.message}"
            results.append(PushResult(Outcome.UNKNOWN, reason))
    return tuple(results)


def _push_rows(
    transport: Transport, part: StockWritePart, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    rows = [fill(part.row, _stock_values(write)) for write in writes]
    body = {**part.body, part.rows: rows}
    try:
        answer = transport.send(Call(part.method, part.path, json=body)).json()
    except OutcomeUnknownError as error:
        return (PushResult(Outcome.UNKNOWN, error.message),) * len(writes)
    except RejectedError as error:
        return (PushResult(Outcome.REFUSED, error.message),) * len(writes)
    told = look_up(answer, part.results)
    if not isinstance(told, list) or len(told) != len(writes):
        reason = "the answer does not say what became of each row"
        return (PushResult(Outcome.UNKNOWN, reason),) * len(writes)
    return tuple(_judge(part, str(word)) for word in told)


def _judge(part: StockWritePart, word: str) -> PushResult:
    if word in part.accepted:
        return PushResult(Outcome.ACCEPTED)
    stale = word in part.stale
    return PushResult(Outcome.STALE if stale else Outcome.REFUSED, reason=word[:200])


def _push_one(
    transport: Transport, part: StockWritePart, write: StockWrite
) -> PushResult:
    values = _stock_values(write)
    path = fill_path(part.path, values)
    body = fill(part.body, values)
    call = Call(part.method, path, json=body, accept_statuses=(409, 412))
    try:
        answer = transport.send(call)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    if answer.status in {409, 412}:
        return PushResult(Outcome.STALE, "the channel shows another quantity")
    return PushResult(Outcome.ACCEPTED)


def _stock_values(write: StockWrite) -> dict[str, Any]:
    return {
        "id": write.stock_external_id,
        "quantity": write.quantity,
        "expected": write.expected,
        "key": write.idempotency_key,
    }


def push_fulfillment(
    transport: Transport, part: FulfillmentPart, push: FulfillmentPush
) -> PushResult:
    """Tell of a parcel."""
    values = {
        "order": push.order_external_id,
        "reference": push.reference,
        "carrier": push.carrier,
        "tracking_number": push.tracking_number,
        "tracking_url": push.tracking_url,
        "shipped_at": push.shipped_at.isoformat(),
        "completes_order": push.completes_order,
        "key": push.idempotency_key,
        "lines": [
            fill(part.line, {"line": one.line_external_id, "quantity": one.quantity})
            for one in push.lines
        ],
    }
    path = fill_path(part.push.path, values)
    call = Call(part.push.method, path, json=fill(part.push.body, values))
    try:
        identity = look_up(transport.send(call).json(), part.id)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    if not isinstance(identity, str | int) or identity == "":
        return PushResult(Outcome.UNKNOWN, "the answer names no parcel")
    return PushResult(Outcome.ACCEPTED, external_id=str(identity))


def find_fulfillment(
    transport: Transport, part: FulfillmentPart, push: FulfillmentPush
) -> str | None:
    """Return the id of the parcel that carries our reference, or None."""
    find = part.find
    path = fill_path(find.path, {"order": push.order_external_id})
    answer = transport.send(Call("GET", path, find.params, safe=True)).json()
    for row in read_rows(answer, find.records):
        if look_up(row, find.reference) == push.reference:
            return str(look_up(row, find.id))
    return None


def fill_path(template: str, values: dict[str, Any]) -> str:
    """Return a path with its blanks filled, each percent-encoded."""
    quoted = {name: quote(str(value), safe="") for name, value in values.items()}
    # A template that is one blank would give back a value; a path begins with /.
    return str(fill(template, quoted))
