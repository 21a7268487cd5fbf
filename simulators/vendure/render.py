"""Rows as Vendure's Admin API shows them: every field of the simulated schema."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .state import LOCATION_ID, Fulfillment, Json, Line, Order, Payment, State, Variant


def second(moment: datetime) -> str:
    """Return a time as SQLite keeps it: in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def millisecond(moment: datetime) -> str:
    """Return a time that the server itself set: in milliseconds."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def order_json(state: State, order: Order) -> Json:
    """Return an ``Order``."""
    first, _, last = order.buyer.partition(" ")
    address = {
        "fullName": order.buyer,
        "company": "",
        "streetLine1": "Kai 1",
        "streetLine2": "",
        "city": "Hamburg",
        "province": "",
        "postalCode": "20457",
        "countryCode": "DE",
        "phoneNumber": "",
    }
    return {
        "__typename": "Order",
        "id": order.order_id,
        "code": order.code,
        "state": order.state,
        "type": "Regular",
        "active": order.active,
        "orderPlacedAt": millisecond(order.placed_at) if order.placed_at else None,
        "createdAt": second(order.created),
        "updatedAt": second(order.changed_at),
        "currencyCode": state.settings.currency,
        "totalWithTax": state.total(order),
        "customer": {
            "id": "7",
            "firstName": first,
            "lastName": last,
            "emailAddress": "buyer@example.com",
            "phoneNumber": None,
        },
        "shippingAddress": address,
        "billingAddress": dict.fromkeys(address),
        "lines": [_line_json(state, line) for line in order.lines],
        "surcharges": [],
        "shippingLines": [
            {
                "id": f"9{order.order_id}",
                "discountedPrice": order.shipping,
                "discountedPriceWithTax": state.with_tax(order.shipping),
                "shippingMethod": {"code": "standard", "name": "Standard"},
            }
        ],
        "payments": [_payment_json(one) for one in order.payments],
        "fulfillments": [fulfillment_json(one) for one in order.fulfillments],
    }


def _line_json(state: State, line: Line) -> Json:
    net = line.unit_price * line.quantity
    rate = float(state.settings.tax_rate * 100)
    return {
        "id": line.line_id,
        "updatedAt": second(line.changed_at),
        "quantity": line.quantity,
        "orderPlacedQuantity": line.placed,
        "unitPriceWithTax": state.with_tax(line.unit_price),
        "proratedLinePrice": net,
        "proratedLinePriceWithTax": state.with_tax(net),
        "taxLines": [{"description": "Standard Tax", "taxRate": rate}],
        "discounts": [],
        "productVariant": variant_json(state, line.variant),
    }


def _payment_json(payment: Payment) -> Json:
    return {
        "id": payment.payment_id,
        "state": payment.state,
        "method": "card",
        "amount": payment.amount,
        "createdAt": second(payment.created),
        "updatedAt": second(payment.changed_at),
        "refunds": [
            {
                "__typename": "Refund",
                "id": one.refund_id,
                "state": one.state,
                "total": one.total,
                "reason": one.reason,
                "createdAt": second(one.created),
                "updatedAt": second(one.created),
                "lines": [
                    {"orderLineId": line_id, "quantity": units}
                    for line_id, units in one.lines
                ],
            }
            for one in payment.refunds
        ],
    }


def fulfillment_json(parcel: Fulfillment) -> Json:
    """Return a ``Fulfillment``."""
    return {
        "__typename": "Fulfillment",
        "id": parcel.fulfillment_id,
        "state": parcel.state,
        "method": parcel.method,
        "trackingCode": parcel.tracking_code,
        "createdAt": second(parcel.created),
        "updatedAt": second(parcel.changed_at),
        "lines": [
            {"orderLineId": line.line_id, "quantity": units}
            for line, units in parcel.lines
        ],
    }


def variant_json(state: State, variant: Variant) -> dict[str, Any]:
    """Return a ``ProductVariant``."""
    new = variant.new
    return {
        "id": variant.variant_id,
        "sku": new.sku,
        "name": new.name,
        "enabled": new.enabled,
        "trackInventory": new.tracking,
        "createdAt": second(variant.created),
        "updatedAt": second(variant.changed_at),
        "prices": [{"currencyCode": state.settings.currency, "price": variant.price}],
        "stockLevels": [
            {
                "stockLocationId": LOCATION_ID,
                "stockOnHand": variant.on_hand,
                "stockAllocated": variant.allocated,
            }
        ],
        "product": {
            "id": f"8{variant.variant_id}",
            "name": new.product or new.name,
            "enabled": True,
        },
    }
