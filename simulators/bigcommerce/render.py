"""Orders, refunds and shipments as BigCommerce's API writes them.

v2: times as e-mail has them, amounts as texts of four places. v3: ISO and numbers.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime

from .state import SHIPPED, STATUS_NAMES, Json, Line, Order, Refund, Shipment, State


def mail_date(moment: datetime) -> str:
    """Write a moment as v2 does: whole seconds, and +0000."""
    return format_datetime(moment.replace(microsecond=0))


def amount_text(amount: Decimal) -> str:
    """Write an amount as v2 does."""
    return f"{amount:.4f}"


def order_json(state: State, order: Order, include: str, structure: str) -> Json:
    """Return an order of v2, with what it was asked to include."""
    wanted = include.split(",")
    path = f"/orders/{order.order_id}"
    content: Json = {
        **_head_json(state, order),
        **_amounts_json(state, order),
        "billing_address": {**address_json(order.buyer), "form_fields": []},
        "products": _link(state, f"{path}/products"),
        "consignments": _link(state, f"{path}/consignments"),
        "fees": _link(state, f"{path}/fees"),
    }
    if structure == "object" and any(each.startswith("consig") for each in wanted):
        whole = "consignments.line_items" in wanted
        content["consignments"] = consignments_json(state, order, whole=whole)
    if "fees" in wanted:
        content["fees"] = []
    return content


def _head_json(state: State, order: Order) -> Json:
    renamed = state.settings.status_names.get(order.status_id)
    shipped = order.status_id == SHIPPED and order.shipments
    return {
        "id": order.order_id,
        "customer_id": 0,
        "date_created": mail_date(order.created),
        "date_modified": mail_date(order.changed_at),
        "date_shipped": mail_date(order.shipments[-1].created) if shipped else "",
        "status_id": order.status_id,
        "status": renamed or STATUS_NAMES[order.status_id],
        "items_total": sum(line.quantity for line in order.lines),
        "items_shipped": sum(line.shipped for line in order.lines),
        "payment_method": "Credit Card",
        "payment_provider_id": f"ch_{order.order_id}",
        "payment_status": order.payment_status,
        "order_is_digital": False,
        "staff_notes": "",
        "customer_message": order.note,
        "shipping_address_count": 1,
        "is_deleted": order.archived,
        "channel_id": 1,
    }


def _amounts_json(state: State, order: Order) -> Json:
    taxed = state.settings.prices_include_tax
    parts = [state.split_tax(line.price * line.quantity) for line in order.lines]
    subtotal = (
        sum((without for without, _ in parts), Decimal(0)),
        sum((with_tax for _, with_tax in parts), Decimal(0)),
    )
    shipping = state.split_tax(order.shipping)
    nothing = (Decimal(0), Decimal(0))
    return {
        **_priced("subtotal", subtotal),
        "base_shipping_cost": amount_text(shipping[1] if taxed else shipping[0]),
        **_priced("shipping_cost", shipping),
        **_priced("handling_cost", nothing),
        **_priced("wrapping_cost", nothing),
        **_priced("total", (subtotal[0] + shipping[0], subtotal[1] + shipping[1])),
        "is_tax_inclusive_pricing": taxed,
        "refunded_amount": "0.0000",
        "discount_amount": "0.0000",
        "coupon_discount": "0.0000",
        "currency_id": 1,
        "currency_code": state.settings.currency,
        "currency_exchange_rate": "1.0000000000",
        "default_currency_id": 1,
        "default_currency_code": state.settings.currency,
    }


def _priced(name: str, amounts: tuple[Decimal, Decimal]) -> Json:
    without, with_tax = amounts
    return {
        f"{name}_ex_tax": amount_text(without),
        f"{name}_inc_tax": amount_text(with_tax),
        f"{name}_tax": amount_text(with_tax - without),
    }


def _link(state: State, path: str) -> Json:
    root = f"https://api.bigcommerce.com/stores/{state.settings.store_hash}/v2"
    return {"url": f"{root}{path}", "resource": path}


def address_json(buyer: str) -> Json:
    """Return an address; the name as the buyer wrote it."""
    return {
        "first_name": buyer,
        "last_name": "",
        "company": "",
        "street_1": "1 Quay",
        "street_2": "",
        "city": "Hamburg",
        "state": "Hamburg",
        "zip": "20457",
        "country": "Germany",
        "country_iso2": "DE",
        "phone": "",
        "email": "buyer@example.com",
    }


def consignments_json(state: State, order: Order, *, whole: bool) -> Json:
    """Return the one consignment of an order."""
    cost = state.split_tax(order.shipping)
    path = f"/orders/{order.order_id}/products"
    return {
        "pickups": [],
        "shipping": [
            {
                "id": order.address_id,
                **address_json(order.buyer),
                "form_fields": [],
                "line_items": [
                    line_json(state, order, line)
                    if whole
                    else _link(state, f"{path}/{line.line_id}")
                    for line in order.lines
                ],
                "items_total": sum(line.quantity for line in order.lines),
                "items_shipped": sum(line.shipped for line in order.lines),
                "shipping_method": "Flat rate",
                "base_cost": float(order.shipping),
                "cost_ex_tax": float(cost[0]),
                "cost_inc_tax": float(cost[1]),
                "cost_tax": float(cost[1] - cost[0]),
            }
        ],
        "downloads": [],
        "email": {"gift_certificates": []},
    }


def line_json(state: State, order: Order, line: Line) -> Json:
    """Return a product of an order."""
    price = state.split_tax(line.price)
    total = state.split_tax(line.price * line.quantity)
    taxed = state.settings.prices_include_tax
    return {
        "id": line.line_id,
        "order_id": order.order_id,
        "product_id": line.product.product_id,
        "variant_id": line.variant.variant_id,
        "order_address_id": order.address_id,
        "order_pickup_method_id": 0,
        "name": line.product.name,
        "sku": line.variant.sku,
        "upc": line.product.upc,
        "type": "physical",
        "base_price": amount_text(price[1] if taxed else price[0]),
        "price_ex_tax": amount_text(price[0]),
        "price_inc_tax": amount_text(price[1]),
        "price_tax": amount_text(price[1] - price[0]),
        "base_total": amount_text(total[1] if taxed else total[0]),
        "total_ex_tax": amount_text(total[0]),
        "total_inc_tax": amount_text(total[1]),
        "total_tax": amount_text(total[1] - total[0]),
        "quantity": line.quantity,
        "quantity_shipped": line.shipped,
        "quantity_refunded": line.refunded,
        "is_refunded": line.refunded >= line.quantity,
        "refund_amount": "0.0000",
        "return_id": 0,
        "wrapping_name": None,
        "applied_discounts": [],
        "product_options": [],
    }


def shipment_json(order: Order, shipment: Shipment) -> Json:
    """Return a shipment of v2."""
    told = shipment.told
    names = (
        "tracking_number",
        "tracking_link",
        "tracking_carrier",
        "shipping_method",
        "shipping_provider",
        "comments",
    )
    return {
        "id": shipment.shipment_id,
        "order_id": order.order_id,
        "customer_id": 0,
        "order_address_id": order.address_id,
        "date_created": mail_date(shipment.created),
        "merchant_shipping_cost": "0.0000",
        **{name: str(told.get(name, "")) for name in names},
        "shipping_provider_display_name": str(
            told.get("shipping_provider", "")
        ).upper(),
        "generated_tracking_link": "",
        "billing_address": address_json(order.buyer),
        "shipping_address": address_json(order.buyer),
        "items": [
            {"order_product_id": line_id, "product_id": 0, "quantity": quantity}
            for line_id, quantity in shipment.lines
        ],
    }


def refund_json(order: Order, refund: Refund) -> Json:
    """Return a refund of v3."""
    return {
        "id": refund.refund_id,
        "order_id": order.order_id,
        "user_id": 0,
        "created": refund.created.replace(microsecond=0).isoformat(),
        "reason": "",
        "total_amount": float(refund.amount),
        "total_tax": 0.0,
        "uses_merchant_override_values": False,
        "items": [
            {
                "item_type": part.get("item_type", "ORDER"),
                "item_id": part.get("item_id", order.order_id),
                "reason": part.get("reason", ""),
                "quantity": part.get("quantity", 0),
                "requested_amount": part.get("amount", 0.0),
            }
            for part in refund.items
        ],
        "payments": [
            {
                "id": refund.refund_id,
                "provider_id": str(one.get("provider_id", "")),
                "amount": one.get("amount", 0.0),
                "offline": bool(one.get("offline")),
                "is_declined": False,
                "declined_message": "",
            }
            for one in refund.payments
        ],
    }
