"""Product mutations: prices of variants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .amounts import minor_units
from .calls import Call
from .goods import Product, Variant
from .queries import find

Payload = dict[str, Any]


def update_variants(call: Call, args: Mapping[str, Any]) -> Payload:
    """Perform ``productVariantsBulkUpdate``, of prices.

    Without partial updates one refused variant keeps all from changing.
    """
    product: Product | None = find(call, args["productId"], "Product")
    if product is None:
        error = _error(
            "PRODUCT_DOES_NOT_EXIST", ["productId"], "Product does not exist"
        )
        return {"product": None, "productVariants": None, "userErrors": [error]}
    wanted: list[tuple[Variant, int]] = []
    errors = []
    for place, row in enumerate(args["variants"]):
        path = ["variants", str(place)]
        variant: Variant | None = find(call, row.get("id") or "", "ProductVariant")
        price = minor_units(row["price"], call.books.settings.currency)
        if variant is None or variant.product is not product:
            message = "Product variant does not exist"
            errors.append(
                _error("PRODUCT_VARIANT_DOES_NOT_EXIST", [*path, "id"], message)
            )
        elif price < 0:
            message = "Price must be greater than or equal to 0"
            errors.append(_error("NEGATIVE_PRICE_VALUE", [*path, "price"], message))
        else:
            wanted.append((variant, price))
    if errors and not args.get("allowPartialUpdates"):
        return {"product": product, "productVariants": None, "userErrors": errors}
    for variant, price in wanted:
        variant.price_minor = price
        variant.updated_at = product.updated_at = call.books.now()
    changed = [variant for variant, _ in wanted]
    return {"product": product, "productVariants": changed, "userErrors": errors}


def _error(code: str, field: list[str], message: str) -> Payload:
    return {"code": code, "field": field, "message": message}
