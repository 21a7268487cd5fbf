"""Reads and writes quantities at one location.

Writes are absolute; there is no compare-and-set. The store takes a batch as a whole or
not at all, so when it refuses one, what it does not know is sorted out and the rest is
sent once more. An accepted write may read back late. Decides nothing about quantities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ...canonical.clock import Clock
from ...canonical.errors import OutcomeUnknownError, RejectedError, RetryLaterError
from ...canonical.pushes import Outcome, PushResult, StockWrite
from ...canonical.stock import StockReading
from ..calls import Answer, Call, Transport
from ..statuses import read_reason
from .wire import InventoryRow, Json, Listed, is_id, read_one, read_shape, read_time

WRITE_MAX = 2000
"""The most items in one adjustment."""
READ_MAX = 250
"""Ids in one request: an address of more than two kilobytes may be refused."""


def read_stock(
    transport: Transport, clock: Clock, location_id: int, ids: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each id, in the same order.

    The quantity is what lies at the location, the store's safety stock included: it is
    what a write sets. None where the store does not know the record.
    """
    readings: dict[str, StockReading] = {}
    for filter_name, group in _group(ids).items():
        for start in range(0, len(group), READ_MAX):
            chunk = group[start : start + READ_MAX]
            answer = _ask(transport, location_id, filter_name, chunk)
            read_at = read_time(answer, clock)
            found = _index(answer, location_id)
            for each in chunk:
                readings[each] = StockReading(
                    stock_external_id=each, quantity=found.get(each), read_at=read_at
                )
    return tuple(
        readings.get(each)
        or StockReading(stock_external_id=each, quantity=None, read_at=clock.now())
        for each in ids
    )


def push_stock(
    transport: Transport, clock: Clock, location_id: int, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Write quantities; one result for each, in the same order.

    Writes to one record keep their order: no batch names a record twice.

    Raises:
        RetryLaterError: nothing at all was sent.
    """
    results: dict[int, PushResult] = {}
    for places in _plan_batches(writes):
        batch = [writes[place] for place in places]
        try:
            answered = _send_batch(transport, clock, location_id, batch)
        except RetryLaterError as error:
            if not results:
                raise
            reason = f"not sent, the store asked to wait: {error.message}"
            answered = [PushResult(Outcome.UNKNOWN, reason)] * len(batch)
        results.update(zip(places, answered, strict=True))
    return tuple(
        results.get(place) or _refuse_id(write) for place, write in enumerate(writes)
    )


def _adjust(
    transport: Transport, location_id: int, writes: Sequence[StockWrite]
) -> Answer:
    """Send one adjustment. Not safe to repeat: a sale may have happened in between."""
    changes = [
        {
            "location_id": location_id,
            **_identify(write.stock_external_id),
            "quantity": write.quantity,
        }
        for write in writes
    ]
    call = Call(
        "PUT",
        "/v3/inventory/adjustments/absolute",
        json={"reason": "Crossdock", "items": changes},
        accept_statuses=(422,),
    )
    return transport.send(call)


def _send_batch(
    transport: Transport, clock: Clock, location_id: int, batch: Sequence[StockWrite]
) -> list[PushResult]:
    try:
        answer = _adjust(transport, location_id, batch)
        if answer.status != 422:
            return [PushResult(Outcome.ACCEPTED)] * len(batch)
        ids = [write.stock_external_id for write in batch]
        readings = read_stock(transport, clock, location_id, ids)
        known = [reading.quantity is not None for reading in readings]
        good = [write for write, is_known in zip(batch, known, strict=True) if is_known]
        refusal = _refuse(answer)
        if 0 < len(good) < len(batch):
            answer = _adjust(transport, location_id, good)
            if answer.status != 422:
                refusal = PushResult(Outcome.ACCEPTED)
    except OutcomeUnknownError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(batch)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(batch)
    stranger = PushResult(
        Outcome.REFUSED, f"the store has no such record at location {location_id}"
    )
    return [refusal if is_known else stranger for is_known in known]


def _refuse(answer: Answer) -> PushResult:
    reason = read_reason(answer.headers, answer.body) or "it does not say why"
    return PushResult(Outcome.REFUSED, f"the store refused the batch: {reason}")


def _ask(
    transport: Transport, location_id: int, filter_name: str, ids: Sequence[str]
) -> Answer:
    params = {
        filter_name: ",".join(each.rpartition("/")[2] for each in ids),
        "location_id:in": str(location_id),
        "limit": "1000",
    }
    return transport.send(Call("GET", "/v3/inventory/items", params, safe=True))


def _index(answer: Answer, location_id: int) -> dict[str, int | None]:
    """Return quantities by id of variant and of product.

    A product's own quantity is told with its base variant, which has no number of v2.
    """
    found: dict[str, int | None] = {}
    for row in read_one(Listed, answer).data:
        told = read_shape(InventoryRow, row)
        identity = told.identity
        for place in told.locations:
            if place.location_id != location_id:
                continue
            found[f"{identity.product_id}/{identity.variant_id}"] = (
                place.total_inventory_onhand
            )
            product = str(identity.product_id)
            if identity.sku_id is None or product not in found:
                found[product] = place.total_inventory_onhand
    return found


def _group(ids: Sequence[str]) -> dict[str, list[str]]:
    """Sort ids by the filter that finds them; what is no id is left out."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for each in dict.fromkeys(ids):
        if is_stock_id(each):
            groups["variant_id:in" if "/" in each else "product_id:in"].append(each)
    return dict(groups)


def is_stock_id(text: str) -> bool:
    """Say whether a text names a product, or a variant of one."""
    product, slash, variant = text.partition("/")
    return is_id(product) and (is_id(variant) if slash else True)


def _identify(stock_id: str) -> Json:
    _, slash, variant = stock_id.partition("/")
    if slash:
        return {"variant_id": int(variant)}
    return {"product_id": int(stock_id)}


def _plan_batches(writes: Sequence[StockWrite]) -> Iterator[list[int]]:
    """Yield places in ``writes``, at most 2000 at a time and no record twice."""
    rounds: defaultdict[int, list[int]] = defaultdict(list)
    times_seen: defaultdict[str, int] = defaultdict(int)
    for place, write in enumerate(writes):
        if is_stock_id(write.stock_external_id):
            rounds[times_seen[write.stock_external_id]].append(place)
            times_seen[write.stock_external_id] += 1
    for places in rounds.values():
        for start in range(0, len(places), WRITE_MAX):
            yield places[start : start + WRITE_MAX]


def _refuse_id(write: StockWrite) -> PushResult:
    reason = f"{write.stock_external_id!r} is no id of a product or variant"
    return PushResult(Outcome.REFUSED, reason)
