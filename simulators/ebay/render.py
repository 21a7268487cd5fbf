"""How rows look in eBay's JSON: amounts, times, orders, items, offers.

Where eBay is odd, so is this: amounts lose their trailing zeros, a list of orders shows
no cancellation requests, taxes that eBay collects are missing from the totals unless
they are asked for.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from .state import CancelRequest, Item, Json, Line, Order, Parcel, Refund, State

_DECIMALS = {"JPY": 0, "KWD": 3}
_COUNTRIES = {"EUR": "DE", "GBP": "GB", "USD": "US"}


def rounded(state: State, value: Decimal) -> Decimal:
    """Return an amount in whole minor units of the account's currency."""
    places = _DECIMALS.get(state.settings.currency, 2)
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def amount(state: State, value: Decimal) -> Json:
    """Return an amount."""
    text = f"{rounded(state, value).normalize():f}"
    return {
        "value": text if "." in text else f"{text}.0",
        "currency": state.settings.currency,
    }


def stamp(moment: datetime) -> str:
    """Return a time in UTC with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def order_json(state: State, order: Order, *, listed: bool, with_taxes: bool) -> Json:
    """Return an order, as a list or as a call for this one shows it."""
    requests = [] if listed else [_request(one) for one in order.requests]
    status: Json = {"cancelState": order.cancel_state, "cancelRequests": requests}
    if order.cancelled_at is not None:
        status["cancelledDate"] = stamp(order.cancelled_at)
    hrefs = [
        f"https://api.ebay.com/sell/fulfillment/v1/order/{order.order_id}"
        f"/shipping_fulfillment/{parcel.fulfillment_id}"
        for parcel in order.parcels
    ]
    content: Json = {
        "orderId": order.order_id,
        "creationDate": stamp(order.created),
        "lastModifiedDate": stamp(order.changed_at),
        "orderFulfillmentStatus": fulfillment_status(order),
        "orderPaymentStatus": payment_status(state, order),
        "sellerId": state.settings.username,
        "buyer": _buyer(state, order),
        "cancelStatus": status,
        "pricingSummary": _pricing(state, order, with_taxes=with_taxes),
        "paymentSummary": _payments(state, order),
        "fulfillmentStartInstructions": [_instruction(state, order)],
        "fulfillmentHrefs": hrefs,
        "lineItems": [
            _line(state, order, line, with_taxes=with_taxes) for line in order.lines
        ],
        "totalFeeBasisAmount": amount(state, goods_cost(order) + order.shipping),
        "totalMarketplaceFee": amount(state, goods_cost(order) / 10),
    }
    if order.note:
        content["buyerCheckoutNotes"] = order.note
    return content


def goods_cost(order: Order) -> Decimal:
    """Return what the goods of an order cost."""
    return sum((line.cost for line in order.lines), Decimal(0))


def order_total(state: State, order: Order) -> Decimal:
    """Return what the seller gets for an order."""
    return rounded(state, goods_cost(order)) + rounded(state, order.shipping)


def paid_back(order: Order, line_id: str | None = None) -> Decimal:
    """Return what went back, of one line or of all."""
    chosen = (
        one.amount for one in order.refunds if line_id is None or one.line_id == line_id
    )
    return sum(chosen, Decimal(0))


def fulfillment_status(order: Order) -> str:
    """Return eBay's word; a line counts as fulfilled with its first unit."""
    started = [line.units_shipped > 0 for line in order.lines]
    if all(started):
        return "FULFILLED"
    return "IN_PROGRESS" if any(started) else "NOT_STARTED"


def payment_status(state: State, order: Order) -> str:
    """Return eBay's word for the money of an order."""
    back = paid_back(order)
    if back >= order_total(state, order) and back:
        return "FULLY_REFUNDED"
    if back:
        return "PARTIALLY_REFUNDED"
    return "PAID" if order.paid else "PENDING"


def refund_status(state: State, refund: Refund) -> str:
    """Return how far a refund's job has come."""
    age = state.now() - refund.asked_at
    done = age >= timedelta(seconds=state.settings.refund_seconds)
    return "REFUNDED" if done else "PENDING"


def _request(request: CancelRequest) -> Json:
    content = {
        "cancelRequestId": request.request_id,
        "cancelInitiator": request.initiator,
        "cancelReason": request.reason,
        "cancelRequestedDate": stamp(request.asked_at),
        "cancelRequestState": request.state,
    }
    if request.completed_at is not None:
        content["cancelCompletedDate"] = stamp(request.completed_at)
    return content


def _contact(state: State, order: Order) -> Json:
    return {
        "fullName": order.buyer,
        "contactAddress": {
            "addressLine1": "1 Quay Street",
            "city": "Port Haven",
            "stateOrProvince": "ME",
            "postalCode": "04101",
            "countryCode": _COUNTRIES.get(state.settings.currency, "US"),
        },
        "primaryPhone": {"phoneNumber": "2075550100"},
        "email": "buyer@members.example",
    }


def _buyer(state: State, order: Order) -> Json:
    contact = _contact(state, order)
    place = contact["contactAddress"]
    return {
        "username": "buyer_" + order.order_id.replace("-", ""),
        "taxAddress": {
            name: place[name]
            for name in ("city", "stateOrProvince", "postalCode", "countryCode")
        },
        "buyerRegistrationAddress": contact,
    }


