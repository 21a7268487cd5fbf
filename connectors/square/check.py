"""Proves that a location can be worked with: token, permissions, identity.

Reads the merchant, the location and what the token may do. Changes nothing.
"""

from __future__ import annotations

from ...canonical.errors import RejectedError
from ...canonical.pushes import Account
from ..calls import Call, Transport
from .settings import SquareSettings
from .wire import (
    Location,
    Merchant,
    TokenStatus,
    read_one,
    read_rows,
    read_shape,
)

SCOPES = (
    "MERCHANT_PROFILE_READ",
    "ORDERS_READ",
    "ORDERS_WRITE",
    "ITEMS_READ",
    "ITEMS_WRITE",
    "INVENTORY_READ",
    "INVENTORY_WRITE",
    "PAYMENTS_READ",
    "PAYMENTS_WRITE",
)
"""What everything that the connector can do takes."""


def check_account(transport: Transport, settings: SquareSettings) -> Account:
    """Return whose location it is, and what will not work.

    Raises:
        ReauthRequiredError: Square does not accept the token.
        RejectedError: there is no such location, or the token may do too little.
    """
    merchant = read_one(
        Merchant, transport.send(Call("GET", "/v2/merchants/me", safe=True)), "merchant"
    )
    location = _find_location(transport, settings.location_id)
    _require_scopes(transport)
    warnings = []
    if settings.webhook_token is None:
        warnings.append(
            "Without the application's personal access token there are no webhooks: "
            "orders come in at the next pull."
        )
    if location.status != "ACTIVE":
        warnings.append(f"The location {location.name} is not active in Square.")
    return Account(
        external_id=f"{merchant.id}/{location.id}",
        name=f"{merchant.business_name or merchant.id}, {location.name or location.id}",
        currency=location.currency or merchant.currency,
        warnings=tuple(warnings),
    )


def _find_location(transport: Transport, location_id: str) -> Location:
    path = f"/v2/locations/{location_id}"
    answer = transport.send(Call("GET", path, safe=True, accept_statuses=(400, 404)))
    if answer.status == 200:
        return read_one(Location, answer, "location")
    listed = transport.send(Call("GET", "/v2/locations", safe=True))
    found = [read_shape(Location, row) for row in read_rows(listed, "locations")]
    choice = ", ".join(f"{place.name} ({place.id})" for place in found)
    raise RejectedError(
        f"the account has no location {location_id}",
        next_step=f"Choose one of: {choice}.",
    )


def _require_scopes(transport: Transport) -> None:
    """Return if the token may do all; a personal token lists nothing and may."""
    answer = transport.send(Call("POST", "/oauth2/token/status", safe=True))
    granted = read_shape(TokenStatus, answer.json()).scopes
    missing = [scope for scope in SCOPES if scope not in granted] if granted else []
    if missing:
        raise RejectedError(
            f"the token lacks {', '.join(missing)}",
            next_step="Authorize the application again, with these permissions too.",
        )
