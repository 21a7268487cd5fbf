"""Reads and writes the quantities of listings that the merchant ships.

There is neither compare-and-set nor delta: a write is absolute. Few writes go out as a
patch each, many as one feed. Every listing is looked at first, because writing an own
quantity to a listing whose goods lie with Amazon would take it out of FBA. Decides
nothing about quantities.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...canonical.clock import Clock
from ...canonical.errors import RetryLaterError
from ...canonical.pushes import Outcome, PriceWrite, PushResult, StockWrite
from ...canonical.stock import StockReading
from ...mapping.amazon_listings import is_held_by_amazon, read_quantity
from ...mapping.amazon_wire import WireListing
from .feeds import submit_writes
from .listings import add_fba_quantities, look_up
from .operations import SellingPartner
from .patches import describe_price, describe_quantity, send_patch
from .wire import read_shape

PATCHES_MAX = 40
"""More writes than this go out as a feed: eight seconds of patches at Amazon's pace.

A feed takes minutes, and there may be only five of them in five minutes.
"""
BATCH_MAX = 200
_UNKNOWN_SKU = "Amazon has no listing with this SKU in this store"


def read_stock(
    seller: SellingPartner, clock: Clock, skus: Sequence[str]
) -> tuple[StockReading, ...]:
    """Return one reading for each SKU, in the same order.

    For goods in Amazon's warehouses it is what Amazon can ship. None where Amazon tells
    no quantity, or does not know the SKU.
    """
    items = add_fba_quantities(seller, list(look_up(seller, skus).values()))
    listings = [read_shape(WireListing, item) for item in items]
    quantities = {listing.sku: read_quantity(listing) for listing in listings}
    now = clock.now()
    return tuple(
        StockReading(stock_external_id=sku, quantity=quantities.get(sku), read_at=now)
        for sku in skus
    )


def push_stock(
    seller: SellingPartner, writes: Sequence[StockWrite]
) -> tuple[PushResult, ...]:
    """Write quantities; one result for each, in the same order.

    Raises:
        RetryLaterError: nothing at all was sent.
    """
    items = _look_up(seller, [write.stock_external_id for write in writes])
    obstacles = [_find_obstacle(items.get(each.stock_external_id)) for each in writes]
    sound = [write for write, why in zip(writes, obstacles, strict=True) if not why]
    if len(sound) > PATCHES_MAX:
        results = submit_writes(seller, sound)
    else:
        results = _send_patches(
            seller,
            [(x.stock_external_id, describe_quantity(x.quantity)) for x in sound],
        )
    return _join(obstacles, results)


def push_prices(
    seller: SellingPartner, writes: Sequence[PriceWrite]
) -> tuple[PushResult, ...]:
    """Write prices; one result for each, in the same order.

    Raises:
        RetryLaterError: nothing at all was sent.
    """
    store = seller.settings.marketplace
    known = look_up(seller, [write.listing_external_id for write in writes])
    obstacles = [
        "" if write.listing_external_id in known else _UNKNOWN_SKU for write in writes
    ]
    patches = [
        (write.listing_external_id, describe_price(write.price, store))
        for write in writes
        if write.listing_external_id in known
    ]
    return _join(obstacles, _send_patches(seller, patches))


def _join(
    obstacles: Sequence[str], results: list[PushResult]
) -> tuple[PushResult, ...]:
    """Return a result for each write: why it was not sent, or what came of it."""
    sent = iter(results)
    return tuple(
        PushResult(Outcome.REFUSED, why) if why else next(sent) for why in obstacles
    )


def _send_patches(
    seller: SellingPartner, patches: Sequence[tuple[str, dict[str, object]]]
) -> list[PushResult]:
    results: list[PushResult] = []
    for sku, patch in patches:
        try:
            results.append(send_patch(seller, sku, patch))
        except RetryLaterError as error:
            if not results:
                raise
            reason = f"not sent, Amazon asked to wait: {error.message}"
            rest = len(patches) - len(results)
            return [*results, *[PushResult(Outcome.UNKNOWN, reason)] * rest]
    return results


def _look_up(seller: SellingPartner, skus: Sequence[str]) -> dict[str, WireListing]:
    found = look_up(seller, skus)
    return {sku: read_shape(WireListing, item) for sku, item in found.items()}


def _find_obstacle(item: WireListing | None) -> str:
    """Return why a quantity must not be written; empty where it may."""
    if item is None:
        return _UNKNOWN_SKU
    if is_held_by_amazon(item):
        return (
            "Amazon ships this listing from its own warehouse (FBA); writing a "
            "quantity would take it out of there"
        )
    return ""
