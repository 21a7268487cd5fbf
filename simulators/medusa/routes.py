"""The routes of the Admin API: what each request does and answers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import orders, render
from .errors import invalid, not_found
from .listing import answer_page, choose
from .state import Json, Order, State, Variant

_ORDER_ALWAYS = ("status", "items", "payment_status", "fulfillment_status")
"""What an order tells whatever it is asked for."""


def list_stores(state: State, request: Request) -> Response:
    """Answer ``GET /stores``: the one there is."""
    settings = state.settings
    currency = {"currency_code": settings.currency.lower(), "is_default": True}
    row: Json = {
        "id": settings.store_id,
        "name": settings.name,
        "supported_currencies": [currency],
    }
    return answer_page(request, "stores", [row], dict, 50)


def get_location(state: State, _request: Request, location_id: str) -> Response:
    """Answer ``GET /stock-locations/{id}``."""
    if location_id != state.settings.location_id:
        raise not_found(f"Stock location with id: {location_id} was not found")
    return json_response({"stock_location": {"id": location_id, "name": "Main"}})


def list_orders(state: State, request: Request) -> Response:
    """Answer ``GET /orders``."""
    found = choose(
        request,
        _list_visible(state, request),
        lambda order: order.order_id,
        {
            "updated_at": lambda order: order.changed_at,
            "created_at": lambda order: order.created,
        },
    )
    return answer_page(
        request, "orders", found, lambda one: _tell(state, request, one), 15
    )


def get_order(state: State, request: Request, order_id: str) -> Response:
    """Answer ``GET /orders/{id}``."""
    return _answer(state, request, find_order(state, order_id))


def cancel_order(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST /orders/{id}/cancel``."""
    order = find_order(state, order_id)
    orders.cancel(state, order)
    return _answer(state, request, order)


def post_fulfillment(state: State, request: Request, order_id: str) -> Response:
    """Answer ``POST /orders/{id}/fulfillments``."""
    order, body = find_order(state, order_id), read_body(request)
    parts = {str(one["id"]): int(one["quantity"]) for one in body.get("items") or []}
    orders.pack(state, order, parts, dict(body.get("metadata") or {}))
    return _answer(state, request, order)


def post_shipment(
    state: State, request: Request, order_id: str, fulfillment_id: str
) -> Response:
    """Answer ``POST /orders/{id}/fulfillments/{fulfillment_id}/shipments``."""
    order, body = find_order(state, order_id), read_body(request)
    for made in order.fulfillments:
        if made.fulfillment_id == fulfillment_id:
            orders.ship(state, order, made, list(body.get("labels") or []))
            return _answer(state, request, order)
    raise not_found(f"Fulfillment with id: {fulfillment_id} was not found")


def list_payments(state: State, request: Request) -> Response:
    """Answer ``GET /payments``."""
    found = choose(
        request,
        list(state.orders.values()),
        lambda order: order.payment.payment_id,
        {"updated_at": lambda order: order.payment.changed_at},
    )

    def tell(order: Order) -> Json:
        link = {"id": f"pay_col_{order.number}", "order": {"id": order.order_id}}
        content = {**render.payment_json(state, order), "payment_collection": link}
        return render.keep_asked(content, request.argument("fields"))

    return answer_page(request, "payments", found, tell, 20)


def post_refund(state: State, request: Request, payment_id: str) -> Response:
    """Answer ``POST /payments/{id}/refund``."""
    body = read_body(request)
    for order in state.orders.values():
        if order.payment.payment_id == payment_id:
            amount = Decimal(str(body.get("amount", order.payment.amount)))
            orders.pay_back(state, order, amount, str(body.get("note") or ""))
            content = render.payment_json(state, order)
            told = render.keep_asked(content, request.argument("fields"))
            return json_response({"payment": told})
    raise not_found(f"Payment with id: {payment_id} was not found")


def list_products(state: State, request: Request) -> Response:
    """Answer ``GET /products``."""
    found = choose(
        request,
        list(state.products.values()),
        lambda product: product.product_id,
        {"created_at": lambda product: product.created},
    )

    def tell(product: Any) -> Json:
        content = render.product_json(state, product)
        return render.keep_asked(content, request.argument("fields"))

    return answer_page(request, "products", found, tell, 50)


