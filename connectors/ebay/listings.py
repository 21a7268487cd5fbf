"""Reads listings: every inventory item of the account, with its offers.

An inventory item is a SKU; its offers say where and for how much it is sold. Listings
made without the Inventory API are invisible to it. Changes nothing at eBay.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Page, Record
from ...canonical.stock import StockReading
from ...mapping.ebay_wire import WireItem
from ...mapping.wire import read_wire
from ..calls import Answer, Call, Transport
from .doors import INVENTORY
from .offers import SKU_LENGTH_MAX, OfferBook
from .wire import ItemAnswers, ItemPage, Json, read_answer, read_time

PAGE_SIZE = 25
"""Of at most 200: the offers of each item are a request of their own."""
_OK = 200
_CURSOR = TypeAdapter(NonNegativeInt)


def pull_listings(
    seller: Transport, clock: Clock, book: OfferBook, cursor: str | None
) -> Page:
    """Return the next page of inventory items; ``offset`` counts pages, not items."""
    number = _read_cursor(cursor)
    params = {"limit": str(PAGE_SIZE), "offset": str(number)}
    call = Call(
        "GET",
        f"{INVENTORY}/inventory_item",
        params,
        safe=True,
        accept_statuses=(404,),  # an account without any item
    )
    answer = seller.send(call)
    page = ItemPage(size=0) if answer.status == 404 else read_answer(ItemPage, answer)
    records = tuple(
        _make_record(clock, book, answer, item) for item in page.inventory_items
    )
    complete = number + 1 >= page.size or not records
    return Page(records, str(0 if complete else number + 1), complete)


def fetch_listings(
    seller: Transport, clock: Clock, book: OfferBook, skus: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named inventory items; SKUs that name none are left out."""
    answer, items = _read_items(seller, skus)
    if answer is None:
        return ()
    return tuple(
        _make_record(clock, book, answer, items[sku])
        for sku in dict.fromkeys(skus)
        if sku in items
    )


def read_stock(
    seller: Transport, clock: Clock, skus: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each SKU, in the same order; None for unknown ones."""
    answer, items = _read_items(seller, skus)
    read_at = clock.now() if answer is None else read_time(answer, clock)
    return tuple(
        StockReading(
            stock_external_id=sku,
            quantity=read_wire(WireItem, items[sku]).quantity if sku in items else None,
            read_at=read_at,
        )
        for sku in skus
    )


def _read_items(
    seller: Transport, skus: Sequence[str]
) -> tuple[Answer | None, dict[str, Json]]:
    wanted = [sku for sku in dict.fromkeys(skus) if 0 < len(sku) <= SKU_LENGTH_MAX]
    if not wanted:
        return None, {}
    call = Call(
        "POST",
        f"{INVENTORY}/bulk_get_inventory_item",
        json={"requests": [{"sku": sku} for sku in wanted]},
        safe=True,
    )
    answer = seller.send(call)
    entries = read_answer(ItemAnswers, answer).responses
    return answer, {
        entry.sku: {"sku": entry.sku, **entry.inventory_item}
        for entry in entries
        if entry.status_code == _OK and entry.inventory_item is not None
    }


def _make_record(clock: Clock, book: OfferBook, answer: Answer, item: Json) -> Record:
    sku = item.get("sku")
    if not isinstance(sku, str) or not sku:
        raise ContractBrokenError("an inventory item of eBay carries no SKU")
    payload = {"item": item, "offers": book.read(sku)}
    return Record(sku, read_time(answer, clock), payload)


def _read_cursor(cursor: str | None) -> int:
    try:
        return _CURSOR.validate_json(cursor) if cursor else 0
    except ValidationError:
        raise ContractBrokenError(
            "a saved cursor cannot be read",
            next_step="Start the scan of the listings anew.",
        ) from None
