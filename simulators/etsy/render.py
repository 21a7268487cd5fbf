"""Receipts and listings as Etsy's JSON, with its two names for each timestamp."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from .state import Json, Listing, Product, Receipt, State, Transaction, Values


def stamp(moment: datetime) -> int:
    """Return a moment as epoch seconds."""
    return int(moment.timestamp())


def rounded(state: State, amount: Decimal) -> Decimal:
    """Return an amount with the decimals that the shop's currency has."""
    return Decimal(_amount(state, amount)) / state.settings.divisor


def money_json(state: State, amount: Decimal) -> Json:
    """Return an amount as Etsy writes it."""
    return {
        "amount": _amount(state, amount),
        "divisor": state.settings.divisor,
        "currency_code": state.settings.currency,
    }


def goods_of(receipt: Receipt) -> Decimal:
    """Return what the lines cost, before anything is taken off."""
    return sum((one.price * one.quantity for one in receipt.lines), Decimal(0))


def tax_of(state: State, receipt: Receipt) -> Decimal:
    """Return the sales tax of a receipt."""
    taxed = goods_of(receipt) - receipt.discount
    return rounded(state, taxed * state.settings.tax_rate)


def total_of(state: State, receipt: Receipt) -> Decimal:
    """Return what the buyer paid."""
    goods = goods_of(receipt) - receipt.discount
    return goods + tax_of(state, receipt) + receipt.shipping


def status_of(state: State, receipt: Receipt) -> str:
    """Return the status, in Etsy's word."""
    refunded = sum((one.amount for one in receipt.refunds), Decimal(0))
    if receipt.cancelled:
        return "canceled"
    if refunded >= total_of(state, receipt) > 0:
        return "fully refunded"
    if refunded:
        return "partially refunded"
    if not receipt.paid:
        return "payment processing"
    return "completed" if receipt.shipped_at else "paid"


def receipt_json(state: State, receipt: Receipt) -> Json:
    """Return a receipt with its lines, shipments and refunds."""
    created, changed = stamp(receipt.created), stamp(receipt.changed_at)
    return {
        "receipt_id": receipt.receipt_id,
        "receipt_type": 0,
        "seller_user_id": state.settings.user_id,
        "seller_email": None,
        "buyer_user_id": 9_000_001,
        "buyer_email": None,
        **_address_json(receipt),
        "status": status_of(state, receipt),
        "payment_method": "cc",
        "payment_email": None,
        "message_from_seller": None,
        "message_from_buyer": receipt.note,
        "message_from_payment": None,
        "is_paid": receipt.paid,
        "is_shipped": receipt.shipped_at is not None,
        "create_timestamp": created,
        "created_timestamp": created,
        "update_timestamp": changed,
        "updated_timestamp": changed,
        "is_gift": False,
        "gift_message": "",
        **_amounts_json(state, receipt),
        "shipments": [
            {
                "receipt_shipping_id": one.shipping_id,
                "shipment_notification_timestamp": stamp(one.told_at),
                "carrier_name": one.carrier,
                "tracking_code": one.code,
            }
            for one in receipt.shipments
        ],
        "transactions": [_line_json(state, receipt, one) for one in receipt.lines],
        "refunds": [
            {
                "amount": money_json(state, one.amount),
                "created_timestamp": stamp(one.paid_at),
                "reason": one.reason,
                "note_from_issuer": None,
                "status": "success",
            }
            for one in receipt.refunds
        ],
    }


def inventory_json(state: State, listing: Listing) -> Json:
    """Return the inventory of a listing."""
    return {
        "products": [_product_json(state, listing, one) for one in listing.products],
        "price_on_property": listing.price_on,
        "quantity_on_property": listing.quantity_on,
        "sku_on_property": listing.sku_on,
        "readiness_state_on_property": [],
    }


