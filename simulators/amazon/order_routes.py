"""The routes of orders: search, one by id, and the confirmation of a shipment."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import orders
from .errors import denied, invalid, not_found
from .render import render_order
from .state import Json, Order, Package, State, write_time

_TOKEN_DAYS = 1
_RESTRICTED = frozenset({"BUYER", "RECIPIENT"})


def search_orders(state: State, request: Request) -> Response:
    """Answer a page of orders, in no order that anybody promised.

    Raises:
        ApiError: the window or the page token is not good, or a role is missing.
    """
    datasets = _read_datasets(state, request)
    after = _read_moment(request, "lastUpdatedAfter")
    if (after is None) == (not request.argument("createdAfter")):
        raise invalid("Provide exactly one of createdAfter and lastUpdatedAfter.")
    bound = state.now() - timedelta(seconds=state.settings.visible_after_seconds)
    before = _read_moment(request, "lastUpdatedBefore") or bound
    if before > bound or (after and after > before):
        raise invalid("lastUpdatedBefore must be at least two minutes ago, and later.")
    size = int(request.argument("maxResultsPerPage", "100"))
    if not 1 <= size <= 100:
        raise invalid("maxResultsPerPage must be between 1 and 100.")
    token = request.argument("paginationToken")
    ids = _resume(state, token) if token else _find_orders(state, after, before)
    page, rest = ids[:size], ids[size:]
    content: Json = {
        "orders": [render_order(state, state.orders[x], datasets) for x in page],
        "lastUpdatedBefore": write_time(before),
    }
    if rest:
        following = f"page-{state.new_number()}"
        # The last row of a page comes once more on the next one, as was reported.
        state.searches[following] = (
            [page[-1], *rest],
            state.later(_TOKEN_DAYS * 86400),
        )
        content["pagination"] = {"nextToken": following}
    return json_response(content)


def get_order(state: State, request: Request, order_id: str) -> Response:
    """Answer one order as it is at this moment."""
    datasets = _read_datasets(state, request)
    order = _require_order(state, order_id)
    return json_response({"order": render_order(state, order, datasets)})


def confirm_shipment(state: State, request: Request, order_id: str) -> Response:
    """Take note of a parcel. A reference that is known replaces what it said.

    Raises:
        ApiError: the order cannot be shipped, or the parcel is described wrongly.
    """
    order = _require_order(state, order_id)
    body = request.json()
    detail = body.get("packageDetail", {})
    if body.get("marketplaceId") != state.settings.marketplace:
        raise invalid("marketplaceId is not the order's.")
    if order.fulfilled_by_amazon or order.status in {"PENDING", "CANCELLED"}:
        raise invalid(f"Order {order_id} cannot be confirmed: {order.status}.")
    reference = str(detail.get("packageReferenceId", ""))
    if not reference.isdigit() or int(reference) < 1:
        raise invalid("packageReferenceId must be a positive number.")
    if detail.get("carrierCode") == "Other" and not detail.get("carrierName"):
        raise invalid("carrierName is required when carrierCode is Other.")
    package = Package(
        reference=reference,
        carrier=detail.get("carrierName") or detail.get("carrierCode", ""),
        tracking_number=detail.get("trackingNumber", ""),
        ship_time=detail["shipDate"],
        created=state.now(),
        quantities={x["orderItemId"]: x["quantity"] for x in detail["orderItems"]},
    )
    _require_units(order, package)
    orders.ship(state, order, package)
    return Response(204)


def _require_units(order: Order, package: Package) -> None:
    before = order.packages.get(package.reference)
    for line_id, units in package.quantities.items():
        line = order.line(line_id)
        if line is None:
            raise invalid(f"The order has no item {line_id}.")
        free = line.left + (before.quantities.get(line_id, 0) if before else 0)
        if not 0 < units <= free:
            raise invalid(f"Item {line_id} has {free} units to ship, not {units}.")


def _require_order(state: State, order_id: str) -> Order:
    if order_id not in state.orders:
        raise not_found(f"Order {order_id}")
    return state.orders[order_id]


def _read_datasets(state: State, request: Request) -> frozenset[str]:
    datasets = frozenset(request.argument("includedData").split(",")) - {""}
    if datasets & _RESTRICTED and not state.settings.restricted_role:
        raise denied("The application has no role for restricted data.")
    return datasets


def _read_moment(request: Request, name: str) -> datetime | None:
    text = request.argument(name)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise invalid(f"{name} is not a date in ISO 8601.") from None


def _find_orders(state: State, after: datetime | None, before: datetime) -> list[str]:
    late = timedelta(0)
    if state.simulator.faults.strikes(Fault.VISIBILITY_LAG):
        late = timedelta(seconds=state.simulator.faults.options.visibility_lag_seconds)
    found = [
        order.order_id
        for order in state.orders.values()
        if order.modified <= before - late
        and (after is None or order.modified >= after)
    ]
    # By the last digits of their ids: no order that a client could rely upon.
    return sorted(found, key=lambda order_id: order_id[::-1])


def _resume(state: State, token: str) -> list[str]:
    ids, ends = state.searches.get(token, ([], state.now()))
    if ends <= state.now():
        raise invalid("The pagination token is invalid or has expired.")
    return ids
