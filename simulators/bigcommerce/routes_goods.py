"""The routes of the catalogue, of inventory, of the store itself and of webhooks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import hooks, orders
from .errors import ApiError, not_found
from .render_goods import (
    hook_json,
    inventory_json,
    page_json,
    product_json,
    variant_json,
)
from .routes_orders import read_body, read_paging
from .state import Hook, Json, Product, State, Variant

ADJUSTMENTS_MAX = 2000
VARIANTS_MAX = 50


def get_store(state: State, _request: Request) -> Response:
    """Answer ``GET /store``."""
    settings = state.settings
    content = {
        "id": settings.store_hash,
        "domain": f"store-{settings.store_hash}.mybigcommerce.com",
        "name": settings.name,
        "status": "live",
        "currency": settings.currency,
        "decimal_places": settings.decimals,
        "is_price_entered_with_tax": settings.prices_include_tax,
        "store_id": 1025646,
    }
    return json_response(content)


def list_products(state: State, request: Request) -> Response:
    """Answer ``GET /catalog/products``."""
    limit, page = read_paging(request)
    wanted = {text for text in request.argument("id:in").split(",") if text}
    after = int(request.argument("id:greater", "0"))
    found = [
        product
        for product in sorted(state.products.values(), key=lambda one: one.product_id)
        if product.product_id > after
        and (not wanted or str(product.product_id) in wanted)
    ]
    with_variants = "variants" in request.argument("include").split(",")
    rows = [
        product_json(product, with_variants=with_variants)
        for product in found[(page - 1) * limit : page * limit]
    ]
    return json_response(page_json(rows, total=len(found), page=page, limit=limit))


def put_variants(state: State, request: Request) -> Response:
    """Answer ``PUT /catalog/variants``: all of them, or a 422 and none."""
    try:
        told = request.json()
    except ValueError:
        told = None
    if not isinstance(told, list) or len(told) > VARIANTS_MAX:
        raise ApiError(422, f"An array of at most {VARIANTS_MAX} variants is expected.")
    changes = [(find_variant(state, int(one.get("id", 0))), one) for one in told]
    for (product, variant), one in changes:
        if "price" in one:
            variant.price = Decimal(str(one["price"]))
        product.changed_at = state.now()
        hooks.tell_product(state, "store/product/updated", product)
    rows = [variant_json(product, variant) for (product, variant), _ in changes]
    limit = max(1, len(rows))
    return json_response(page_json(rows, total=len(rows), page=1, limit=limit))


def list_inventory(state: State, request: Request) -> Response:
    """Answer ``GET /inventory/items``; up to a thousand at once."""
    limit = min(1000, int(request.argument("limit", "1000")))
    page = int(request.argument("page", "1"))
    by_variant = _ids(request, "variant_id:in")
    by_product = _ids(request, "product_id:in")
    found = [
        inventory_json(state, product, variant)
        for product in state.products.values()
        if by_product is None or product.product_id in by_product
        for variant in product.variants
        if by_variant is None or variant.variant_id in by_variant
    ]
    locations = _ids(request, "location_id:in")
    if locations is not None and state.settings.location_id not in locations:
        found = []
    rows = found[(page - 1) * limit : page * limit]
    return json_response(page_json(rows, total=len(found), page=page, limit=limit))


def put_adjustments(state: State, request: Request) -> Response:
    """Answer ``PUT /inventory/adjustments/absolute``: all of it, or a 422 and none."""
    items = read_body(request).get("items")
    if not isinstance(items, list) or not 0 < len(items) <= ADJUSTMENTS_MAX:
        raise ApiError(422, f"1 to {ADJUSTMENTS_MAX} items are expected.")
    changes = [(*_find_counted(state, one), int(one["quantity"])) for one in items]
    ignored = state.simulator.faults.strikes(Fault.IGNORED_WRITE)
    for product, variant, quantity in changes if not ignored else ():
        counter = product.counter_of(variant)
        orders.show(state, product, counter, quantity, written=True)
        product.changed_at = state.now()
        change = {
            "product_id": product.product_id,
            "method": "absolute",
            "value": quantity,
        }
        data = {"type": "product", "id": product.product_id, "inventory": change}
        hooks.tell(state, "store/product/inventory/updated", data)
    return json_response({"transaction_id": f"transaction-{state.number()}"})


def list_locations(state: State, request: Request) -> Response:
    """Answer ``GET /inventory/locations``: the one there is."""
    wanted = _ids(request, "location_id:in")
    settings = state.settings
    row: Json = {
        "id": settings.location_id,
        "code": "BC-LOCATION-1",
        "label": "Default location",
        "description": "",
        "managed_by_external_source": False,
        "type_id": "PHYSICAL",
        "enabled": settings.location_enabled,
        "storefront_visibility": True,
        "time_zone": "Etc/UTC",
    }
    rows = [row] if wanted is None or settings.location_id in wanted else []
    return json_response(page_json(rows, total=len(rows), page=1, limit=50))


def list_hooks(state: State, request: Request) -> Response:
    """Answer ``GET /hooks``."""
    limit, page = read_paging(request)
    found = [hook_json(state, hook) for hook in state.hooks.values()]
    rows = found[(page - 1) * limit : page * limit]
    return json_response(page_json(rows, total=len(found), page=page, limit=limit))


def post_hook(state: State, request: Request) -> Response:
    """Answer ``POST /hooks``; one per scope and destination."""
    body = read_body(request)
    scope, destination = str(body.get("scope", "")), str(body.get("destination", ""))
    if not scope.startswith("store/") or not destination.startswith("https://"):
        raise ApiError(422, "The scope or the destination is invalid.")
    for hook in state.hooks.values():
        if (hook.scope, hook.destination) == (scope, destination):
            raise ApiError(422, "There is such a webhook already.")
    hook = Hook(
        hook_id=state.number(),
        scope=scope,
        destination=destination,
        active=bool(body.get("is_active", True)),
        created=state.now(),
        changed_at=state.now(),
    )
    state.hooks[hook.hook_id] = hook
    return json_response({"data": hook_json(state, hook), "meta": {}})


def put_hook(state: State, request: Request, hook_id: str) -> Response:
    """Answer ``PUT /hooks/{webhook_id}``."""
    hook = _find_hook(state, hook_id)
    hook.active = bool(read_body(request).get("is_active", hook.active))
    hook.changed_at = state.now()
    return json_response({"data": hook_json(state, hook), "meta": {}})


def delete_hook(state: State, _request: Request, hook_id: str) -> Response:
    """Answer ``DELETE /hooks/{webhook_id}``."""
    hook = _find_hook(state, hook_id)
    del state.hooks[hook.hook_id]
    state.simulator.deliverer.forget(hook_id)
    return json_response({"data": hook_json(state, hook), "meta": {}})


def find_variant(state: State, variant_id: int) -> tuple[Product, Variant]:
    """Return a variant and its product.

    Raises:
        ApiError: there is none of that id.
    """
    for product in state.products.values():
        for variant in product.variants:
            if variant.variant_id == variant_id:
                return product, variant
    raise ApiError(422, f"Variant {variant_id} does not exist.")


def _find_counted(state: State, change: Json) -> tuple[Product, Variant]:
    """Return what an adjustment is of; it must name the level that is tracked."""
    if change.get("location_id") != state.settings.location_id:
        raise ApiError(422, f"Location {change.get('location_id')} does not exist.")
    if "variant_id" in change:
        product, variant = find_variant(state, int(change["variant_id"]))
        if product.tracking == "product":
            raise ApiError(
                422,
                f"[Item with variant_id {variant.variant_id} is tracked by product, "
                "please update stock by product id]",
            )
        return product, variant
    found = state.products.get(int(change.get("product_id", 0)))
    if found is None:
        raise ApiError(422, f"Product {change.get('product_id')} does not exist.")
    if found.tracking != "product":
        raise ApiError(422, f"[Item {found.product_id} is not tracked by product]")
    return found, found.variants[0]


def _find_hook(state: State, hook_id: str) -> Hook:
    hook = state.hooks.get(int(hook_id)) if hook_id.isdigit() else None
    if hook is None:
        raise not_found()
    return hook


def _ids(request: Request, name: str) -> set[Any] | None:
    text = request.argument(name)
    return {int(each) for each in text.split(",")} if text else None
