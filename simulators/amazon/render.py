"""Rows as the JSON of Orders API 2026-01-01 and Listings Items API 2021-08-01."""

from __future__ import annotations

from collections.abc import Set
from datetime import timedelta
from decimal import Decimal

from .state import Json, Line, Listing, Order, Package, State, write_time

_DECIMALS = {"JPY": 0, "KWD": 3}


def render_order(state: State, order: Order, datasets: Set[str]) -> Json:
    """Return one order with the datasets asked for; lines are always told."""
    settings = state.settings
    content: Json = {
        "orderId": order.order_id,
        "createdTime": write_time(order.created),
        "lastUpdatedTime": write_time(order.modified),
        "programs": [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": settings.marketplace,
            "marketplaceName": settings.marketplace_name,
        },
        "orderItems": [_render_line(state, order, x, datasets) for x in order.lines],
    }
    if "BUYER" in datasets:
        content["buyer"] = {
            "buyerName": order.buyer,
            "buyerEmail": f"{order.order_id}@marketplace.amazon.example",
        }
    if "RECIPIENT" in datasets:
        content["recipient"] = _render_recipient(state, order)
    if "PROCEEDS" in datasets and not _is_pending(order):
        total = sum((_total_of(state, order, x) for x in order.lines), Decimal(0))
        content["proceeds"] = {"grandTotal": _money(order, total)}
    if "PAYMENT" in datasets and not _is_pending(order):
        content["payment"] = {"paymentExecutions": [{"paymentMethod": "CreditCard"}]}
    if "FULFILLMENT" in datasets:
        content["fulfillment"] = _render_fulfillment(order)
    if "PACKAGES" in datasets and order.packages:
        content["packages"] = [_render_package(x) for x in order.packages.values()]
    return content


def render_listing(state: State, listing: Listing, datasets: Set[str]) -> Json:
    """Return one listings item with the datasets asked for."""
    store = state.settings.marketplace
    content: Json = {"sku": listing.sku}
    if "summaries" in datasets:
        sellable = listing.stock > 0 and not listing.child_skus
        content["summaries"] = [
            {
                "marketplaceId": store,
                "asin": listing.asin,
                "productType": "PRODUCT",
                "conditionType": "new_new",
                "status": ["BUYABLE", "DISCOVERABLE"] if sellable else [],
                "itemName": listing.title,
                "createdDate": write_time(listing.created),
                "lastUpdatedDate": write_time(listing.modified),
            }
        ]
    if "fulfillmentAvailability" in datasets and not listing.child_skus:
        content["fulfillmentAvailability"] = [
            {"fulfillmentChannelCode": "AMAZON_EU"}
            if listing.fulfilled_by_amazon
            else {"fulfillmentChannelCode": "DEFAULT", "quantity": listing.stock}
        ]
    if "relationships" in datasets:
        content["relationships"] = [_render_relationships(store, listing)]
    return content


def _render_relationships(store: str, listing: Listing) -> Json:
    family = {"type": "VARIATION", "childSkus": list(listing.child_skus)}
    rows = [family] if listing.child_skus else []
    return {"marketplaceId": store, "relationships": rows}


def _is_pending(order: Order) -> bool:
    return order.status in {"PENDING", "PENDING_AVAILABILITY"}


def _render_line(state: State, order: Order, line: Line, datasets: Set[str]) -> Json:
    product: Json = {
        "asin": line.listing.asin,
        "title": line.listing.title,
        "sellerSku": line.listing.sku,
        "condition": {"conditionType": "NEW"},
    }
    content: Json = {
        "orderItemId": line.line_id,
        "quantityOrdered": line.ordered,
        "product": product,
    }
    pending = _is_pending(order)
    if not pending:
        product["price"] = {"unitPrice": _money(order, line.unit_price)}
    if "PROCEEDS" in datasets and not pending:
        content["proceeds"] = _render_proceeds(state, order, line)
    if "CANCELLATION" in datasets and (line.request or line.cancelled_by):
        content["cancellation"] = _render_cancellation(line)
    if "FULFILLMENT" in datasets:
        content["fulfillment"] = {
            "quantityFulfilled": line.shipped,
            # Nothing is to leave before the payment is authorised.
            "quantityUnfulfilled": 0 if pending else line.left,
        }
    return content


def _render_cancellation(line: Line) -> Json:
    content: Json = {}
    if line.request:
        content["cancellationRequest"] = {
            "requester": "BUYER",
            "cancelReason": line.request,
        }
    if line.cancelled_by:
        content["cancellationExecution"] = {
            "cancelledBy": line.cancelled_by,
            "cancelReason": line.cancel_reason,
        }
    return content


def _render_proceeds(state: State, order: Order, line: Line) -> Json:
    goods, shipping, tax, shipping_tax = _amounts_of(state, order, line)
    breakdowns: list[Json] = [{"type": "ITEM", "subtotal": _money(order, goods)}]
    if shipping:
        breakdowns.append({"type": "SHIPPING", "subtotal": _money(order, shipping)})
    details = [{"subtype": "ITEM", "value": _money(order, tax)}]
    if shipping_tax:
        details.append({"subtype": "SHIPPING", "value": _money(order, shipping_tax)})
    taxes = {
        "type": "TAX",
        "subtotal": _money(order, tax + shipping_tax),
        "detailedBreakdowns": details,
    }
    return {
        "proceedsTotal": _money(order, goods + shipping + tax + shipping_tax),
        "breakdowns": [*breakdowns, taxes],
    }


def _total_of(state: State, order: Order, line: Line) -> Decimal:
    return sum(_amounts_of(state, order, line), Decimal(0))


def _amounts_of(
    state: State, order: Order, line: Line
) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return goods, shipping, and the tax of each; the first line pays the shipping."""
    settings = state.settings
    goods = _rounded(order, line.unit_price * line.ordered)
    first = line is order.lines[0]
    shipping = _rounded(order, settings.shipping_price if first else Decimal(0))
    tax = _rounded(order, goods * settings.tax_rate)
    return goods, shipping, tax, _rounded(order, shipping * settings.tax_rate)


def _rounded(order: Order, amount: Decimal) -> Decimal:
    decimals = _DECIMALS.get(order.currency, 2)
    return amount.quantize(Decimal(1).scaleb(-decimals))


def _money(order: Order, amount: Decimal) -> Json:
    return {
        "amount": str(_rounded(order, amount)),
        "currencyCode": order.currency,
    }


def _render_fulfillment(order: Order) -> Json:
    return {
        "fulfillmentStatus": order.status,
        "fulfilledBy": "AMAZON" if order.fulfilled_by_amazon else "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": {
            "earliestDateTime": write_time(order.created),
            "latestDateTime": write_time(order.created + timedelta(days=2)),
        },
    }


def _render_recipient(state: State, order: Order) -> Json:
    content: Json = {
        "deliveryAddress": {
            "name": order.buyer,
            "addressLine1": "Marktplatz 1",
            "city": "Berlin",
            "postalCode": "10115",
            "countryCode": state.settings.country,
            "addressType": "RESIDENTIAL",
        }
    }
    if order.note:
        content["deliveryPreference"] = {"addressInstruction": order.note}
    return content


def _render_package(package: Package) -> Json:
    return {
        "packageReferenceId": package.reference,
        "createdTime": write_time(package.created),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": package.carrier,
        "shipTime": package.ship_time,
        "trackingNumber": package.tracking_number,
        "packageItems": [
            {"orderItemId": line_id, "quantity": quantity}
            for line_id, quantity in package.quantities.items()
        ],
    }
