"""Orders: placed at the counter or online, searched by change, updated by version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ..wire import Request, Response, json_response
from . import hooks, inventory
from .errors import ApiError, invalid
from .paging import read_body
from .render import render_order
from .state import (
    CANCELED,
    COMPLETED,
    OPEN,
    Json,
    Line,
    Order,
    Payment,
    State,
    Variation,
    format_time,
)

_TERMINAL = frozenset({COMPLETED, CANCELED, "FAILED"})
Basket = Sequence[tuple[Variation, int]]


def place(
    state: State,
    basket: Basket,
    buyer: str,
    *,
    paid: bool = True,
    counter: bool = False,
    taken_at: datetime | None = None,
) -> Order:
    """Take an order; a paid one takes its units at once.

    Args:
        basket: variations and units.
        buyer: who buys; nobody gives a name at the counter.
        paid: with one card payment over the whole.
        counter: the goods go over the counter: no fulfillment, and no version.
        taken_at: when it was really taken, for one that was offline until now.
    """
    now = state.now()
    moment = taken_at or now
    order = Order(
        order_id=state.take_id("OR"),
        created_at=moment,
        updated_at=moment,
        changed_at=now,
        version=None if counter else 1,
        buyer="" if counter else buyer,
        lines=[_ring_up(state, variation, units) for variation, units in basket],
    )
    if not counter:
        order.fulfillments.append(_wish(state, buyer))
    state.orders[order.order_id] = order
    for line in order.lines:
        _record_sale(state, order, line)
    if paid:
        pay(state, order, moment)
    if counter:
        order.state, order.closed_at = COMPLETED, moment
        for line in order.lines:
            _record_shipment(state, order, line)
    hooks.announce_order(state, order, "order.created")
    return order


def pay(state: State, order: Order, moment: datetime) -> None:
    """Pay an order, which takes its units from the inventory."""
    total = render_order(state, order)["total_money"]["amount"]
    payment = Payment(
        payment_id=state.take_id("PY"),
        order_id=order.order_id,
        amount_minor=total,
        created_at=moment,
    )
    state.payments[payment.payment_id] = payment
    order.payment_id = payment.payment_id
    for line in order.lines:
        take(state, order, line, int(line.quantity), moment)


def take(state: State, order: Order, line: Line, units: int, moment: datetime) -> None:
    """Take units of a line from the inventory; below zero gives them back."""
    line.units_taken += units
    if line.variation is not None and units:
        states = ("IN_STOCK", "SOLD") if units > 0 else ("SOLD", "IN_STOCK")
        inventory.move(
            state,
            line.variation,
            -units,
            states=states,
            occurred_at=moment,
            transaction_id=order.order_id,
        )


def change(state: State, order: Order, *, topic: str = "order.updated") -> None:
    """Note that an order is another one now, and announce it."""
    order.updated_at = order.changed_at = state.now()
    if order.version is not None:
        order.version += 1
    hooks.announce_order(state, order, topic)


def settle(state: State, order: Order) -> None:
    """Close an order that is paid and has nothing left to be done."""
    states = {each["state"] for each in order.fulfillments}
    if order.state == OPEN and order.paid and states <= _TERMINAL:
        order.state, order.closed_at = COMPLETED, state.now()


def post_retrieve(state: State, request: Request) -> Response:
    """Answer ``POST /v2/orders/batch-retrieve``; unknown ids are left out."""
    body = read_body(request)
    ids = body.get("order_ids") or []
    if len(ids) > 100:
        raise invalid("order_ids", "Too many ids.", "ARRAY_LENGTH_TOO_LONG")
    here = body.get("location_id") in {None, state.settings.location_id}
    found = [state.orders[id_] for id_ in ids if id_ in state.orders and here]
    return json_response({"orders": [render_order(state, each) for each in found]})


def put_order(state: State, request: Request, order_id: str) -> Response:
    """Answer ``PUT /v2/orders/{id}``: a sparse update of one version."""
    body = read_body(request)
    order = state.order(order_id)
    key = str(body.get("idempotency_key") or "")
    if key and state.answer_once(f"order {order_id}", key, request.body):
        return json_response({"order": render_order(state, order)})
    wanted = body.get("order") or {}
    if order.state != OPEN:
        raise invalid("order.state", f"Order is {order.state}.", "BAD_REQUEST")
    if order.version is None:
        raise invalid("order.version", "The order cannot be updated.", "BAD_REQUEST")
    if wanted.get("version") != order.version:
        detail = f"Expected version {order.version}."
        raise ApiError(409, "VERSION_MISMATCH", detail, field="order.version")
    _update(state, order, wanted)
    if key:
        state.answered[f"order {order_id}", key] = (request.body, True)
    return json_response({"order": render_order(state, order)})


def cancel_fulfillments(state: State, order: Order) -> None:
    """Cancel what is still to be shipped."""
    for each in order.fulfillments:
        if each["state"] not in _TERMINAL:
            each["state"] = CANCELED
            details = each.setdefault("shipment_details", {})
            details["canceled_at"] = format_time(state.now())


def cancel_units(state: State, order: Order) -> None:
    """Tell the world's books that nothing more of an order will be shipped."""
    simulator = state.simulator
    for line in order.lines:
        if line.units_sold:
            simulator.world.record_cancellation(
                simulator.channel, order.order_id, line.uid, line.units_sold
            )
            line.units_sold = 0


