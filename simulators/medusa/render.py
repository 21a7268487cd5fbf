"""Orders, payments and products as Medusa's Admin API writes them.

Totals are JSON numbers in major units. A relation is there only if it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from .state import Fulfillment, Json, Line, Order, Product, Return, State, Variant


def stamp(moment: datetime | None) -> str | None:
    """Write a moment as JavaScript does."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(amount: Decimal) -> int | float:
    """Write an amount as JavaScript does: without a fraction where it has none."""
    return int(amount) if amount == int(amount) else float(amount)


def keep_asked(content: Json, fields: str, always: Iterable[str] = ()) -> Json:
    """Return the part of a record that ``fields`` names; all of it for no fields."""
    if not fields:
        return content
    names = {each.strip(" *+").partition(".")[0] for each in fields.split(",")}
    names |= {"id", *always}
    return {name: part for name, part in content.items() if name in names}


def order_json(state: State, order: Order) -> Json:
    """Return an order with everything that can be asked for."""
    settings = state.settings
    whole = state.price_lines(order)
    credit = min(order.payment.paid_back, whole)
    first, _, last = order.buyer.partition(" ")
    address = {
        "first_name": first,
        "last_name": last,
        "company": None,
        "address_1": "Quay 1",
        "address_2": None,
        "city": "Hamburg",
        "country_code": "de",
        "province": None,
        "postal_code": "20457",
        "phone": None,
    }
    return {
        "id": order.order_id,
        "display_id": order.number,
        "status": "canceled" if order.canceled_at else "pending",
        "currency_code": settings.currency.lower(),
        "email": "buyer@example.com",
        "created_at": stamp(order.created),
        "updated_at": stamp(order.changed_at),
        "canceled_at": stamp(order.canceled_at),
        "total": number(whole - credit),
        "credit_line_total": number(credit),
        "payment_status": _payment_status(order),
        "fulfillment_status": _fulfillment_status(order),
        "items": [_line_json(state, line) for line in order.lines],
        "shipping_methods": [_method_json(state, order)],
        "shipping_address": address,
        "billing_address": address,
        "customer": {"id": "cus_1", "first_name": first, "last_name": last},
        "payment_collections": [_collection_json(state, order)],
        "fulfillments": [fulfillment_json(state, one) for one in order.fulfillments],
        "returns": [_return_json(one) for one in order.returns],
    }


def _payment_status(order: Order) -> str:
    payment = order.payment
    if payment.canceled_at:
        return "canceled"
    if not payment.captured_at:
        return "authorized"
    if not payment.refunds:
        return "captured"
    return "refunded" if payment.paid_back >= payment.amount else "partially_refunded"


def _fulfillment_status(order: Order) -> str:
    for word, counts in (
        ("shipped", [(line.shipped, line.quantity) for line in order.lines]),
        ("fulfilled", [(line.fulfilled, line.quantity) for line in order.lines]),
    ):
        if any(done for done, _ in counts):
            whole = all(done >= wanted for done, wanted in counts)
            return word if whole else f"partially_{word}"
    return "not_fulfilled"


def _line_json(state: State, line: Line) -> Json:
    without, whole = state.split_tax(
        line.price * (line.quantity - line.received - line.damaged)
    )
    return {
        "id": line.line_id,
        "title": line.product.name,
        "product_title": line.product.name,
        "variant_title": line.variant.title,
        "variant_id": line.variant.variant_id,
        "product_id": line.product.product_id,
        "variant_sku": line.variant.sku or None,
        "variant_barcode": line.variant.barcode or None,
        "requires_shipping": True,
        "is_giftcard": False,
        "is_tax_inclusive": state.settings.prices_include_tax,
        "unit_price": number(line.price),
        "quantity": line.quantity,
        "subtotal": number(without),
        "total": number(whole),
        "tax_total": number(whole - without),
        "tax_lines": [
            {
                "description": "VAT",
                "code": "VAT",
                "rate": number(state.settings.tax_rate * 100),
                "total": number(whole - without),
            }
        ],
        "adjustments": [],
        "detail": {
            "quantity": line.quantity,
            "fulfilled_quantity": line.fulfilled,
            "delivered_quantity": 0,
            "shipped_quantity": line.shipped,
            "return_requested_quantity": 0,
            "return_received_quantity": line.received,
            "return_dismissed_quantity": line.damaged,
            "written_off_quantity": 0,
        },
    }


