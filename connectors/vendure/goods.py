"""Variants of Vendure: listed with their stock, counted, stocked and priced.

What shoppers may buy is what lies at a location less what is allocated to orders, and
that difference is the quantity that the hub reads and writes. Only what lies there can
be written, so a write reads the allocation first: a sale in between lowers the
difference by itself and is not overwritten. A batch with one bad variant is rolled back
as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.clock import Clock
from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.pages import Page, Record
from ...canonical.pushes import Outcome, PriceWrite, PushResult, StockWrite
from ...canonical.stock import StockReading
from ...mapping.vendure import LOCATION_KEY, TRACKED_KEY
from ...mapping.vendure_wire import find_newest
from .admin import Admin, NotThereError
from .documents import VARIANTS, WRITE_VARIANTS
from .wire import Json, Listed, VariantHead, read_rows, read_shape, read_time

PAGE_SIZE = 100
_STEPS_BACK_MAX = 3
_VERSION: Final = 1
_CURSOR = TypeAdapter(tuple[Literal[1], NonNegativeInt, str, NonNegativeInt])
_ACCEPTED = PushResult(Outcome.ACCEPTED)
_UNKNOWN_VARIANT = PushResult(Outcome.REFUSED, "Vendure knows no such variant")


def pull_listings(
    admin: Admin, clock: Clock, marks: Mapping[str, Any], cursor: str | None
) -> Page:
    """Return the next page of variants.

    Pages are numbered. Each begins with the last row of the one before: if another row
    stands there, something was deleted meanwhile, and the scan goes a page back.

    Args:
        admin: the server.
        clock: tells the time of a variant without one.
        marks: what the connector adds to every variant.
        cursor: what the last page gave.

    Raises:
        ContractBrokenError: the list is another one each time it is asked for.
    """
    skip, last_id, steps_back = _decode(cursor) if cursor else (0, "", 0)
    overlap = 1 if last_id else 0
    options = {
        "sort": {"id": "ASC"},
        "skip": skip - overlap,
        "take": PAGE_SIZE + overlap,
    }
    data, _ = admin.ask(VARIANTS, options=options)
    rows = read_shape(Listed, data.get("productVariants"), "productVariants").items
    ids = [head.id for head in read_rows(VariantHead, rows, "productVariants")]
    if last_id and last_id not in ids[:1]:
        if steps_back >= _STEPS_BACK_MAX:
            raise ContractBrokenError("the server's list of variants does not end")
        return Page((), _encode(max(0, skip - PAGE_SIZE), "", steps_back + 1), False)
    fresh = [_make_record(row, marks, clock) for row in rows[overlap:]]
    complete = len(rows) < PAGE_SIZE + overlap
    last = ids[-1] if ids else ""
    return Page(tuple(fresh), _encode(skip + len(fresh), last, steps_back), complete)


def fetch_listings(
    admin: Admin, clock: Clock, marks: Mapping[str, Any], external_ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named variants as they are now."""
    rows, _ = _list_variants(admin, external_ids)
    return tuple(_make_record(row, marks, clock) for row in rows)


def read_stock(
    admin: Admin, clock: Clock, location: str, stock_external_ids: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each variant, in the same order."""
    rows, answer = _list_variants(admin, stock_external_ids)
    read_at = read_time(answer, clock) if answer else clock.now()
    levels = {
        head.id: head.level_at(location)
        for head in read_rows(VariantHead, rows, "productVariants")
    }
    readings = []
    for each in stock_external_ids:
        level = levels.get(each)
        free = level.stock_on_hand - level.stock_allocated if level else None
        readings.append(
            StockReading(stock_external_id=each, quantity=free, read_at=read_at)
        )
    return tuple(readings)


def push_stock(
    admin: Admin, location: str, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Write quantities at a location; one result for each, in the same order.

    Raises:
        RetryLaterError: nothing was sent.
    """
    known = _index(admin, [write.stock_external_id for write in writes])
    inputs: list[Json | None] = []
    for write in writes:
        head = known.get(write.stock_external_id)
        if head is None:
            inputs.append(None)
            continue
        on_hand = write.quantity + head.level_at(location).stock_allocated
        level = {"stockLocationId": location, "stockOnHand": on_hand}
        inputs.append({"id": head.id, "stockLevels": [level]})
    return _write(admin, inputs)


def push_prices(admin: Admin, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
    """Write prices as the channel enters them; one result for each, in the same order.

    Raises:
        RetryLaterError: nothing was sent.
    """
    known = _index(admin, [write.listing_external_id for write in writes])
    inputs: list[Json | None] = []
    foreign: dict[int, PushResult] = {}
    for place, write in enumerate(writes):
        head = known.get(write.listing_external_id)
        currency = write.price.currency
        if head and currency not in {price.currency_code for price in head.prices}:
            reason = f"the variant has no price in {currency}"
            foreign[place] = PushResult(Outcome.REFUSED, reason)
            head = None
        price = {"currencyCode": currency, "price": write.price.minor}
        inputs.append({"id": head.id, "prices": [price]} if head else None)
    results = _write(admin, inputs)
    return tuple(foreign.get(place, result) for place, result in enumerate(results))


def _write(admin: Admin, inputs: Sequence[Json | None]) -> tuple[PushResult, ...]:
    """Send the inputs in one mutation; where there is none, its variant is unknown."""
    good = [one for one in inputs if one is not None]
    result = _send(admin, good) if good else _ACCEPTED
    return tuple(_UNKNOWN_VARIANT if one is None else result for one in inputs)


def _send(admin: Admin, inputs: Sequence[Json]) -> PushResult:
    try:
        admin.change_all(WRITE_VARIANTS, inputs)
    except NotThereError:
        reason = "nothing was written: a variant of the batch was deleted just now"
        return PushResult(Outcome.STALE, reason)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return _ACCEPTED


def _index(admin: Admin, ids: Sequence[str]) -> dict[str, VariantHead]:
    rows, _ = _list_variants(admin, ids)
    return {head.id: head for head in read_rows(VariantHead, rows, "productVariants")}


def _list_variants(admin: Admin, ids: Sequence[str]) -> tuple[tuple[Json, ...], Any]:
    """Return the named variants that exist, and the answer they came with."""
    if not ids:
        return (), None
    wanted = list(dict.fromkeys(ids))
    options = {"filter": {"id": {"in": wanted}}, "take": len(wanted)}
    data, answer = admin.ask(VARIANTS, options=options)
    listed = read_shape(Listed, data.get("productVariants"), "productVariants")
    return listed.items, answer


def _make_record(row: Json, marks: Mapping[str, Any], clock: Clock) -> Record:
    head = read_shape(VariantHead, row, "productVariants")
    return Record(head.id, find_newest(row) or clock.now(), {**row, **marks})


def mark_variants(location: str, *, tracked_by_default: bool) -> dict[str, Any]:
    """Return what translating a variant needs to know beside the variant."""
    return {LOCATION_KEY: location, TRACKED_KEY: tracked_by_default}


def _encode(skip: int, last_id: str, steps_back: int) -> str:
    return orjson.dumps([_VERSION, skip, last_id, steps_back]).decode()


def _decode(cursor: str) -> tuple[int, str, int]:
    try:
        _, skip, last_id, steps_back = _CURSOR.validate_json(cursor)
    except ValueError:
        raise ContractBrokenError(
            "a saved cursor cannot be read", next_step="Reset the cursor."
        ) from None
    return skip, last_id, steps_back
