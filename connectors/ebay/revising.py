"""Writes quantities and prices in bulk, and says what became of each.

There is no compare-and-set. A quantity stands in two places: the item's total, and in
each offer that has one of its own; both are written, or a raised total would not show.
Every entry is answered for itself (207), and each counts against the 250 revisions that
a listing may have in a day.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import Outcome, PriceWrite, PushResult, StockWrite
from ..calls import Call, Transport
from .doors import INVENTORY
from .offers import SKU_LENGTH_MAX, OfferBook
from .wire import Json, Offer, Revision, Revisions, read_answer

_OK = 200
_WRITTEN = PushResult(Outcome.ACCEPTED)


def push_stock(
    seller: Transport, book: OfferBook, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Set quantities; the last of several for one SKU counts."""
    entries = {
        write.stock_external_id: _quantity_entry(
            write, book.find_live(write.stock_external_id)
        )
        for write in writes
        if 0 < len(write.stock_external_id) <= SKU_LENGTH_MAX
    }
    results = _revise(seller, book, entries)
    return tuple(results.get(one.stock_external_id, _NO_SKU) for one in writes)


def push_prices(
    seller: Transport, book: OfferBook, writes: Sequence[PriceWrite]
) -> tuple[PushResult, ...]:
    """Set the prices of live offers, in the currency that they have."""
    refused: dict[str, PushResult] = {}
    entries: dict[str, Json] = {}
    for write in writes:
        sku = write.listing_external_id
        offers = book.find_live(sku)
        problem = _find_problem(offers, write)
        if problem:
            refused[sku] = PushResult(Outcome.REFUSED, problem)
        else:
            entries[sku] = _price_entry(write, offers)
    results = {**_revise(seller, book, entries), **refused}
    return tuple(results[write.listing_external_id] for write in writes)


_NO_SKU = PushResult(
    Outcome.REFUSED, f"a SKU of eBay has 1 to {SKU_LENGTH_MAX} characters"
)


def _quantity_entry(write: StockWrite, offers: Sequence[Offer]) -> Json:
    entry: Json = {
        "sku": write.stock_external_id,
        "shipToLocationAvailability": {"quantity": write.quantity},
    }
    if offers:
        entry["offers"] = [
            {"offerId": offer.offer_id, "availableQuantity": write.quantity}
            for offer in offers
        ]
    return entry


def _price_entry(write: PriceWrite, offers: Sequence[Offer]) -> Json:
    price = {"value": str(write.price.amount), "currency": write.price.currency}
    return {
        "sku": write.listing_external_id,
        "offers": [{"offerId": offer.offer_id, "price": price} for offer in offers],
    }


def _find_problem(offers: Sequence[Offer], write: PriceWrite) -> str:
    if not offers:
        return "the SKU has no published fixed-price offer"
    prices = [offer.pricing_summary and offer.pricing_summary.price for offer in offers]
    for price in prices:
        if price and price.currency != write.price.currency:
            return f"it is sold in {price.currency}, and not {write.price.currency}"
    return ""


def _revise(
    seller: Transport, book: OfferBook, entries: dict[str, Json]
) -> dict[str, PushResult]:
    """Send entries and return what became of each, by SKU.

    Where eBay refuses the request as a whole it does not say which entry is at fault:
    each is then sent by itself.
    """
    if not entries:
        return {}
    try:
        revisions = _send(seller, list(entries.values()))
    except OutcomeUnknownError as error:
        return dict.fromkeys(entries, PushResult(Outcome.UNKNOWN, error.message))
    except RejectedError as error:
        if len(entries) > 1:
            results: dict[str, PushResult] = {}
            for sku, entry in entries.items():
                results |= _revise(seller, book, {sku: entry})
            return results
        for sku in entries:
            book.forget(sku)
        return dict.fromkeys(entries, PushResult(Outcome.REFUSED, error.message))
    return {sku: _judge(book, sku, revisions) for sku in entries}


def _send(seller: Transport, requests: list[Json]) -> tuple[Revision, ...]:
    path = f"{INVENTORY}/bulk_update_price_quantity"
    answer = seller.send(Call("POST", path, json={"requests": requests}))
    return read_answer(Revisions, answer).responses


def _judge(book: OfferBook, sku: str, revisions: Sequence[Revision]) -> PushResult:
    mine = [one for one in revisions if one.sku == sku]
    failed = [one for one in mine if one.status_code != _OK]
    if mine and not failed:
        return _WRITTEN
    book.forget(sku)
    if not mine:
        return PushResult(Outcome.UNKNOWN, "eBay did not say what became of this SKU")
    reasons = [error.reason for one in failed for error in one.errors]
    told = "; ".join(dict.fromkeys(reasons)) or f"eBay answered {failed[0].status_code}"
    return PushResult(Outcome.REFUSED, told)
