"""Writes to a simulated Vendure server, with its refusals as types of their own.

One transaction each: what names something unknown changes nothing at all.
"""

from __future__ import annotations

from ..faults import Fault
from . import orders
from .render import fulfillment_json, order_json, variant_json
from .schema import RefusalError
from .state import LOCATION_ID, Fulfillment, Json, Line, Order, Payment, State

_STEPS = {
    "Pending": {"Shipped", "Delivered", "Cancelled"},
    "Shipped": {"Delivered", "Cancelled"},
    "Delivered": {"Cancelled"},
    "Cancelled": set(),
}


def roots(state: State) -> Json:
    """Return the mutation fields and what carries them out."""
    return {
        "login": lambda info, username, password: _login(state, username, password),
        "updateProductVariants": lambda info, **to: _update(state, to["input"]),
        "addFulfillmentToOrder": lambda info, **to: _fulfill(state, to["input"]),
        "transitionFulfillmentToState": lambda info, **to: _move(state, to),
        "cancelOrder": lambda info, **to: _cancel(state, to["input"]),
        "refundOrder": lambda info, **to: _refund(state, to["input"]),
    }


def _refuse(kind: str, code: str, message: str) -> Json:
    return {"__typename": kind, "errorCode": code, "message": message}


def _login(state: State, username: str, password: str) -> Json:
    settings = state.settings
    if (username, password) != (settings.username, settings.password):
        return _refuse(
            "InvalidCredentialsError",
            "INVALID_CREDENTIALS_ERROR",
            "The provided credentials are invalid",
        )
    state.sessions.add(f"{int(state.number()):032x}")
    return {"__typename": "CurrentUser", "id": "1", "identifier": username}


def _update(state: State, inputs: list[Json]) -> list[Json]:
    """Write stock and prices of variants: all of them, or none."""
    for one in inputs:
        if one["id"] not in state.variants:
            raise RefusalError(
                "ENTITY_NOT_FOUND",
                f'No ProductVariant with the id "{one["id"]}" could be found',
            )
    changed = []
    for one in inputs:
        variant = state.variants[one["id"]]
        for price in one.get("prices") or ():
            variant.price = price["price"]
            variant.changed_at = state.now()
        for level in one.get("stockLevels") or ():
            if level["stockLocationId"] != LOCATION_ID:
                raise RefusalError(
                    "INTERNAL_SERVER_ERROR", "FOREIGN KEY constraint failed"
                )
            if not state.simulator.faults.strikes(Fault.IGNORED_WRITE):
                variant.on_hand = level["stockOnHand"]
                state.show(variant, written=True)
        changed.append(variant_json(state, variant))
    return changed


def _fulfill(state: State, wanted: Json) -> Json:
    parts = [
        (*_find_line(state, one["orderLineId"]), one["quantity"])
        for one in wanted["lines"]
    ]
    if not sum(units for _, _, units in parts):
        return _refuse(
            "EmptyOrderLineSelectionError",
            "EMPTY_ORDER_LINE_SELECTION_ERROR",
            "At least one OrderLine must be specified",
        )
    if wanted["handler"]["code"] != state.settings.handler:
        return _refuse(
            "InvalidFulfillmentHandlerError",
            "INVALID_FULFILLMENT_HANDLER_ERROR",
            "The fulfillment handler is not known",
        )
    for order, line, units in parts:
        if units > line.quantity - order.sent(line):
            return _refuse(
                "ItemsAlreadyFulfilledError",
                "ITEMS_ALREADY_FULFILLED_ERROR",
                "One or more OrderItems are already part of a Fulfillment",
            )
        if orders.is_tracked(state, line.variant) and units > line.variant.on_hand:
            return _refuse(
                "InsufficientStockOnHandError",
                "INSUFFICIENT_STOCK_ON_HAND_ERROR",
                "There is not enough stock on hand",
            )
    told = {one["name"]: one["value"] for one in wanted["handler"]["arguments"]}
    packed = [(line, units) for _, line, units in parts]
    method, code = told.get("method", ""), told.get("trackingCode", "")
    return fulfillment_json(orders.pack(state, parts[0][0], packed, method, code))


def _move(state: State, to: Json) -> Json:
    order, parcel = _find_parcel(state, to["id"])
    if to["state"] not in _STEPS[parcel.state]:
        return _refuse(
            "FulfillmentStateTransitionError",
            "FULFILLMENT_STATE_TRANSITION_ERROR",
            "errorResult.FULFILLMENT_STATE_TRANSITION_ERROR",
        )
    orders.send(state, order, parcel, to["state"])
    return fulfillment_json(parcel)


def _cancel(state: State, wanted: Json) -> Json:
    order = state.orders.get(wanted["orderId"])
    if order is None:
        raise RefusalError(
            "ENTITY_NOT_FOUND",
            f'No Order with the id "{wanted["orderId"]}" could be found',
        )
    if not sum(line.quantity for line in order.lines):
        return _refuse(
            "EmptyOrderLineSelectionError",
            "EMPTY_ORDER_LINE_SELECTION_ERROR",
            "At least one OrderLine must be specified",
        )
    orders.cancel(state, order, shipping=bool(wanted.get("cancelShipping")))
    return order_json(state, order)


def _refund(state: State, wanted: Json) -> Json:
    order, payment = _find_payment(state, wanted["paymentId"])
    amount = wanted.get("amount") or 0
    if amount > payment.left:
        return _refuse(
            "RefundAmountError",
            "REFUND_AMOUNT_ERROR",
            "The amount specified exceeds the refundable amount for this payment",
        )
    if order.state == "PaymentAuthorized":
        return _refuse(
            "RefundOrderStateError",
            "REFUND_ORDER_STATE_ERROR",
            "Cannot refund an Order in the current state",
        )
    lines = [(one["orderLineId"], one["quantity"]) for one in wanted.get("lines") or ()]
    if not amount:
        return _refuse(
            "NothingToRefundError", "NOTHING_TO_REFUND_ERROR", "Nothing to refund"
        )
    if wanted.get("shipping") is None or wanted.get("adjustment") is None:
        raise RefusalError(
            "INTERNAL_SERVER_ERROR", "NOT NULL constraint failed: refund"
        )
    reason = wanted.get("reason") or ""
    refund = orders.pay_back(state, payment, amount, lines, reason)
    return {"__typename": "Refund", "id": refund.refund_id, "state": refund.state}


def _find_line(state: State, line_id: str) -> tuple[Order, Line]:
    for order in state.orders.values():
        line = order.line(line_id)
        if line is not None:
            return order, line
    raise RefusalError(
        "ENTITY_NOT_FOUND", f'No OrderLine with the id "{line_id}" could be found'
    )


def _find_parcel(state: State, parcel_id: str) -> tuple[Order, Fulfillment]:
    for order in state.orders.values():
        for parcel in order.fulfillments:
            if parcel.fulfillment_id == parcel_id:
                return order, parcel
    raise RefusalError(
        "ENTITY_NOT_FOUND", f'No Fulfillment with the id "{parcel_id}" could be found'
    )


def _find_payment(state: State, payment_id: str) -> tuple[Order, Payment]:
    for order in state.orders.values():
        for payment in order.payments:
            if payment.payment_id == payment_id:
                return order, payment
    raise RefusalError(
        "ENTITY_NOT_FOUND", f'No Payment with the id "{payment_id}" could be found'
    )