def _instruction(state: State, order: Order) -> Json:
    return {
        "fulfillmentInstructionsType": "SHIP_TO",
        "minEstimatedDeliveryDate": stamp(order.created + timedelta(days=3)),
        "maxEstimatedDeliveryDate": stamp(order.created + timedelta(days=6)),
        "ebaySupportedFulfillment": False,
        "shippingStep": {
            "shippingCarrierCode": "USPS",
            "shippingServiceCode": "USPSPriority",
            "shipTo": _contact(state, order),
        },
    }


def _tax(state: State, line: Line) -> Decimal:
    return rounded(state, line.cost * state.settings.tax_rate)


def _pricing(state: State, order: Order, *, with_taxes: bool) -> Json:
    taxes = sum((_tax(state, line) for line in order.lines), Decimal(0))
    total = order_total(state, order) + (taxes if with_taxes else 0)
    content = {
        "priceSubtotal": amount(state, goods_cost(order)),
        "deliveryCost": amount(state, order.shipping),
        "total": amount(state, total),
    }
    if taxes and with_taxes:
        content["tax"] = amount(state, taxes)
    return content


def _payments(state: State, order: Order) -> Json:
    due = order_total(state, order) - paid_back(order)
    payment: Json = {
        "paymentMethod": "EBAY",
        "paymentReferenceId": order.order_id,
        "amount": amount(state, order_total(state, order)),
        "paymentStatus": "PAID" if order.paid else "PENDING",
    }
    if order.paid:
        payment["paymentDate"] = stamp(order.created)
    return {
        "totalDueSeller": amount(state, due),
        "payments": [payment],
        "refunds": [
            {**_refund(state, one), "refundStatus": refund_status(state, one)}
            for one in order.refunds
            if not one.line_id
        ],
    }


def _refund(state: State, refund: Refund) -> Json:
    return {
        "refundId": refund.refund_id,
        "amount": amount(state, refund.amount),
        "refundDate": stamp(refund.asked_at),
    }


def _line(state: State, order: Order, line: Line, *, with_taxes: bool) -> Json:
    tax = _tax(state, line)
    share = order.shipping / len(order.lines)
    total = rounded(state, line.cost) + share + (tax if with_taxes else 0)
    dates = {
        "minEstimatedDeliveryDate": stamp(order.created + timedelta(days=3)),
        "maxEstimatedDeliveryDate": stamp(order.created + timedelta(days=6)),
        "shipByDate": stamp(order.created + timedelta(days=2)),
        "guaranteedDelivery": False,
    }
    content: Json = {
        "lineItemId": line.line_id,
        "legacyItemId": line.item.listing_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "lineItemCost": amount(state, line.cost),
        "soldFormat": "FIXED_PRICE",
        "listingMarketplaceId": state.settings.marketplace,
        "purchaseMarketplaceId": state.settings.marketplace,
        "lineItemFulfillmentStatus": "FULFILLED"
        if line.units_shipped
        else "NOT_STARTED",
        "total": amount(state, total),
        "deliveryCost": {"shippingCost": amount(state, share)},
        "appliedPromotions": [],
        "taxes": [],
        "properties": {"buyerProtection": True},
        "lineItemFulfillmentInstructions": dates,
        "refunds": [
            _refund(state, one) for one in order.refunds if one.line_id == line.line_id
        ],
    }
    if tax and with_taxes:
        stated = {"taxType": "STATE_SALES_TAX", "amount": amount(state, tax)}
        content["taxes"] = [stated]
        content["ebayCollectAndRemitTaxes"] = [{**stated, "collectionMethod": "NET"}]
    return content


def parcel_json(parcel: Parcel) -> Json:
    """Return a shipping fulfillment."""
    content: Json = {
        "fulfillmentId": parcel.fulfillment_id,
        "shippedDate": stamp(parcel.shipped_at),
        "lineItems": [
            {"lineItemId": line_id, "quantity": quantity}
            for line_id, quantity in parcel.lines
        ],
    }
    if parcel.tracking_number:
        content["shipmentTrackingNumber"] = parcel.tracking_number
        content["shippingCarrierCode"] = parcel.carrier
    return content


def item_json(item: Item) -> Json:
    """Return an inventory item."""
    product: Json = {"title": item.title, "description": item.title}
    if item.ean:
        product["ean"] = [item.ean]
    return {
        "sku": item.sku,
        "locale": "en_US",
        "product": product,
        "condition": "NEW",
        "availability": {"shipToLocationAvailability": {"quantity": item.quantity}},
    }


def offer_json(state: State, item: Item) -> Json:
    """Return the offer of an item."""
    content: Json = {
        "offerId": item.offer_id,
        "sku": item.sku,
        "marketplaceId": state.settings.marketplace,
        "format": "FIXED_PRICE",
        "availableQuantity": item.shown if item.published else item.quantity,
        "pricingSummary": {"price": amount(state, item.price)},
        "status": "PUBLISHED" if item.published else "UNPUBLISHED",
        "listingPolicies": {"fulfillmentPolicyId": "1", "paymentPolicyId": "2"},
        "listingDuration": "GTC",
        "hideBuyerDetails": False,
        "includeCatalogProductDetails": True,
    }
    if item.published:
        content["listing"] = {
            "listingId": item.listing_id,
            "listingStatus": "ACTIVE" if item.shown else "OUT_OF_STOCK",
            "soldQuantity": 0,
        }
    return content
