"""Products and variations: the catalogue, and its REST routes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import hooks, stock
from .amounts import read_amount
from .batch import read_body, run_batch
from .errors import ApiError, invalid_parameter, not_found
from .listing import (
    page_response,
    read_choice,
    read_ids,
    read_paging,
    read_texts,
    read_time_window,
)
from .orders import write_meta
from .render import encode
from .render_products import product_json, variation_json
from .state import Json, Product, State

_ORDER_BYS = (
    "date",
    "id",
    "include",
    "title",
    "slug",
    "modified",
    "price",
    "popularity",
    "rating",
    "menu_order",
)
_STATUSES = ("any", "draft", "pending", "private", "publish", "future", "trash")
_WRITABLE_STATUSES = ("draft", "pending", "private", "publish")


def list_products(state: State, request: Request) -> Response:
    """Answer ``GET /products``: simple and variable ones, never variations."""
    rows = [one for one in _visible(state) if not one.parent_id]
    return _list(state, request, rows, product_json)


def list_variations(state: State, request: Request, parent_id: int) -> Response:
    """Answer ``GET /products/{id}/variations``."""
    find_parent(state, parent_id)
    rows = [one for one in _visible(state) if one.parent_id == parent_id]
    return _list(state, request, rows, variation_json)


def get_product(state: State, _request: Request, product_id: int) -> Response:
    """Answer ``GET /products/{id}``; a variation's id shows the variation."""
    if product_id not in state.products:
        raise not_found("product")
    product = state.products[product_id]
    show = variation_json if product.parent_id else product_json
    return json_response(show(state, product))


def get_variation(
    state: State, _request: Request, parent_id: int, product_id: int
) -> Response:
    """Answer ``GET /products/{id}/variations/{id}``."""
    variation = find_variation(state, parent_id, product_id)
    return json_response(variation_json(state, variation))


def put_product(state: State, request: Request, product_id: int) -> Response:
    """Answer ``PUT /products/{id}``."""
    return json_response(update_product(state, product_id, read_body(request)))


def put_variation(
    state: State, request: Request, parent_id: int, product_id: int
) -> Response:
    """Answer ``PUT /products/{id}/variations/{id}``."""
    content = read_body(request)
    return json_response(update_variation(state, parent_id, product_id, content))


def delete_product(state: State, request: Request, product_id: int) -> Response:
    """Answer ``DELETE /products/{id}``: into the trash, or for good with ``force``."""
    force = request.argument("force").lower() in {"true", "1"}
    return json_response(remove_product(state, product_id, force=force))


def batch_products(state: State, request: Request) -> Response:
    """Answer ``POST /products/batch``; variations have their own route."""
    return run_batch(
        request,
        create=_refuse_creation,
        update=lambda product_id, content: update_product(state, product_id, content),
        delete=lambda product_id: remove_product(state, product_id, force=True),
    )


def batch_variations(state: State, request: Request, parent_id: int) -> Response:
    """Answer ``POST /products/{id}/variations/batch``."""
    find_parent(state, parent_id)

    def delete(product_id: int) -> Json:
        variation = find_variation(state, parent_id, product_id)
        shown = variation_json(state, variation)
        del state.products[product_id]
        return shown

    return run_batch(
        request,
        create=_refuse_creation,
        update=lambda product_id, content: update_variation(
            state, parent_id, product_id, content
        ),
        delete=delete,
    )


def update_product(state: State, product_id: int, content: Json) -> Json:
    """Change a product.

    Raises:
        ApiError: 404 for an unknown id, and for that of a variation.
    """
    product = _find_product(state, product_id)
    claimed = _write(state, product, content)
    shown = product_json(state, product)
    return shown if claimed is None else {**shown, "stock_quantity": claimed}


def update_variation(
    state: State, parent_id: int, product_id: int, content: Json
) -> Json:
    """Change a variation.

    Raises:
        ApiError: 404, the parent has no variation of that id.
    """
    variation = find_variation(state, parent_id, product_id)
    claimed = _write(state, variation, content)
    shown = variation_json(state, variation)
    return shown if claimed is None else {**shown, "stock_quantity": claimed}


def remove_product(state: State, product_id: int, *, force: bool) -> Json:
    """Trash a product, or delete it with its variations, and return what it was."""
    product = _find_product(state, product_id)
    if force:
        shown = product_json(state, product)
        for variation in list(state.variations(product_id)):
            del state.products[variation.product_id]
        del state.products[product_id]
    else:
        product.status = "trash"
        state.touch(product)
        shown = product_json(state, product)
    hooks.notify(state, "product.deleted", product_id, product.created)
    return shown