def listing_json(state: State, listing: Listing) -> Json:
    """Return a listing without its inventory."""
    created, changed = stamp(listing.created), stamp(listing.changed_at)
    lowest = min((one.price for one in listing.products), default=Decimal(0))
    return {
        "listing_id": listing.listing_id,
        "user_id": state.settings.user_id,
        "shop_id": state.settings.shop_id,
        "title": listing.title,
        "description": listing.title,
        "state": listing.state,
        "creation_timestamp": created,
        "created_timestamp": created,
        "original_creation_timestamp": created,
        "last_modified_timestamp": changed,
        "updated_timestamp": changed,
        "quantity": listing.left,
        "listing_type": "download" if listing.digital else "physical",
        "has_variations": len(listing.products) > 1,
        "price": money_json(state, lowest),
    }


def _address_json(receipt: Receipt) -> Json:
    return {
        "name": receipt.buyer,
        "first_line": "1 Quay Street",
        "second_line": None,
        "city": "Portsmouth",
        "state": "NH",
        "zip": "03801",
        "formatted_address": f"{receipt.buyer}\n1 Quay Street",
        "country_iso": "US",
    }


def _amounts_json(state: State, receipt: Receipt) -> Json:
    goods = goods_of(receipt)
    nothing = money_json(state, Decimal(0))
    return {
        "grandtotal": money_json(state, total_of(state, receipt)),
        "subtotal": money_json(state, goods - receipt.discount),
        "total_price": money_json(state, goods),
        "total_shipping_cost": money_json(state, receipt.shipping),
        "total_tax_cost": money_json(state, tax_of(state, receipt)),
        "total_vat_cost": nothing,
        "discount_amt": money_json(state, receipt.discount),
        "gift_wrap_price": nothing,
    }


def _line_json(state: State, receipt: Receipt, line: Transaction) -> Json:
    created = stamp(receipt.created)
    return {
        "transaction_id": line.transaction_id,
        "title": line.title,
        "seller_user_id": state.settings.user_id,
        "buyer_user_id": 9_000_001,
        "create_timestamp": created,
        "created_timestamp": created,
        "paid_timestamp": created if receipt.paid else None,
        "shipped_timestamp": stamp(receipt.shipped_at) if receipt.shipped_at else None,
        "quantity": line.quantity,
        "receipt_id": receipt.receipt_id,
        "is_digital": line.listing.digital,
        "file_data": "",
        "listing_id": line.listing.listing_id,
        "transaction_type": "listing",
        "product_id": line.product_id,
        "sku": line.sku,
        "price": money_json(state, line.price),
        "shipping_cost": money_json(state, Decimal(0)),
        "variations": [
            {
                "property_id": value[0],
                "value_id": value[2],
                "formatted_name": value[1],
                "formatted_value": value[3],
            }
            for value in line.values
        ],
        "product_data": _values_json(line.values),
        "shipping_method": "Standard",
        "shipping_upgrade": None,
        "expected_ship_date": (
            stamp(receipt.dispatch_by) if receipt.dispatch_by else None
        ),
    }


def _product_json(state: State, listing: Listing, product: Product) -> Json:
    return {
        "product_id": product.product_id,
        "sku": product.sku,
        "is_deleted": False,
        "offerings": [
            {
                "offering_id": product.offering_id,
                "quantity": product.quantity,
                "is_enabled": product.enabled,
                "is_deleted": False,
                "price": money_json(state, product.price),
                "readiness_state_id": None if listing.digital else listing.profile_id,
            }
        ],
        "property_values": _values_json(product.values),
    }


def _values_json(values: Values) -> list[Json]:
    return [
        {
            "property_id": property_id,
            "property_name": name,
            "scale_id": None,
            "scale_name": None,
            "value_ids": [value_id],
            "values": [value],
        }
        for property_id, name, value_id, value in values
    ]


def _amount(state: State, amount: Decimal) -> int:
    scaled = amount * state.settings.divisor
    return int(scaled.to_integral_value(ROUND_HALF_UP))
