"""Proves that a store can be worked with: token, scopes, location, identity.

Reads one thing under each scope that is needed. That the token may write stock is
proved with an adjustment of nothing. Changes nothing.
"""

from __future__ import annotations

from ...canonical.errors import RejectedError
from ...canonical.pushes import Account
from ..calls import Answer, Call, Transport
from ..statuses import read_reason
from .settings import BigCommerceSettings
from .wire import Listed, Location, Store, read_one, read_shape

_INFORMATION = "Information & settings: read-only"
_SCOPES: tuple[tuple[str, str], ...] = (
    ("/v2/orders", "Orders: modify"),
    ("/v3/catalog/products", "Products: modify"),
    ("/v3/orders/payment_actions/refunds", "Order transactions: modify"),
    ("/v3/hooks", _INFORMATION),
)


def check_store(transport: Transport, settings: BigCommerceSettings) -> Account:
    """Return whose store it is, and what will not work.

    Raises:
        ReauthRequiredError: the store does not accept the token.
        RejectedError: the store hash, a scope or the location does not do.
    """
    store = read_one(Store, _read(transport, settings, "/v2/store", _INFORMATION))
    for path, scope in _SCOPES:
        _read(transport, settings, path, scope)
    location = _find_location(transport, settings)
    _prove_writing(transport, settings)
    warnings = []
    if not location.enabled:
        warnings.append(
            f"The location {location.label!r} is not enabled: nobody can buy what "
            "lies there."
        )
    return Account(
        external_id=store.id,
        name=store.name or store.id,
        currency=store.currency,
        warnings=tuple(warnings),
    )


def _find_location(transport: Transport, settings: BigCommerceSettings) -> Location:
    path, scope = "/v3/inventory/locations", "Store locations: read-only"
    params = {"location_id:in": str(settings.location_id)}
    answer = _read(transport, settings, path, scope, params)
    found = [read_shape(Location, row) for row in read_one(Listed, answer).data]
    for location in found:
        if location.id == settings.location_id:
            return location
    raise RejectedError(
        f"the store has no location {settings.location_id}",
        next_step="See Products > Locations in the store; 1 is the default one.",
    )


def _prove_writing(transport: Transport, settings: BigCommerceSettings) -> None:
    """Adjust nothing. A 422 is about there being nothing, and no refusal."""
    call = Call(
        "PUT",
        "/v3/inventory/adjustments/absolute",
        json={"reason": "Crossdock", "items": []},
        safe=True,
        accept_statuses=(403, 422),
    )
    answer = transport.send(call)
    if answer.status == 403:
        raise _refuse(answer, settings, "Store inventory: modify")


def _read(
    transport: Transport,
    settings: BigCommerceSettings,
    path: str,
    scope: str,
    params: dict[str, str] | None = None,
) -> Answer:
    """Read one thing.

    Raises:
        RejectedError: the token lacks the scope, or there is no such store.
    """
    limit = {} if path == "/v2/store" else {"limit": "1"}
    call = Call(
        "GET", path, {**limit, **(params or {})}, safe=True, accept_statuses=(403, 404)
    )
    answer = transport.send(call)
    if answer.status == 403:
        raise _refuse(answer, settings, scope)
    if answer.status == 404:
        raise RejectedError(
            f"there is no store {settings.store_hash!r} at BigCommerce",
            next_step="Copy the store hash from the API path of the account.",
        )
    return answer


def _refuse(answer: Answer, settings: BigCommerceSettings, scope: str) -> RejectedError:
    secrets = {settings.access_token, settings.client_secret}
    words = frozenset(secret.get_secret_value() for secret in secrets)
    reason = read_reason(answer.headers, answer.body, words) or str(answer.status)
    return RejectedError(
        f"the token works, and may not do all that the hub needs: {reason}",
        next_step=f"Make an API account with the scope {scope!r}.",
    )
