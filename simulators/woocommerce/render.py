"""Orders as the REST API shows them.

Keys and types follow the vendor's documented examples and, for newer keys, the server.
No decisions. Refunds, notes and fulfillments are in ``render_parts``, products and
webhooks in ``render_products``.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from .amounts import amount_text, price_number, rounded
from .state import Json, Line, Order, State
from .times import gmt_text, local_text

TAX_RATE_ID = 1


def encode(content: Any) -> bytes:
    """Encode as compactly as the server does."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def encoded_order(state: State, order: Order, decimals: int | None = None) -> bytes:
    """Return an order as JSON bytes, from memory where nothing changed."""
    places = state.settings.decimals if decimals is None else decimals
    if places not in order.encoded:
        order.encoded[places] = encode(order_json(state, order, places))
    return order.encoded[places]


def order_json(state: State, order: Order, decimals: int | None = None) -> Json:
    """Return an order with ``decimals`` places in its amounts."""
    places = state.settings.decimals if decimals is None else decimals
    return {
        "id": order.order_id,
        "parent_id": 0,
        "number": str(order.order_id),
        "order_key": f"wc_order_{order.order_id:x}",
        "created_via": order.created_via,
        "version": state.settings.version,
        "status": order.status,
        "currency": state.settings.currency,
        **_dates(state, order),
        **_totals(order, places),
        "prices_include_tax": state.settings.prices_include_tax,
        "customer_id": 0,
        "customer_ip_address": "127.0.0.1" if order.created_via == "checkout" else "",
        "customer_user_agent": "",
        "customer_note": order.customer_note,
        "billing": order.billing,
        "shipping": order.shipping,
        "payment_method": "bacs",
        "payment_method_title": "Direct bank transfer",
        "transaction_id": "",
        "cart_hash": "",
        "meta_data": order.meta,
        "line_items": [line_json(state, line, places) for line in order.lines],
        **_other_lines(state, order, places),
        "refunds": [
            {
                "id": refund.refund_id,
                "reason": refund.reason,
                "total": amount_text(-refund.amount, places),
            }
            for refund in order.refunds
        ],
        "payment_url": f"{state.site_url}/checkout/order-pay/{order.order_id}/",
        "is_editable": order.status in {"pending", "on-hold", "auto-draft"},
        "needs_payment": order.status in {"pending", "failed"},
        "needs_processing": True,
        "currency_symbol": state.settings.currency,
        "_links": links(state, f"orders/{order.order_id}", "orders"),
    }


def order_total(order: Order, decimals: int) -> Decimal:
    """Return what the buyer pays: the sum of what is shown, tax included."""
    amounts = [order.shipping_total, order.shipping_tax]
    amounts += [line.total for line in order.lines]
    amounts += [line.total_tax for line in order.lines]
    return rounded(sum(amounts, Decimal(0)), decimals)


def line_json(state: State, line: Line, decimals: int) -> Json:
    """Return one product line."""
    parent = line.product.parent_id
    meta = list(line.meta)
    counted = {
        "_reduced_stock": line.stock_taken,
        "_restock_refunded_items": line.units_restocked,
    }
    for place, (key, count) in enumerate(counted.items()):
        if count:
            meta.append(line_meta(line.line_id * 10 + place, key, count))
    return {
        "id": line.line_id,
        "name": line.name,
        "product_id": parent or line.product.product_id,
        "variation_id": line.product.product_id if parent else 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": amount_text(line.subtotal, decimals),
        "subtotal_tax": amount_text(line.subtotal_tax, decimals),
        "total": amount_text(line.total, decimals),
        "total_tax": amount_text(line.total_tax, decimals),
        "taxes": taxes_json(line.total_tax, line.subtotal_tax),
        "meta_data": meta,
        "sku": shown_sku(state, line),
        "price": price_number(line.total, line.quantity),
        "image": {"id": "", "src": ""},
        "parent_name": state.products[parent].name
        if parent in state.products
        else None,
    }


def line_meta(meta_id: int, key: str, count: int) -> Json:
    """Return a meta entry of a line, with the extra keys that lines have."""
    text = str(count)
    return {
        "id": meta_id,
        "key": key,
        "value": text,
        "display_key": key,
        "display_value": text,
    }


def shown_sku(state: State, line: Line) -> str | None:
    """Return the SKU as it is now: a variation without its own shows its parent's."""
    product = state.products.get(line.product.product_id)
    if product is None:
        return None
    parent = state.products.get(product.parent_id)
    return product.sku or (parent.sku if parent is not None else "")


def links(state: State, path: str, collection: str, *, up: str = "") -> Json:
    """Return the ``_links`` of a record."""
    base = f"{state.site_url}/wp-json/wc/v3/"
    shown = {
        "self": [{"href": base + path}],
        "collection": [{"href": base + collection}],
    }
    return {**shown, "up": [{"href": base + up}]} if up else shown


def _dates(state: State, order: Order) -> Json:
    moments = {
        "date_created": order.created,
        "date_modified": order.modified,
        "date_paid": order.paid,
        "date_completed": order.completed,
    }
    shown = {}
    for name, moment in moments.items():
        shown[name] = local_text(moment, state.settings.zone)
        shown[f"{name}_gmt"] = gmt_text(moment)
    return shown


def _totals(order: Order, decimals: int) -> Json:
    def summed(*amounts: Decimal) -> str:
        return amount_text(sum(amounts, Decimal(0)), decimals)

    cart_tax = sum((line.total_tax for line in order.lines), Decimal(0))
    return {
        "discount_total": summed(*(line.subtotal - line.total for line in order.lines)),
        "discount_tax": summed(
            *(line.subtotal_tax - line.total_tax for line in order.lines)
        ),
        "shipping_total": summed(order.shipping_total),
        "shipping_tax": summed(order.shipping_tax),
        "cart_tax": summed(cart_tax),
        "total": amount_text(order_total(order, decimals), decimals),
        "total_tax": summed(cart_tax, order.shipping_tax),
    }


def _other_lines(state: State, order: Order, decimals: int) -> Json:
    totals = _totals(order, decimals)
    rate = state.settings.tax_rate
    tax_line = {
        "id": order.tax_line_id,
        "rate_code": "VAT-1",
        "rate_id": TAX_RATE_ID,
        "label": "VAT",
        "compound": False,
        "tax_total": totals["cart_tax"],
        "shipping_tax_total": totals["shipping_tax"],
        "meta_data": [],
        "rate_percent": float(rate * 100),
    }
    shipping_line = {
        "id": order.shipping_line_id,
        "method_title": "Flat rate",
        "method_id": "flat_rate",
        "total": totals["shipping_total"],
        "total_tax": totals["shipping_tax"],
        "taxes": taxes_json(order.shipping_tax),
        "meta_data": [],
        "instance_id": "1",
    }
    coupon_line = {
        "id": order.coupon_line_id,
        "code": order.coupon,
        "discount": totals["discount_total"],
        "discount_tax": totals["discount_tax"],
        "meta_data": [],
    }
    return {
        "tax_lines": [tax_line] if rate else [],
        "shipping_lines": [shipping_line],
        "fee_lines": [],
        "coupon_lines": [coupon_line] if order.coupon else [],
    }


def taxes_json(total: Decimal, subtotal: Decimal | None = None) -> list[Json]:
    """Return the tax per rate, with as many places as it has: it is not formatted."""
    if not total and not subtotal:
        return []
    shown: Json = {"id": TAX_RATE_ID, "total": f"{total:f}"}
    shown["subtotal"] = f"{subtotal:f}" if subtotal is not None else ""
    return [shown]