def find_sold(state: State, row: Json) -> Product:
    """Return what an order line of a request names.

    Raises:
        ApiError: 400, there is no such product.
    """
    product_id = int(row.get("variation_id") or row.get("product_id") or 0)
    product = state.products.get(product_id)
    if product is None:
        raise ApiError(
            400,
            "woocommerce_rest_required_product_reference",
            "Product ID or SKU is required.",
        )
    return product


def find_parent(state: State, parent_id: int) -> Product:
    """Return a product that can have variations.

    Raises:
        ApiError: 404, there is none of that id.
    """
    parent = state.products.get(parent_id)
    if parent is None or parent.parent_id:
        raise not_found("product")
    return parent


def find_variation(state: State, parent_id: int, product_id: int) -> Product:
    """Return a variation of a parent.

    Raises:
        ApiError: 404, the parent has no variation of that id.
    """
    variation = state.products.get(product_id)
    if variation is None or variation.parent_id != parent_id or not parent_id:
        raise not_found("product_variation")
    return variation


def _find_product(state: State, product_id: int) -> Product:
    if product_id not in state.products:
        raise not_found("product")
    product = state.products[product_id]
    if product.parent_id:
        raise ApiError(
            404,
            "woocommerce_rest_invalid_product_id",
            "To manipulate product variations you should use the "
            "/products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
        )
    return product


def _write(state: State, product: Product, content: Json) -> int | None:
    """Write what a request may change; even nothing moves ``date_modified``."""
    quantity = content.get("stock_quantity")
    if quantity is not None and not str(quantity).lstrip("-").isdigit():
        raise invalid_parameter("stock_quantity", "stock_quantity is not an integer.")
    if "regular_price" in content:
        try:
            product.price = read_amount(content["regular_price"] or "0")
        except ValueError as error:
            raise invalid_parameter("regular_price", str(error)) from error
    product.name = str(content.get("name", product.name))
    product.sku = str(content.get("sku", product.sku))
    product.barcode = str(content.get("global_unique_id", product.barcode))
    if content.get("status") in _WRITABLE_STATUSES:
        product.status = content["status"]
    write_meta(state, product.meta, content.get("meta_data") or [])
    claimed = stock.write_stock(state, product, content)
    state.touch(product)
    named = product.parent_id or product.product_id
    hooks.notify(state, "product.updated", named, product.created)
    return claimed


def _list(
    state: State,
    request: Request,
    rows: list[Product],
    show: Callable[[State, Product], Json],
) -> Response:
    order_by = read_choice(request, "orderby", _ORDER_BYS, "date")
    descending = read_choice(request, "order", ("asc", "desc"), "desc") == "desc"
    status = read_choice(request, "status", _STATUSES, "any")
    kind = request.argument("type")
    skus = read_texts(request, "sku")
    included = read_ids(request, "include")
    window = read_time_window(state, request)
    chosen = [
        row
        for row in rows
        if (row.status == status or (status == "any" and row.status != "trash"))
        and (not kind or row.kind == kind)
        and (not skus or row.sku in skus)
        and (included is None or row.product_id in included)
        and window.contains(row.created, row.modified)
    ]
    if order_by == "include" and included is not None:
        chosen.sort(key=lambda row: included.index(row.product_id))
    elif order_by == "modified":
        chosen.sort(key=lambda row: (row.modified, row.product_id))
    else:
        chosen.sort(key=lambda row: row.product_id)
    if descending and order_by != "include":
        chosen.reverse()
    return page_response(
        request, read_paging(request), chosen, lambda row: encode(show(state, row))
    )


def _visible(state: State) -> list[Product]:
    """Return the products that a list call can see: behind a lag, no new ones."""
    rows = list(state.products.values())
    faults = state.simulator.faults
    if not faults.strikes(Fault.VISIBILITY_LAG):
        return rows
    lag = timedelta(seconds=faults.options.visibility_lag_seconds)
    latest = state.simulator.clock.now() - lag
    return [row for row in rows if row.created <= latest]


def _refuse_creation(content: Json) -> Json:
    # A hub sells what a shop has and creates nothing there.
    raise ApiError(
        403,
        "woocommerce_rest_cannot_create",
        f"This shop takes no new products over REST: {content.get('name', '')}.",
    )
