"""Products, inventory records and webhooks as the v3 API writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from .state import Counter, Hook, Json, Product, State, Variant


def page_json(rows: Sequence[Json], *, total: int, page: int, limit: int) -> Json:
    """Return a list of v3 with its pagination."""
    return {
        "data": list(rows),
        "meta": {
            "pagination": {
                "total": total,
                "count": len(rows),
                "per_page": limit,
                "current_page": page,
                "total_pages": max(1, -(-total // limit)),
                "links": {"current": f"?page={page}&limit={limit}"},
            }
        },
    }


def product_json(product: Product, *, with_variants: bool) -> Json:
    """Return a product, its stock as the catalogue tells it."""
    level = product.counter.quantity
    if product.tracking == "variant":
        level = sum(max(0, one.counter.quantity) for one in product.variants)
    content: Json = {
        "id": product.product_id,
        "name": product.name,
        "type": "physical",
        "sku": product.sku,
        "price": float(product.price),
        "upc": product.upc,
        "inventory_level": max(0, level),
        "inventory_tracking": product.tracking,
        "is_visible": product.visible,
        "availability": "available",
        "date_created": product.created.replace(microsecond=0).isoformat(),
        "date_modified": product.changed_at.replace(microsecond=0).isoformat(),
    }
    if len(product.variants) == 1:
        content["base_variant_id"] = product.variants[0].variant_id
    if with_variants:
        content["variants"] = [variant_json(product, one) for one in product.variants]
    return content


def variant_json(product: Product, variant: Variant) -> Json:
    """Return a variant with the price that shoppers see."""
    price = variant.price if variant.price is not None else product.price
    options = []
    if variant.label:
        options.append(
            {
                "id": variant.variant_id,
                "option_id": product.product_id,
                "option_display_name": "Kind",
                "label": variant.label,
            }
        )
    content: Json = {
        "id": variant.variant_id,
        "product_id": product.product_id,
        "sku": variant.sku,
        "upc": "",
        "inventory_level": variant.counter.quantity,
        "purchasing_disabled": False,
        "calculated_price": float(price),
        "option_values": options,
    }
    if variant.price is not None:
        content["price"] = float(variant.price)
    return content


def inventory_json(state: State, product: Product, variant: Variant) -> Json:
    """Return the stock of a variant at the location."""
    quantity = read_late(state, product.counter_of(variant))
    settings = state.settings
    identity: Json = {
        "sku": variant.sku,
        "variant_id": variant.variant_id,
        "product_id": product.product_id,
    }
    if variant.sku_id:
        identity["sku_id"] = variant.sku_id
    return {
        "identity": identity,
        "locations": [
            {
                "location_id": settings.location_id,
                "location_code": "BC-LOCATION-1",
                "location_name": "Default location",
                "available_to_sell": quantity,
                "total_inventory_onhand": quantity,
                "location_enabled": settings.location_enabled,
                "settings": {
                    "safety_stock": 0,
                    "is_in_stock": quantity > 0,
                    "warning_level": 0,
                    "bin_picking_number": "",
                },
            }
        ],
    }


def read_late(state: State, counter: Counter) -> int:
    """Return what a counter reads as: adjustments show late, sales at once."""
    lag = timedelta(seconds=state.settings.read_lag_seconds)
    written_at = counter.written_at
    if written_at is not None and state.now() - written_at < lag:
        return counter.before
    return counter.quantity


def hook_json(state: State, hook: Hook) -> Json:
    """Return a webhook."""
    return {
        "id": hook.hook_id,
        "client_id": "simulated-client",
        "store_hash": state.settings.store_hash,
        "scope": hook.scope,
        "destination": hook.destination,
        "headers": None,
        "is_active": hook.active,
        "created_at": int(hook.created.timestamp()),
        "updated_at": int(hook.changed_at.timestamp()),
    }
