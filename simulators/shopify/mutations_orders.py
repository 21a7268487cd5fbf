"""Order mutations: fulfillments, tracking, cancellations and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLResolveInfo

from .amounts import ZERO, Amount, add_up, minor_units
from .calls import Call
from .orders import Ledger
from .queries import find
from .records import FulfillmentOrder, Line, Order, Refund, Tracking
from .refunds import Return, cancel_order, check_cancel, refund_order
from .refusals import RefusedError
from .shipments import Part, remaining_parts, retrack, ship

Payload = dict[str, Any]


def _errors(refusal: RefusedError) -> list[Payload]:
    return [{"field": refusal.field or None, "message": str(refusal)}]


def create_fulfillment(call: Call, given: Mapping[str, Any]) -> Payload:
    """Perform ``fulfillmentCreate``."""
    wanted = given["lineItemsByFulfillmentOrder"]
    try:
        parts = [part for one in wanted for part in _parts(call, one)]
        made = ship(call.ledger, parts, _tracking(given.get("trackingInfo")))
    except RefusedError as refusal:
        return {"fulfillment": None, "userErrors": _errors(refusal)}
    return {"fulfillment": made, "userErrors": []}


def _parts(call: Call, given: Mapping[str, Any]) -> list[Part]:
    """Return what leaves of one fulfillment order; without lines all that remains."""
    work: FulfillmentOrder | None = find(
        call, given["fulfillmentOrderId"], "FulfillmentOrder"
    )
    if work is None:
        raise RefusedError("Fulfillment order does not exist.", "fulfillment")
    lines = given.get("fulfillmentOrderLineItems")
    if not lines:
        return remaining_parts([work])
    parts = []
    for one in lines:
        row = call.books.find_as("FulfillmentOrderLineItem", one["id"])
        if row is None or row.work is not work:
            raise RefusedError(
                "Fulfillment order line item does not exist.", "fulfillment"
            )
        parts.append((row, one["quantity"]))
    return parts


def _tracking(given: Mapping[str, Any] | None) -> list[Tracking]:
    """Return the parcels of an input: numbers and URLs go together by place."""
    if not given:
        return []
    numbers = given.get("numbers") or [given.get("number")]
    urls = given.get("urls") or [given.get("url")]
    length = max(len(numbers), len(urls))
    numbers = [*numbers, *[None] * (length - len(numbers))]
    urls = [*urls, *[None] * (length - len(urls))]
    return [
        Tracking(given.get("company"), number, url)
        for number, url in zip(numbers, urls, strict=True)
    ]


def update_tracking(call: Call, args: Mapping[str, Any]) -> Payload:
    """Perform ``fulfillmentTrackingInfoUpdate``."""
    made = find(call, args["fulfillmentId"], "Fulfillment")
    if made is None:
        refusal = RefusedError("Fulfillment does not exist.", "fulfillmentId")
        return {"fulfillment": None, "userErrors": _errors(refusal)}
    retrack(call.ledger, made, _tracking(args["trackingInfoInput"]))
    return {"fulfillment": made, "userErrors": []}


def start_cancellation(call: Call, args: Mapping[str, Any]) -> Payload:
    """Perform ``orderCancel``: check now, cancel in a job a little later."""
    order: Order | None = find(call, args["orderId"], "Order")
    if order is None:
        return _cancel_refusal("NOT_FOUND", "Order does not exist", ["orderId"])
    try:
        check_cancel(order)
    except RefusedError as refusal:
        return _cancel_refusal("INVALID", str(refusal), refusal.field)
    order.staff_note = args.get("staffNote")
    method = args.get("refundMethod") or {}
    refunds = bool(method.get("originalPaymentMethodsRefund") or args.get("refund"))
    ledger = call.ledger
    job = call.jobs.start(
        lambda: _cancel_if_possible(
            ledger, order, args["reason"], restock=args["restock"], refunds=refunds
        ),
        delay_seconds=call.books.settings.cancel_seconds,
    )
    return {"job": job, "orderCancelUserErrors": [], "userErrors": []}


def _cancel_if_possible(
    ledger: Ledger, order: Order, reason: str, *, restock: bool, refunds: bool
) -> None:
    """Cancel when the job runs, unless the order shipped or was cancelled meanwhile."""
    try:
        cancel_order(
            ledger, order, reason=reason, restock=restock, refund_money=refunds
        )
    except RefusedError:
        return


def _cancel_refusal(code: str, message: str, field: list[str]) -> Payload:
    return {
        "job": None,
        "orderCancelUserErrors": [{"code": code, "message": message, "field": field}],
        "userErrors": [{"message": message, "field": field}],
    }


def create_refund(
    call: Call, info: GraphQLResolveInfo[Call], given: Payload
) -> Payload:
    """Perform ``refundCreate``."""

    def perform() -> Payload:
        try:
            refund = _refund(call, given)
        except RefusedError as refusal:
            return {"order": None, "refund": None, "userErrors": _errors(refusal)}
        return {"order": refund.order, "refund": refund, "userErrors": []}

    def refuse(code: str, message: str) -> Payload:
        del code  # RefundCreatePayload has plain user errors
        errors = [{"field": None, "message": message}]
        return {"order": None, "refund": None, "userErrors": errors}

    return call.keys.run(
        info, given, perform=perform, recheck=lambda: None, refuse=refuse
    )


def _refund(call: Call, given: Mapping[str, Any]) -> Refund:
    order: Order | None = find(call, given["orderId"], "Order")
    if order is None:
        raise RefusedError("Order does not exist", "orderId")
    returns = [
        _return(call, order, one, str(position))
        for position, one in enumerate(given.get("refundLineItems") or [])
    ]
    shipping = _shipping(order, given.get("shipping") or {})
    money = add_up(
        [_money(order, one["amount"]) for one in given.get("transactions") or []]
    )
    return refund_order(
        call.ledger,
        order,
        returns,
        shipping=shipping,
        money=money,
        note=given.get("note") or "",
    )


def _return(
    call: Call, order: Order, given: Mapping[str, Any], position: str
) -> Return:
    path = ("refundLineItems", position)
    line: Line | None = find(call, given["lineItemId"], "LineItem")
    if line is None or line.order is not order:
        raise RefusedError("Line item does not exist", *path, "lineItemId")
    restock_type = given.get("restockType") or "NO_RESTOCK"
    if restock_type == "LEGACY_RESTOCK":
        raise RefusedError("Restock type is not supported", *path, "restockType")
    location = None
    if given.get("locationId"):
        location = find(call, given["locationId"], "Location")
    if restock_type == "RETURN" and location is None:
        raise RefusedError("Location is required to restock", *path, "locationId")
    return Return(line, given["quantity"], restock_type, location)


def _shipping(order: Order, given: Mapping[str, Any]) -> Amount:
    if order.shipping is None:
        return ZERO
    left = order.shipping.price - order.shipping.refunded
    if given.get("fullRefund"):
        return left
    if given.get("amount") is None:
        return ZERO
    amount = _money(order, given["amount"])
    if amount.shop > left.shop:
        raise RefusedError("Shipping refund exceeds what was paid", "shipping")
    return amount


def _money(order: Order, text: str) -> Amount:
    """Read money of an input: it is in the currency that the buyer saw."""
    currencies = order.currencies
    try:
        minor = minor_units(text, currencies.presentment)
    except ValueError as error:
        raise RefusedError(str(error), "transactions") from error
    return currencies.from_presentment(minor)
