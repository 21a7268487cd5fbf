"""The REST routes of orders; their notes and refunds have their own modules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import orders
from .amounts import read_amount, rounded
from .archive import Archive
from .batch import read_body, run_batch
from .errors import ApiError, invalid_parameter
from .listing import (
    TimeWindow,
    page_response,
    read_choice,
    read_ids,
    read_paging,
    read_texts,
    read_time_window,
    read_whole,
)
from .orders import STATUSES
from .products import find_sold
from .refunds import refund_all
from .render import encoded_order, order_json
from .state import Json, Line, Order, State

ORDER_BYS = ("date", "id", "include", "title", "slug", "modified")
_HIDDEN_FROM_ANY = frozenset({"trash", "checkout-draft"})
_TRUE_TEXTS = frozenset({"true", "1"})

Row = Order | int
"""An order of the books, or the index of an archived one."""


def list_orders(state: State, request: Request) -> Response:
    """Answer ``GET /orders``."""
    paging = read_paging(request)
    order_by = read_choice(request, "orderby", ORDER_BYS, "date")
    descending = read_choice(request, "order", ("asc", "desc"), "desc") == "desc"
    decimals = _decimals(state, request)
    included = read_ids(request, "include")
    statuses = _read_statuses(request)
    window = read_time_window(state, request)
    live = [
        order
        for order in _visible(state, window)
        if _has_status(order.status, statuses)
        and (included is None or order.order_id in included)
        and window.contains(order.created, order.modified)
    ]
    key = "modified" if order_by == "modified" else "created"
    if order_by == "include" and included is not None:
        live.sort(key=lambda order: included.index(order.order_id))
    elif order_by in {"date", "modified"}:
        live.sort(key=lambda order: (getattr(order, key), order.order_id))
    else:
        live.sort(key=lambda order: order.order_id)
    archived: list[Row] = []
    if _has_status("processing", statuses):
        archived.extend(_archived(state.archive, included, window))
    rows: list[Row] = archived + list(live)
    if descending and order_by != "include":
        rows.reverse()
    return page_response(
        request, paging, rows, lambda row: _encoded(state, row, decimals)
    )


def get_order(state: State, request: Request, order_id: int) -> Response:
    """Answer ``GET /orders/{id}``."""
    decimals = _decimals(state, request)
    index = state.archive.find(order_id)
    row: Row = orders.find_order(state, order_id) if index is None else index
    return Response(
        200,
        {"content-type": "application/json; charset=UTF-8"},
        _encoded(state, row, decimals),
    )


def post_order(state: State, request: Request) -> Response:
    """Answer ``POST /orders``."""
    return json_response(create_order(state, read_body(request)), status=201)


def put_order(state: State, request: Request, order_id: int) -> Response:
    """Answer ``PUT /orders/{id}``."""
    return json_response(update_order(state, order_id, read_body(request)))


def delete_order(state: State, request: Request, order_id: int) -> Response:
    """Answer ``DELETE /orders/{id}``: into the trash, or for good with ``force``."""
    force = request.argument("force").lower() in _TRUE_TEXTS
    return json_response(remove_order(state, order_id, force=force))


def batch_orders(state: State, request: Request) -> Response:
    """Answer ``POST /orders/batch``; a batch deletes for good."""
    return run_batch(
        request,
        create=lambda content: create_order(state, content),
        update=lambda order_id, content: update_order(state, order_id, content),
        delete=lambda order_id: remove_order(state, order_id, force=True),
    )


def create_order(state: State, content: Json) -> Json:
    """Create an order over REST: no counter stands in its way.

    Raises:
        ApiError: 400 for a product or a status that does not exist.
    """
    status = _checked_status(content.get("status") or "pending")
    basket = [
        (find_sold(state, row), int(row.get("quantity", 1)))
        for row in content.get("line_items", [])
    ]
    billing = content.get("billing") or {}
    buyer = f"{billing.get('first_name', '')} {billing.get('last_name', '')}".strip()
    paid = content.get("set_paid") is True and status == "pending"
    order = orders.place(
        state,
        orders.Purchase(
            basket=basket,
            buyer=buyer,
            status="processing" if paid else status,
            created_via="rest-api",
            customer_note=str(content.get("customer_note") or ""),
        ),
    )
    order.billing.update(billing)
    order.shipping.update(content.get("shipping") or {})
    orders.write_meta(state, order.meta, content.get("meta_data") or [])
    order.encoded.clear()
    return order_json(state, order)


def update_order(state: State, order_id: int, content: Json) -> Json:
    """Change an order; even a change of nothing moves ``date_modified``.

    Raises:
        ApiError: 404 for an unknown order, 400 for an unknown status or line.
    """
    order = orders.find_order(state, order_id)
    status = _checked_status(content.get("status") or order.status)
    order.billing.update(content.get("billing") or {})
    order.shipping.update(content.get("shipping") or {})
    if content.get("customer_note") is not None:
        order.customer_note = str(content["customer_note"])
    for row in content.get("line_items") or []:
        _write_line(state, order, row)
    orders.write_meta(state, order.meta, content.get("meta_data") or [])
    if content.get("set_paid") is True and order.status in {"pending", "failed"}:
        status = "processing"
    if status == "refunded" != order.status:
        refund_all(state, order)
    orders.set_status(state, order, status)
    orders.record_change(state, order)
    return order_json(state, order)


def remove_order(state: State, order_id: int, *, force: bool) -> Json:
    """Trash or delete an order and return what it was.

    Raises:
        ApiError: 404 for an unknown order; 410 for one in the trash already.
    """
    order = orders.find_order(state, order_id)
    if force:
        shown = order_json(state, order)
        orders.erase(state, order)
        return shown
    if order.status == "trash":
        raise ApiError(
            410,
            "woocommerce_rest_already_trashed",
            "The order has already been deleted.",
        )
    orders.trash(state, order)
    return order_json(state, order)


def _write_line(state: State, order: Order, row: Json) -> None:
    """Write one line of a PUT: change, remove (quantity 0) or add."""
    if not row.get("id"):
        orders.add_line(
            state, order, find_sold(state, row), int(row.get("quantity", 1))
        )
        return
    line = order.line(int(row["id"]))
    if line is None:
        raise ApiError(
            400,
            "woocommerce_rest_invalid_item_id",
            "Order item ID provided is not associated with order.",
        )
    _write_amounts(state, line, row)
    if row.get("quantity") is not None:
        orders.set_line_quantity(state, order, line, int(row["quantity"]))


def _write_amounts(state: State, line: Line, row: Json) -> None:
    """Write a line's amounts; the server then works out the taxes anew."""
    try:
        line.subtotal = read_amount(row.get("subtotal", line.subtotal))
        line.total = read_amount(row.get("total", line.total))
    except ValueError as error:
        raise invalid_parameter("line_items", str(error)) from error
    rate, decimals = state.settings.tax_rate, state.settings.decimals
    line.subtotal_tax = rounded(line.subtotal * rate, decimals)
    line.total_tax = rounded(line.total * rate, decimals)