def _method_json(state: State, order: Order) -> Json:
    without, whole = state.split_tax(state.settings.shipping_price)
    return {
        "id": f"ordsm_{order.number}",
        "order_id": order.order_id,
        "name": "Standard",
        "amount": number(state.settings.shipping_price),
        "is_tax_inclusive": state.settings.prices_include_tax,
        "subtotal": number(without),
        "total": number(whole),
        "tax_total": number(whole - without),
    }


def _collection_json(state: State, order: Order) -> Json:
    return {
        "id": f"pay_col_{order.number}",
        "currency_code": state.settings.currency.lower(),
        "amount": number(order.payment.amount),
        "status": "authorized",
        "payments": [payment_json(state, order)],
    }


def payment_json(state: State, order: Order) -> Json:
    """Return the payment of an order, with a link to the order."""
    payment = order.payment
    captures = [
        {
            "id": payment.capture_id,
            "amount": number(payment.amount),
            "created_at": stamp(payment.captured_at),
        }
    ]
    return {
        "id": payment.payment_id,
        "currency_code": state.settings.currency.lower(),
        "provider_id": "pp_system_default",
        "amount": number(payment.amount),
        "created_at": stamp(payment.created),
        "updated_at": stamp(payment.changed_at),
        "captured_at": stamp(payment.captured_at),
        "canceled_at": stamp(payment.canceled_at),
        "captures": captures if payment.captured_at else [],
        "refunds": [
            {
                "id": one.refund_id,
                "amount": number(one.amount),
                "note": one.note or None,
                "created_at": stamp(one.created),
            }
            for one in payment.refunds
        ],
    }


def fulfillment_json(state: State, one: Fulfillment) -> Json:
    """Return a fulfillment with its lines and labels."""
    return {
        "id": one.fulfillment_id,
        "location_id": state.settings.location_id,
        "packed_at": stamp(one.created),
        "shipped_at": stamp(one.shipped_at),
        "delivered_at": None,
        "canceled_at": None,
        "requires_shipping": True,
        "provider_id": "manual_manual",
        "metadata": one.metadata,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.shipped_at or one.created),
        "items": [
            {"id": f"fulit_{line_id}", "line_item_id": line_id, "quantity": units}
            for line_id, units in one.lines.items()
        ],
        "labels": [
            {"id": f"fulla_{place}", **label} for place, label in enumerate(one.labels)
        ],
    }


def _return_json(one: Return) -> Json:
    rows = [
        {
            "id": f"retitem_{line_id}",
            "item_id": line_id,
            "quantity": one.received.get(line_id, 0) + one.damaged.get(line_id, 0),
            "received_quantity": one.received.get(line_id, 0),
            "damaged_quantity": one.damaged.get(line_id, 0),
        }
        for line_id in {**one.received, **one.damaged}
    ]
    return {
        "id": one.return_id,
        "status": "received",
        "received_at": stamp(one.created),
        "canceled_at": None,
        "items": rows,
    }


def product_json(state: State, product: Product) -> Json:
    """Return a product with its variants and their stock."""
    return {
        "id": product.product_id,
        "title": product.name,
        "status": "published" if product.published else "draft",
        "created_at": stamp(product.created),
        "updated_at": stamp(product.changed_at),
        "variants": [
            {
                **variant_json(product, variant),
                "inventory_items": [_link_json(state, variant)]
                if product.managed
                else [],
            }
            for variant in product.variants
        ],
    }


def variant_json(product: Product, variant: Variant) -> Json:
    """Return a variant with its prices."""
    return {
        "id": variant.variant_id,
        "title": variant.title,
        "sku": variant.sku or None,
        "barcode": variant.barcode or None,
        "ean": None,
        "upc": None,
        "allow_backorder": False,
        "manage_inventory": product.managed,
        "product_id": product.product_id,
        "prices": variant.prices,
    }


def _link_json(state: State, variant: Variant) -> Json:
    return {
        "inventory_item_id": variant.item_id,
        "required_quantity": 1,
        "variant_id": variant.variant_id,
        "inventory": item_json(state, variant),
    }


def item_json(state: State, variant: Variant) -> Json:
    """Return an inventory item with its stock at the location."""
    return {
        "id": variant.item_id,
        "sku": variant.sku or None,
        "requires_shipping": True,
        "location_levels": [
            {
                "id": f"ilev_{variant.item_id}",
                "inventory_item_id": variant.item_id,
                "location_id": state.settings.location_id,
                "stocked_quantity": variant.stocked,
                "reserved_quantity": variant.reserved,
                "incoming_quantity": 0,
                "available_quantity": variant.available,
                "metadata": None,
            }
        ],
    }
