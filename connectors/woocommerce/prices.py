"""Writes prices of products and variations.

The shop keeps a regular price and a sale price; shoppers see the sale price while there
is one. The hub is told what shoppers shall see, so the sale ends with the write.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from ...canonical.errors import (
    ContractBrokenError,
    MoneyError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PriceWrite, PushResult
from ...mapping.wire import Text
from ..calls import Call, Transport
from ..redaction import redact
from .batches import index_entries, plan_batches, record_id
from .wire import BatchEntry, Json, read_shape


class PriceFields(BaseModel):
    """What shoppers see, as a write answers it."""

    price: Text = ""


def push_prices(
    transport: Transport, writes: Sequence[PriceWrite]
) -> tuple[PushResult, ...]:
    """Write prices; one result for each, in the same order. Safe to repeat."""
    results = [_refuse_id(write) for write in writes]
    for collection, places in plan_batches([one.listing_external_id for one in writes]):
        batch = [writes[place] for place in places]
        answered = _send_batch(transport, collection, batch)
        for place, result in zip(places, answered, strict=True):
            results[place] = result
    return tuple(results)


def _send_batch(
    transport: Transport, collection: str, batch: Sequence[PriceWrite]
) -> list[PushResult]:
    update = [
        {
            "id": record_id(write.listing_external_id),
            "regular_price": str(write.price.amount),
            "sale_price": "",
        }
        for write in batch
    ]
    call = Call("POST", f"{collection}/batch", json={"update": update}, safe=True)
    try:
        entries = index_entries(transport.send(call))
    except OutcomeUnknownError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(batch)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(batch)
    return [
        _judge(write, entries.get(record_id(write.listing_external_id)))
        for write in batch
    ]


def _judge(write: PriceWrite, entry: Json | None) -> PushResult:
    """Say what became of one write, by what shoppers see afterwards."""
    if entry is None:
        return PushResult(
            Outcome.UNKNOWN, "the shop's answer does not name the listing"
        )
    try:
        error = read_shape(BatchEntry, entry).error
        if error is not None:
            reason = redact(error.message or error.code)
            return PushResult(Outcome.REFUSED, f"the shop refused: {reason}")
        shown = read_shape(PriceFields, entry).price
        if shown and Money.of(shown, write.price.currency) == write.price:
            return PushResult(Outcome.ACCEPTED)
    except (ContractBrokenError, MoneyError) as broken:
        return PushResult(Outcome.UNKNOWN, broken.message)
    reason = f"the shop shows {shown or 'no price'} all the same"
    return PushResult(Outcome.REFUSED, reason)


def _refuse_id(write: PriceWrite) -> PushResult:
    reason = f"{write.listing_external_id!r} is no id of a product or variation"
    return PushResult(Outcome.REFUSED, reason)