def _visible(state: State, window: TimeWindow) -> Sequence[Order]:
    """Return the orders that a list call can see at this moment.

    Behind a lag a new order is not there, and a change of an old one does not bring it
    into a window of changes.
    """
    rows = list(state.orders.values())
    faults = state.simulator.faults
    if not faults.strikes(Fault.VISIBILITY_LAG):
        return rows
    lag = timedelta(seconds=faults.options.visibility_lag_seconds)
    latest = state.simulator.clock.now() - lag
    return [
        order
        for order in rows
        if order.changed_at <= latest
        or (order.created <= latest and window.modified_after is None)
    ]


def _archived(
    archive: Archive, included: Sequence[int] | None, window: TimeWindow
) -> list[int]:
    """Return the indices of the archived orders that a list call chooses."""
    first = 0
    for bound in (window.modified_after, window.after):
        if bound is not None:
            first = max(first, archive.first_modified_after(bound))
    chosen: Sequence[int] = range(first, archive.count)
    if included is not None:
        found = (archive.find(order_id) for order_id in included)
        chosen = sorted(
            index for index in found if index is not None and index >= first
        )
    if window.before is None and window.modified_before is None:
        return list(chosen)
    return [
        index
        for index in chosen
        if window.contains(archive.modified(index), archive.modified(index))
    ]


def _encoded(state: State, row: Row, decimals: int) -> bytes:
    if isinstance(row, Order):
        return encoded_order(state, row, decimals)
    return state.archive.encoded(row)


def _decimals(state: State, request: Request) -> int:
    return read_whole(request, "dp", default=state.settings.decimals, low=0, high=8)


def _read_statuses(request: Request) -> tuple[str, ...]:
    statuses = read_texts(request, "status") or ("any",)
    for status in statuses:
        if status not in {"any", "trash", *STATUSES}:
            raise invalid_parameter("status", f"status[0] is not one of {STATUSES}.")
    return statuses


def _has_status(status: str, wanted: Sequence[str]) -> bool:
    if "any" in wanted:  # which ends the server's reading of the list
        return status not in _HIDDEN_FROM_ANY
    return status in wanted


def _checked_status(status: str) -> str:
    plain = status.removeprefix("wc-")
    if plain not in {*STATUSES, "trash"}:
        raise invalid_parameter(
            "status", f"status is not one of {', '.join(STATUSES)}."
        )
    return plain
