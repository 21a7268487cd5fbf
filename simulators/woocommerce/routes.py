"""Which path and method leads to which answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..fields import keep_fields
from ..wire import Request, Response, json_response
from . import (
    fulfillments,
    notes,
    order_routes,
    products,
    refunds,
    system,
    webhooks,
)
from .errors import ApiError
from .listing import read_texts
from .state import State

Answer = Callable[..., Response]

PREFIX = "/wp-json/wc/v3"
_WRITES = ("PUT", "POST", "PATCH")


@dataclass(frozen=True, slots=True)
class Route:
    """One path below the prefix; ``pattern`` names its ids as the answers do."""

    pattern: re.Pattern[str]
    answers: dict[str, Answer]
    native_fulfillments: bool = False
    """The route exists only where that feature is switched on."""


def _route(path: str, *, native_fulfillments: bool = False, **answers: Answer) -> Route:
    """Return a route; ``edit`` stands for PUT, POST and PATCH, as in WordPress."""
    pattern = re.sub(r"\{(\w+_id)\}", r"(?P<\1>\\d+)", path)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[\\w-]+)", pattern)
    methods = {
        name.upper(): answer for name, answer in answers.items() if name != "edit"
    }
    if "edit" in answers:
        methods.update(dict.fromkeys(_WRITES, answers["edit"]))
    return Route(re.compile(pattern + "/?"), methods, native_fulfillments)


_ORDER = "/orders/{order_id}"
_PARENT = "/products/{parent_id}/variations"
_PARCELS = f"{_ORDER}/fulfillments"

ROUTES: tuple[Route, ...] = (
    _route("/orders", get=order_routes.list_orders, post=order_routes.post_order),
    _route("/orders/batch", edit=order_routes.batch_orders),
    _route(
        _ORDER,
        get=order_routes.get_order,
        edit=order_routes.put_order,
        delete=order_routes.delete_order,
    ),
    _route(f"{_ORDER}/notes", get=notes.list_notes, post=notes.post_note),
    _route(f"{_ORDER}/refunds", get=refunds.list_refunds, post=refunds.post_refund),
    _route(f"{_ORDER}/refunds/{{refund_id}}", get=refunds.get_refund),
    _route(
        _PARCELS,
        native_fulfillments=True,
        get=fulfillments.list_fulfillments,
        post=fulfillments.post_fulfillment,
    ),
    _route(
        f"{_PARCELS}/{{fulfillment_id}}",
        native_fulfillments=True,
        get=fulfillments.get_fulfillment,
        edit=fulfillments.put_fulfillment,
        delete=fulfillments.delete_fulfillment,
    ),
    _route("/products", get=products.list_products),
    _route("/products/batch", edit=products.batch_products),
    _route(
        "/products/{product_id}",
        get=products.get_product,
        edit=products.put_product,
        delete=products.delete_product,
    ),
    _route(_PARENT, get=products.list_variations),
    _route(f"{_PARENT}/batch", edit=products.batch_variations),
    _route(
        f"{_PARENT}/{{product_id}}",
        get=products.get_variation,
        edit=products.put_variation,
    ),
    _route("/webhooks", get=webhooks.list_webhooks, post=webhooks.post_webhook),
    _route("/webhooks/batch", edit=webhooks.batch_webhooks),
    _route(
        "/webhooks/{webhook_id}",
        get=webhooks.get_webhook,
        edit=webhooks.put_webhook,
        delete=webhooks.delete_webhook,
    ),
    _route("/system_status", get=system.get_system_status),
    _route("/settings/general", get=system.list_general_settings),
    _route("/settings/general/{name}", get=system.get_general_setting),
)


def _keep_fields(response: Response, names: Sequence[str]) -> Response:
    """Return a response reduced to some fields, which WordPress does on every route."""
    if not names:
        return response
    content = response.json()
    if isinstance(content, list):
        kept: Any = [keep_fields(row, names) for row in content]
    else:
        kept = keep_fields(content, names)
    return json_response(kept, status=response.status, headers=response.headers)


def dispatch(state: State, request: Request, path: str) -> Response:
    """Answer a request; ``path`` begins below the folder of the site.

    Raises:
        ApiError: 404 for a path or method that is not there, or what the answer says.
    """
    path = path.removeprefix(PREFIX)
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match is None or request.method not in route.answers:
            continue
        if route.native_fulfillments and not state.settings.native_fulfillments:
            continue
        ids: dict[str, Any] = {
            name: int(text) if name.endswith("_id") else text
            for name, text in match.groupdict().items()
        }
        response = route.answers[request.method](state, request, **ids)
        return _keep_fields(response, read_texts(request, "_fields"))
    raise ApiError(
        404,
        "rest_no_route",
        "No route was found matching the URL and request method.",
    )
