"""Prices of variants. Shopify changes those of one product at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...canonical.errors import MoneyError, OutcomeUnknownError, RejectedError
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PriceWrite, PushResult
from .documents import PRODUCTS_OF_VARIANTS, SET_PRICES
from .graphql import Admin, read_shape, shorten
from .ids import to_gid
from .records import list_found
from .wire import Priced, VariantHead

_NO_SUCH_VARIANT = PushResult(Outcome.REFUSED, "Shopify knows no such variant")


def write_prices(admin: Admin, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
    """Write prices; one result for each, in the same order. Safe to repeat.

    Shopify keeps one price and, beside it, what it was before (``compareAtPrice``),
    which is left as it is.

    Raises:
        RetryLaterError: the products of the variants could not be found out.
    """
    results = [_NO_SUCH_VARIANT] * len(writes)
    by_product = _sort_by_product(admin, writes)
    for product, places in by_product.items():
        batch = [writes[place] for place in places]
        for place, result in zip(places, _write(admin, product, batch), strict=True):
            results[place] = result
    return tuple(results)


def _sort_by_product(
    admin: Admin, writes: Sequence[PriceWrite]
) -> dict[str, list[int]]:
    gids = [to_gid("ProductVariant", one.listing_external_id) for one in writes]
    known = list(dict.fromkeys(gid for gid in gids if gid))
    found = list_found([admin.ask(PRODUCTS_OF_VARIANTS, ids=known)] if known else [])
    variants = [read_shape(VariantHead, node, "a variant") for node in found]
    products = {variant.id: variant.product.id for variant in variants}
    sorted_: defaultdict[str, list[int]] = defaultdict(list)
    for place, gid in enumerate(gids):
        if gid in products:
            sorted_[products[gid]].append(place)
    return dict(sorted_)


def _write(admin: Admin, product: str, batch: Sequence[PriceWrite]) -> list[PushResult]:
    gids = [str(to_gid("ProductVariant", one.listing_external_id)) for one in batch]
    variants = [
        {"id": gid, "price": str(one.price.amount)}
        for gid, one in zip(gids, batch, strict=True)
    ]
    try:
        answer = admin.change(
            SET_PRICES,
            Priced,
            "productVariantsBulkUpdate",
            product=product,
            variants=variants,
        )
    except OutcomeUnknownError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(batch)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(batch)
    shown = {one.id: one.price for one in answer.product_variants or ()}
    reasons = "; ".join(shorten(error.message) for error in answer.user_errors)
    return [
        _judge(one, shown.get(gid), reasons)
        for gid, one in zip(gids, batch, strict=True)
    ]


def _judge(write: PriceWrite, shown: str | None, reasons: str) -> PushResult:
    if shown is None:
        return PushResult(Outcome.REFUSED, reasons or "Shopify did not change it")
    try:
        same = Money.of(shown, write.price.currency) == write.price
    except MoneyError:
        same = False
    if same:
        return PushResult(Outcome.ACCEPTED)
    return PushResult(Outcome.REFUSED, reasons or f"Shopify shows {shown} all the same")
