"""Refunds: money given back, stock perhaps, and their REST routes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..wire import Request, Response, json_response
from . import orders, stock
from .amounts import amount_text, read_amount, rounded
from .batch import read_body
from .errors import ApiError, invalid_parameter, not_found
from .listing import page_response, read_ids, read_paging
from .render import encode, order_total
from .render_parts import refund_json
from .state import Json, Line, Order, Refund, RefundLine, State


def list_refunds(state: State, request: Request, order_id: int) -> Response:
    """Answer ``GET /orders/{id}/refunds``, newest first."""
    order = orders.find_order(state, order_id)
    included = read_ids(request, "include")
    rows = [
        refund
        for refund in reversed(order.refunds)
        if included is None or refund.refund_id in included
    ]
    return page_response(
        request,
        read_paging(request),
        rows,
        lambda refund: encode(refund_json(state, order, refund)),
    )


def get_refund(
    state: State, _request: Request, order_id: int, refund_id: int
) -> Response:
    """Answer ``GET /orders/{id}/refunds/{id}``."""
    order = orders.find_order(state, order_id)
    for refund in order.refunds:
        if refund.refund_id == refund_id:
            return json_response(refund_json(state, order, refund))
    raise not_found("order_refund")


def post_refund(state: State, request: Request, order_id: int) -> Response:
    """Answer ``POST /orders/{id}/refunds``.

    By default the gateway is asked to pay back and the lines are restocked; a given
    ``amount`` outweighs the sum of the lines.

    Raises:
        ApiError: 400 for an amount that cannot be refunded, 500 where the gateway
            cannot refund.
    """
    order = orders.find_order(state, order_id)
    content = read_body(request)
    parts = [_read_part(state, order, row) for row in content.get("line_items") or []]
    by_gateway = content.get("api_refund", True) is True
    if by_gateway and not state.settings.gateway_refunds:
        raise ApiError(
            500,
            "woocommerce_rest_cannot_create_order_refund",
            "The payment gateway for this order does not support automatic refunds.",
        )
    amount = sum((part.total + part.total_tax for part in parts), Decimal(0))
    if content.get("amount") is not None:
        try:
            amount = read_amount(content["amount"])
        except ValueError as error:
            raise invalid_parameter("amount", str(error)) from error
    if not 0 < amount <= refundable(state, order):
        raise ApiError(
            400, "woocommerce_rest_invalid_order_refund", "Invalid refund amount."
        )
    meta: list[Json] = []
    orders.write_meta(state, meta, content.get("meta_data") or [])
    refund = write_refund(
        state,
        order,
        Refund(
            refund_id=state.new_id(),
            created=state.now(),
            amount=amount,
            reason=str(content.get("reason") or ""),
            by_gateway=by_gateway,
            lines=parts,
            meta=meta,
        ),
        restock=content.get("api_restock", True) is True,
    )
    return json_response(refund_json(state, order, refund), status=201)


def refundable(state: State, order: Order) -> Decimal:
    """Return what has not been refunded yet."""
    refunded = sum((refund.amount for refund in order.refunds), Decimal(0))
    return order_total(order, state.settings.decimals) - refunded


def refund_quantities(
    state: State, order: Order, quantities: Mapping[str, int] | None, *, restock: bool
) -> Refund:
    """Refund line quantities at what was paid for them; None refunds what is left."""
    if quantities is None:
        return refund_all(state, order, restock=restock)
    parts = []
    for line_id, quantity in quantities.items():
        line = order.line(int(line_id))
        if line is None:
            raise KeyError(f"order {order.order_id} has no line {line_id}")
        parts.append(_part(state, line, quantity))
    refund = Refund(
        refund_id=state.new_id(),
        created=state.now(),
        amount=sum((part.total + part.total_tax for part in parts), Decimal(0)),
        reason="",
        by_gateway=False,
        lines=parts,
    )
    return write_refund(state, order, refund, restock=restock)


def refund_all(state: State, order: Order, *, restock: bool = False) -> Refund:
    """Refund everything that is left of an order, shipping included."""
    refund = Refund(
        refund_id=state.new_id(),
        created=state.now(),
        amount=refundable(state, order),
        reason="Order fully refunded.",
        by_gateway=False,
        lines=[
            _part(state, line, left)
            for line in order.lines
            if (left := line.quantity - refunded_quantity(order, line)) > 0
        ],
    )
    return write_refund(state, order, refund, restock=restock)


def refunded_quantity(order: Order, line: Line) -> int:
    """Return how many of a line have been refunded."""
    return sum(
        part.quantity
        for refund in order.refunds
        for part in refund.lines
        if part.line is line
    )


def write_refund(
    state: State, order: Order, refund: Refund, *, restock: bool
) -> Refund:
    """Enter a refund; an order refunded in full becomes ``refunded``."""
    order.refunds.append(refund)
    for part in refund.lines:
        _return_units(state, order, part, restocked=restock)
    if refundable(state, order) <= 0:
        orders.set_status(state, order, "refunded")
    total = amount_text(refund.amount, state.settings.decimals)
    orders.add_note(state, order, f"Refunded {total}.")
    orders.record_change(state, order)
    return refund


def _return_units(
    state: State, order: Order, part: RefundLine, *, restocked: bool
) -> None:
    """Move refunded units, in the shop's counters and in the world's books.

    Units that never left are still in the warehouse, restocked or not: the shop alone
    forgets them.
    """
    if not order.has_taken_stock or part.quantity == 0:
        return
    unsent = stock.cancel_unshipped(state, order, part.line, part.quantity)
    returned = part.quantity - unsent
    if returned:
        state.simulator.world.record_return(
            state.simulator.channel,
            str(order.order_id),
            str(part.line.line_id),
            returned,
            restocked=restocked,
        )
    if restocked:
        part.line.units_sold -= returned
        part.line.units_restocked += part.quantity
        stock.restock(state, part.line, part.quantity)


def _read_part(state: State, order: Order, row: Json) -> RefundLine:
    """Read one line of a refund request.

    Raises:
        ApiError: 400, the order has no such line, or not so much of it left.
    """
    line = order.line(int(row.get("id", 0)))
    quantity = int(row.get("quantity", 0))
    if line is None:
        raise ApiError(
            400, "woocommerce_rest_invalid_order_refund", "Invalid order item."
        )
    if quantity > line.quantity - refunded_quantity(order, line):
        raise ApiError(
            400, "woocommerce_rest_invalid_order_refund", "Invalid refund quantity."
        )
    part = _part(state, line, quantity)
    taxes = row.get("refund_tax")
    try:
        if row.get("refund_total") is not None:
            part.total = read_amount(row["refund_total"])
            part.total_tax = Decimal(0)
        if isinstance(taxes, list):
            part.total_tax = sum(
                (read_amount(tax.get("refund_total", 0)) for tax in taxes), Decimal(0)
            )
    except ValueError as error:
        raise invalid_parameter("line_items", str(error)) from error
    return part


def _part(state: State, line: Line, quantity: int) -> RefundLine:
    share = Decimal(quantity) / line.quantity
    places = state.settings.decimals
    return RefundLine(
        refund_line_id=state.new_id(),
        line=line,
        quantity=quantity,
        total=rounded(line.total * share, places),
        total_tax=rounded(line.total_tax * share, places),
    )
