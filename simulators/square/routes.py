"""Which path leads to which answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..wire import Request, Response
from . import account, catalog, hooks, inventory, orders, payments, search
from .errors import ApiError
from .state import State

Answer = Callable[..., Response]

READS_BY_POST = frozenset(
    {
        "/oauth2/token/status",
        "/v2/orders/search",
        "/v2/orders/batch-retrieve",
        "/v2/inventory/counts/batch-retrieve",
        "/v2/inventory/changes/batch-retrieve",
        "/v2/catalog/batch-retrieve",
    }
)
"""What Square lets be asked by POST, and changes nothing."""

ROUTES: dict[str, dict[str, Answer]] = {
    "/oauth2/token": {"POST": account.post_token},
    "/oauth2/token/status": {"POST": account.post_token_status},
    "/v2/merchants/{merchant_id}": {"GET": account.get_merchant},
    "/v2/locations": {"GET": account.list_locations},
    "/v2/locations/{location_id}": {"GET": account.get_location},
    "/v2/orders/search": {"POST": search.post_search},
    "/v2/orders/batch-retrieve": {"POST": orders.post_retrieve},
    "/v2/orders/{order_id}": {"PUT": orders.put_order},
    "/v2/payments/{payment_id}": {"GET": payments.get_payment},
    "/v2/refunds": {"POST": payments.post_refund},
    "/v2/refunds/{refund_id}": {"GET": payments.get_refund},
    "/v2/inventory/changes/batch-create": {"POST": inventory.post_changes},
    "/v2/inventory/changes/batch-retrieve": {"POST": inventory.post_changes_search},
    "/v2/inventory/counts/batch-retrieve": {"POST": inventory.post_counts_search},
    "/v2/catalog/list": {"GET": catalog.list_catalog},
    "/v2/catalog/batch-retrieve": {"POST": catalog.post_objects_search},
    "/v2/catalog/batch-upsert": {"POST": catalog.post_objects},
    "/v2/webhooks/subscriptions": {"GET": hooks.list_hooks, "POST": hooks.post_hook},
    "/v2/webhooks/subscriptions/{hook_id}": {
        "GET": hooks.get_hook,
        "PUT": hooks.put_hook,
        "DELETE": hooks.delete_hook,
    },
}

_PATTERNS = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), answers)
    for path, answers in ROUTES.items()
]


def dispatch(state: State, request: Request) -> Response:
    """Answer a request.

    Raises:
        ApiError: there is no such path or method, or what the answer says.
    """
    if request.path != "/oauth2/token":
        account.require_token(state, request)
    for pattern, answers in _PATTERNS:
        match = pattern.fullmatch(request.path)
        if match is not None and request.method in answers:
            return answers[request.method](state, request, **match.groupdict())
    raise ApiError(404, "NOT_FOUND", "API endpoint for URL path not found.")