def list_variants(state: State, request: Request) -> Response:
    """Answer ``GET /product-variants``."""
    rows = state.variants()
    found = choose(request, rows, lambda row: row[1].variant_id, {})

    def tell(row: Any) -> Json:
        content = render.variant_json(*row)
        return render.keep_asked(content, request.argument("fields"))

    return answer_page(request, "variants", found, tell, 50)


def post_variant(
    state: State, request: Request, product_id: str, variant_id: str
) -> Response:
    """Answer ``POST /products/{id}/variants/{variant_id}``; prices are replaced.

    A variant that is not there is no error.
    """
    product = state.products.get(product_id)
    if product is None:
        raise not_found(f"Product with id: {product_id} was not found")
    prices = read_body(request).get("prices")
    for variant in product.variants:
        if variant.variant_id == variant_id and prices is not None:
            variant.prices = [_keep_price(state, one) for one in prices]
    return json_response({"product": {"id": product_id}})


def list_items(state: State, request: Request) -> Response:
    """Answer ``GET /inventory-items``."""
    rows = [variant for product, variant in state.variants() if product.managed]
    found = choose(request, rows, lambda variant: variant.item_id, {})

    def tell(variant: Variant) -> Json:
        content = render.item_json(state, variant)
        return render.keep_asked(content, request.argument("fields"))

    return answer_page(request, "inventory_items", found, tell, 20)


def post_level(
    state: State, request: Request, item_id: str, location_id: str
) -> Response:
    """Answer ``POST /inventory-items/{id}/location-levels/{location_id}``."""
    known = location_id == state.settings.location_id
    for product, variant in state.variants() if known else ():
        if variant.item_id != item_id or not product.managed:
            continue
        stocked = read_body(request).get("stocked_quantity", variant.stocked)
        if stocked < 0:
            raise invalid(
                "Invalid request: Value for field 'stocked_quantity' too small, "
                "expected at least: '0'"
            )
        if not state.simulator.faults.strikes(Fault.IGNORED_WRITE):
            variant.stocked = int(stocked)
            orders.show(state, product, variant, written=True)
        content = render.item_json(state, variant)
        told = render.keep_asked(content, request.argument("fields"))
        return json_response({"inventory_item": told})
    raise not_found(f"Item {item_id} is not stocked at location {location_id}")


def find_order(state: State, order_id: str) -> Order:
    """Return an order.

    Raises:
        ApiError: there is none of that id.
    """
    order = state.orders.get(order_id)
    if order is None:
        raise not_found(f"Order id not found: {order_id}")
    return order


def read_body(request: Request) -> Json:
    """Return the body as an object.

    Raises:
        ApiError: it is none.
    """
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise invalid("Invalid request: the body is no object")
    return body


def _list_visible(state: State, request: Request) -> list[Order]:
    """Return the orders that a list shows; those that are named it shows at once."""
    faults = state.simulator.faults
    found = list(state.orders.values())
    named = any(key.startswith("id") for key, _ in request.query)
    if not named and faults.strikes(Fault.VISIBILITY_LAG):
        lag = timedelta(seconds=faults.options.visibility_lag_seconds)
        found = [one for one in found if one.changed_at <= state.now() - lag]
    return found


def _tell(state: State, request: Request, order: Order) -> Json:
    content = render.order_json(state, order)
    return render.keep_asked(content, request.argument("fields"), _ORDER_ALWAYS)


def _answer(state: State, request: Request, order: Order) -> Response:
    return json_response({"order": _tell(state, request, order)})


def _keep_price(state: State, told: Json) -> Json:
    """Return a price as it is stored: each write makes new ones."""
    return {
        "id": state.name("price"),
        "amount": told["amount"],
        "currency_code": told["currency_code"],
        "min_quantity": told.get("min_quantity"),
        "max_quantity": told.get("max_quantity"),
        "rules": told.get("rules") or {},
    }