def set_quantity(state: State, order: Order, line: Line, units: int) -> None:
    """Ring a line up anew with another quantity; 0 removes it."""
    difference = units - int(line.quantity)
    simulator = state.simulator
    if difference < 0:
        simulator.world.record_cancellation(
            simulator.channel, order.order_id, line.uid, -difference
        )
    elif difference > 0 and line.variation is not None:
        simulator.world.record_sale(
            simulator.channel,
            order.order_id,
            line.uid,
            line.variation.variation_id,
            difference,
        )
    line.units_sold += difference
    line.quantity = Decimal(units)
    if order.paid:
        take(state, order, line, difference, state.now())
    if not units:
        order.lines.remove(line)


def _ring_up(state: State, variation: Variation, units: int) -> Line:
    return Line(
        uid=state.take_id("li"),
        variation=variation,
        name=state.items[variation.item_id].name,
        quantity=Decimal(units),
        price_minor=variation.price_here,
    )


def _wish(state: State, buyer: str) -> Json:
    return {
        "uid": state.take_id("fu"),
        "type": "SHIPMENT",
        "state": "PROPOSED",
        "line_item_application": "ALL",
        "shipment_details": {
            "recipient": {
                "display_name": buyer,
                "email_address": "buyer@mail.example",
                "address": {
                    "address_line_1": "1 Harbour Street",
                    "locality": "Hamburg",
                    "postal_code": "20457",
                    "country": state.settings.country,
                },
            },
            "placed_at": format_time(state.now()),
        },
    }


def _record_sale(state: State, order: Order, line: Line) -> None:
    if line.variation is None:
        return
    line.units_sold = int(line.quantity)
    simulator = state.simulator
    simulator.world.record_sale(
        simulator.channel,
        order.order_id,
        line.uid,
        line.variation.variation_id,
        line.units_sold,
    )


def _record_shipment(state: State, order: Order, line: Line) -> None:
    if line.variation is not None and line.units_sold:
        simulator = state.simulator
        simulator.world.record_shipment(
            simulator.channel, order.order_id, line.uid, line.units_sold
        )


def _update(state: State, order: Order, wanted: Json) -> None:
    """Carry out a sparse update.

    Raises:
        ApiError: what it asks for cannot be.
    """
    moved = False
    for row in wanted.get("fulfillments") or []:
        moved |= _update_fulfillment(state, order, row)
    if wanted.get("state") == CANCELED:
        if order.paid:
            raise invalid("order.state", "A paid order cannot be canceled.")
        if any(each["state"] not in _TERMINAL for each in order.fulfillments):
            raise invalid("order.state", "Cancel its fulfillments first.")
        order.state, order.closed_at = CANCELED, state.now()
        cancel_units(state, order)
    elif order.paid and {each["state"] for each in order.fulfillments} == {CANCELED}:
        cancel_units(state, order)
    settle(state, order)
    topic = "order.fulfillment.updated" if moved else "order.updated"
    change(state, order, topic=topic)


def _update_fulfillment(state: State, order: Order, row: Json) -> bool:
    """Change one fulfillment; say whether its state is another one now."""
    known = [each for each in order.fulfillments if each["uid"] == row.get("uid")]
    if not known:
        raise invalid("order.fulfillments", "Fulfillment not found.", "NOT_FOUND")
    (fulfillment,) = known
    if fulfillment["state"] in _TERMINAL:
        raise invalid("order.fulfillments", "The fulfillment is closed already.")
    fulfillment.setdefault("metadata", {}).update(row.get("metadata") or {})
    details = fulfillment.setdefault("shipment_details", {})
    details.update(row.get("shipment_details") or {})
    wanted = row.get("state") or fulfillment["state"]
    if wanted == fulfillment["state"]:
        return False
    if wanted == COMPLETED:
        details["shipped_at"] = format_time(state.now())
        for line in order.lines:
            _record_shipment(state, order, line)
    elif wanted == CANCELED:
        details["canceled_at"] = format_time(state.now())
    fulfillment["state"] = wanted
    return True
