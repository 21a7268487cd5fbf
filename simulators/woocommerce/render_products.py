"""Products, variations and webhooks as the REST API shows them. No decisions."""

from __future__ import annotations

from .amounts import amount_text
from .render import links
from .state import Json, Product, State, Webhook
from .times import gmt_text, local_text

WEBHOOK_HOOKS = {
    "created": ["woocommerce_new_order"],
    "updated": ["woocommerce_update_order"],
    "deleted": ["wp_trash_post"],
    "restored": ["untrashed_post"],
}


def product_json(state: State, product: Product) -> Json:
    """Return a simple or variable product."""
    children = [one.product_id for one in state.variations(product.product_id)]
    price = _price(state, product)
    return {
        "id": product.product_id,
        "name": product.name,
        "slug": f"product-{product.product_id}",
        "permalink": f"{state.site_url}/product/product-{product.product_id}/",
        **_dates(state, product),
        "type": product.kind,
        "status": product.status,
        "featured": False,
        "catalog_visibility": "visible",
        "description": "",
        "short_description": "",
        "sku": product.sku,
        **_common(state, product),
        "price_html": f'<span class="amount">{price}</span>',
        "total_sales": product.total_sales,
        "external_url": "",
        "button_text": "",
        "sold_individually": False,
        "shipping_required": True,
        "shipping_taxable": True,
        "reviews_allowed": True,
        "average_rating": "0.00",
        "rating_count": 0,
        "related_ids": [],
        "upsell_ids": [],
        "cross_sell_ids": [],
        "parent_id": 0,
        "purchase_note": "",
        "categories": [],
        "tags": [],
        "images": [],
        "attributes": _parent_attributes(state, product),
        "default_attributes": [],
        "variations": children,
        "grouped_products": [],
        "has_options": bool(children),
        "post_password": "",
        "brands": [],
        "_links": links(state, f"products/{product.product_id}", "products"),
    }


def variation_json(state: State, variation: Product) -> Json:
    """Return a variation; one without its own SKU shows its parent's."""
    parent = state.products[variation.parent_id]
    path = f"products/{parent.product_id}/variations"
    shown = {
        "id": variation.product_id,
        "type": "variation",
        "parent_id": parent.product_id,
        "name": ", ".join(variation.options.values()),
        **_dates(state, variation),
        "description": "",
        "permalink": f"{state.site_url}/product/product-{parent.product_id}/",
        "sku": variation.sku or parent.sku,
        "status": variation.status,
        **_common(state, variation),
        "image": None,
        "attributes": [
            {"id": 0, "name": name, "slug": name.lower(), "option": option}
            for name, option in variation.options.items()
        ],
        "_links": links(
            state,
            f"{path}/{variation.product_id}",
            path,
            up=f"products/{parent.product_id}",
        ),
    }
    if not variation.manage_stock and parent.manage_stock:
        shown.update(_stock(parent), manage_stock="parent")
    return shown


def webhook_json(state: State, webhook: Webhook) -> Json:
    """Return a subscription; its secret is never shown."""
    resource, event = webhook.topic.split(".", 1)
    zone = state.settings.zone
    return {
        "id": webhook.webhook_id,
        "name": webhook.name,
        "status": webhook.status,
        "topic": webhook.topic,
        "resource": resource,
        "event": event,
        "hooks": WEBHOOK_HOOKS.get(event, [event]),
        "delivery_url": webhook.delivery_url,
        "date_created": local_text(webhook.created, zone),
        "date_created_gmt": gmt_text(webhook.created),
        "date_modified": local_text(webhook.modified, zone),
        "date_modified_gmt": gmt_text(webhook.modified),
        "_links": links(state, f"webhooks/{webhook.webhook_id}", "webhooks"),
    }


def _common(state: State, product: Product) -> Json:
    """Return what products and variations share."""
    price = _price(state, product)
    return {
        "global_unique_id": product.barcode,
        "price": price,
        "regular_price": "" if product.kind == "variable" else price,
        "sale_price": "",
        "date_on_sale_from": None,
        "date_on_sale_from_gmt": None,
        "date_on_sale_to": None,
        "date_on_sale_to_gmt": None,
        "on_sale": False,
        "purchasable": product.status == "publish",
        "virtual": False,
        "downloadable": False,
        "downloads": [],
        "download_limit": -1,
        "download_expiry": -1,
        "tax_status": "taxable",
        "tax_class": "",
        **_stock(product),
        "low_stock_amount": None,
        "weight": "",
        "dimensions": {"length": "", "width": "", "height": ""},
        "shipping_class": "",
        "shipping_class_id": 0,
        "menu_order": 0,
        "meta_data": product.meta,
    }


def _stock(product: Product) -> Json:
    quantity = product.stock if product.manage_stock else None
    available = quantity > 0 if quantity is not None else product.in_stock
    empty_status = "outofstock" if product.backorders == "no" else "onbackorder"
    return {
        "manage_stock": product.manage_stock,
        "stock_quantity": quantity,
        "stock_status": "instock" if available else empty_status,
        "backorders": product.backorders,
        "backorders_allowed": product.backorders != "no",
        "backordered": not available and product.backorders != "no",
    }


def _price(state: State, product: Product) -> str:
    if product.kind == "variable":
        prices = [one.price for one in state.variations(product.product_id)]
        return amount_text(min(prices), state.settings.decimals) if prices else ""
    return amount_text(product.price, state.settings.decimals)


def _parent_attributes(state: State, product: Product) -> list[Json]:
    names: dict[str, list[str]] = {}
    for variation in state.variations(product.product_id):
        for name, option in variation.options.items():
            options = names.setdefault(name, [])
            if option not in options:
                options.append(option)
    return [
        {
            "id": 0,
            "name": name,
            "slug": name,
            "position": position,
            "visible": True,
            "variation": True,
            "options": options,
        }
        for position, (name, options) in enumerate(names.items())
    ]


def _dates(state: State, product: Product) -> Json:
    zone = state.settings.zone
    return {
        "date_created": local_text(product.created, zone),
        "date_created_gmt": gmt_text(product.created),
        "date_modified": local_text(product.modified, zone),
        "date_modified_gmt": gmt_text(product.modified),
    }
