"""Writes prices of variants.

The store takes a batch as a whole or not at all, so a refused batch is sent again one
price at a time; setting a price twice is harmless. Sale prices and price lists stay as
they are: where they make shoppers see another price, the write is refused afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...canonical.errors import (
    ContractBrokenError,
    MoneyError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PriceWrite, PushResult
from ..calls import Answer, Call, Transport
from ..statuses import read_reason
from .stock import is_stock_id
from .wire import Listed, VariantPrice, read_one, read_shape

BATCH_MAX = 50
"""The most variants in one update, "subject to change"."""


def push_prices(
    transport: Transport, writes: Sequence[PriceWrite]
) -> tuple[PushResult, ...]:
    """Write prices; one result for each, in the same order. Safe to repeat."""
    results = [_refuse_id(write) for write in writes]
    places = [
        place
        for place, write in enumerate(writes)
        if "/" in write.listing_external_id and is_stock_id(write.listing_external_id)
    ]
    for start in range(0, len(places), BATCH_MAX):
        chunk = places[start : start + BATCH_MAX]
        answered = _send_batch(transport, [writes[place] for place in chunk])
        for place, result in zip(chunk, answered, strict=True):
            results[place] = result
    return tuple(results)


def _send_batch(transport: Transport, batch: list[PriceWrite]) -> list[PushResult]:
    changes = [
        {"id": _variant_of(write), "price": float(write.price.amount)}
        for write in batch
    ]
    call = Call(
        "PUT",
        "/v3/catalog/variants",
        json=changes,
        safe=True,
        accept_statuses=(404, 422),
    )
    try:
        answer = transport.send(call)
        if answer.status in {404, 422}:
            if len(batch) == 1:
                return [_refuse(answer)]
            return [_send_batch(transport, [write])[0] for write in batch]
        shown = _index(answer)
    except (OutcomeUnknownError, ContractBrokenError) as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(batch)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(batch)
    return [_judge(write, shown.get(_variant_of(write))) for write in batch]


def _index(answer: Answer) -> dict[int, VariantPrice]:
    rows = [read_shape(VariantPrice, row) for row in read_one(Listed, answer).data]
    return {row.id: row for row in rows}


def _judge(write: PriceWrite, shown: VariantPrice | None) -> PushResult:
    """Say what became of one write, by what shoppers see afterwards."""
    if shown is None or shown.calculated_price is None:
        return PushResult(
            Outcome.UNKNOWN, "the store's answer does not tell the price of the variant"
        )
    try:
        price = Money.rounded(shown.calculated_price, write.price.currency)
    except MoneyError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    if price == write.price:
        return PushResult(Outcome.ACCEPTED)
    reason = f"shoppers see {price} all the same (a sale price, or a price list)"
    return PushResult(Outcome.REFUSED, reason)


def _variant_of(write: PriceWrite) -> int:
    return int(write.listing_external_id.rpartition("/")[2])


def _refuse(answer: Answer) -> PushResult:
    reason = read_reason(answer.headers, answer.body) or str(answer.status)
    return PushResult(Outcome.REFUSED, f"the store refused: {reason}")


def _refuse_id(write: PriceWrite) -> PushResult:
    reason = f"{write.listing_external_id!r} is no id of a variant"
    return PushResult(Outcome.REFUSED, reason)
