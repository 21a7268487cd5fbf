"""Webhook bodies that are not about orders: stock levels, products, the shop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .amounts import fixed_text
from .goods import Level, Product, Variant
from .payload_parts import local
from .settings import ShopSettings

Payload = dict[str, Any]


def level_payload(level: Level, settings: ShopSettings) -> Payload:
    """Return the body of ``inventory_levels/update``."""
    return {
        "inventory_item_id": level.variant.item_number,
        "location_id": level.location.number,
        "available": level.available,
        "updated_at": local(level.updated_at, settings.zone),
        "admin_graphql_api_id": level.gid,
    }


def product_payload(product: Product, settings: ShopSettings) -> Payload:
    """Return the body of ``products/update``."""
    zone = settings.zone
    return {
        "id": product.number,
        "admin_graphql_api_id": product.gid,
        "created_at": local(product.created_at, zone),
        "handle": product.title.lower().replace(" ", "-"),
        "images": [],
        "product_type": "",
        "published_at": local(product.created_at, zone),
        "status": product.status.lower(),
        "tags": "",
        "title": product.title,
        "updated_at": local(product.updated_at, zone),
        "vendor": product.vendor,
        "variants": [_variant(one, settings) for one in product.variants],
    }


def _variant(variant: Variant, settings: ShopSettings) -> Payload:
    zone = settings.zone
    return {
        "id": variant.number,
        "admin_graphql_api_id": variant.gid,
        "barcode": variant.barcode,
        "created_at": local(variant.created_at, zone),
        "inventory_item_id": variant.item_number,
        "inventory_policy": "continue" if variant.oversell else "deny",
        "inventory_quantity": variant.available,
        "position": variant.product.variants.index(variant) + 1,
        "price": fixed_text(variant.price_minor, settings.currency),
        "product_id": variant.product.number,
        "sku": variant.sku,
        "taxable": variant.taxable,
        "title": variant.title,
        "updated_at": local(variant.updated_at, zone),
    }


def shop_payload(settings: ShopSettings, now: datetime) -> Payload:
    """Return the body of ``app/uninstalled``: the shop."""
    return {
        "id": settings.number,
        "name": settings.name,
        "domain": settings.domain,
        "myshopify_domain": settings.domain,
        "currency": settings.currency,
        "iana_timezone": settings.time_zone,
        "taxes_included": settings.taxes_included,
        "updated_at": local(now, settings.zone),
    }
