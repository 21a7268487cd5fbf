"""Writes prices of variants.

A write replaces all prices of its variant, so the others are read first and sent along
unchanged. Written is the price that holds where no region, price list or quantity says
otherwise. A variant that is not there is answered with 200 and nothing, so it is looked
up.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.pushes import Outcome, PriceWrite, PushResult
from ..calls import Call, Transport
from .wire import (
    Json,
    Price,
    Reference,
    Variant,
    chunk,
    name_ids,
    read_one,
    read_rows,
    read_shape,
    require_id,
)


def push_prices(
    transport: Transport, writes: Sequence[PriceWrite]
) -> tuple[PushResult, ...]:
    """Write prices; one result for each, in the same order. Safe to repeat."""
    known = _look_up(transport, [_variant_of(write) for write in writes])
    results = []
    for write in writes:
        variant = known.get(_variant_of(write))
        if variant is None:
            reason = f"the server has no variant {_variant_of(write)!r}"
            results.append(PushResult(Outcome.REFUSED, reason))
            continue
        results.append(_write(transport, variant, write))
    return tuple(results)


def _look_up(transport: Transport, ids: Sequence[str]) -> dict[str, Variant]:
    found: dict[str, Variant] = {}
    for names in chunk(ids):
        params = {
            **name_ids(names),
            "limit": str(len(names)),
            "fields": "id,product_id,*prices",
        }
        call = Call("GET", "/admin/product-variants", params, safe=True)
        for row in read_rows(transport.send(call), "variants"):
            variant = read_shape(Variant, row)
            found[variant.id] = variant
    return found


def _write(transport: Transport, variant: Variant, write: PriceWrite) -> PushResult:
    prices = [_repeat(price) for price in variant.prices if not _is_base(price, write)]
    currency = write.price.currency.lower()
    prices.append({"currency_code": currency, "amount": float(write.price.amount)})
    try:
        product_id = require_id(variant.product_id)
        call = Call(
            "POST",
            f"/admin/products/{product_id}/variants/{require_id(variant.id)}",
            {"fields": "id"},
            json={"prices": prices},
            safe=True,
        )
        read_one(Reference, transport.send(call), "product")
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except (OutcomeUnknownError, ContractBrokenError) as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED)


def _is_base(price: Price, write: PriceWrite) -> bool:
    """Say whether a price is the one to replace: for everybody, in this currency."""
    limited = price.rules or price.min_quantity or price.max_quantity
    return not limited and price.currency_code.upper() == write.price.currency


def _repeat(price: Price) -> Json:
    told = {
        "min_quantity": price.min_quantity,
        "max_quantity": price.max_quantity,
        "rules": price.rules or None,
    }
    return {
        "currency_code": price.currency_code,
        "amount": price.amount,
        **{name: part for name, part in told.items() if part is not None},
    }


def _variant_of(write: PriceWrite) -> str:
    return write.listing_external_id.rpartition("/")[2]
