"""Proves that a server can be worked with: access, permissions, location, identity.

Changes nothing. An administrator is asked for its permissions; an API key, which the
server does not let ask, tries what it may do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...canonical.errors import ReauthRequiredError, RejectedError
from ...canonical.pushes import Account
from .admin import Admin, NotSignedInError, NotThereError
from .documents import (
    CHANNEL,
    HANDLERS,
    LOCATIONS,
    ME,
    ORDERS,
    SEND_OFF,
    STOCK_RULES,
    VARIANTS,
    WRITE_VARIANTS,
)
from .parcels import HANDLER
from .settings import VendureSettings
from .wire import (
    Channel,
    Listed,
    Location,
    StockRules,
    User,
    read_rows,
    read_shape,
)

_NEEDED = (
    ("ReadOrder",),
    ("UpdateOrder",),
    ("ReadProduct", "ReadCatalog"),
    ("UpdateProduct", "UpdateCatalog"),
    ("ReadStockLocation",),
)
"""What the hub has to be allowed; one of each row."""

_TRIALS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ReadOrder", ORDERS, {"options": {"take": 1}}),
    ("UpdateOrder", SEND_OFF, {"id": "0", "state": "Shipped"}),
    ("ReadProduct", VARIANTS, {"options": {"take": 1}}),
    ("UpdateProduct", WRITE_VARIANTS, {"input": []}),
    ("ReadStockLocation", LOCATIONS, {}),
)
"""A document that each permission allows, and that changes nothing."""


def check_server(admin: Admin, settings: VendureSettings) -> Account:
    """Return whose channel it is, and what will not work.

    Raises:
        ReauthRequiredError: the server does not accept the credentials.
        RejectedError: a permission is missing, or the location does not do.
    """
    channel = _read_channel(admin)
    if settings.api_key is None:
        _require_permissions(_read_user(admin), channel)
    else:
        _try_permissions(admin)
    locations = list_locations(admin)
    location = choose_location(locations, settings)
    handlers, _ = admin.ask(HANDLERS)
    warnings = _look_at_stock(locations, location, read_rules(admin))
    if {"code": HANDLER} not in handlers.get("fulfillmentHandlers", []):
        warnings.append(f"There is no handler {HANDLER!r}: parcels cannot be told.")
    host = settings.server_url.partition("://")[2]
    return Account(
        external_id=f"{host}/{channel.id}",
        name=f"{channel.code} at {host}",
        currency=channel.default_currency_code,
        warnings=tuple(warnings),
    )


def _read_channel(admin: Admin) -> Channel:
    """Return the channel that is talked to; whoever may do anything may see it.

    Raises:
        ReauthRequiredError: the server does not accept the credentials.
    """
    try:
        found, _ = admin.ask(CHANNEL)
    except NotSignedInError as error:
        raise ReauthRequiredError(
            "the server does not accept the credentials",
            next_step="Make a new API key, or look at the username and password.",
        ) from error
    return read_shape(Channel, found.get("activeChannel"), "activeChannel")


def _read_user(admin: Admin) -> User:
    me, _ = admin.ask(ME)
    if me.get("me") is None:
        raise ReauthRequiredError("the server does not know who the hub is")
    return read_shape(User, me["me"], "me")


def list_locations(admin: Admin) -> list[Location]:
    """Return the stock locations of the channel."""
    data, _ = admin.ask(LOCATIONS)
    listed = read_shape(Listed, data.get("stockLocations"), "stockLocations")
    return read_rows(Location, listed.items, "stockLocations")


def choose_location(
    locations: Sequence[Location], settings: VendureSettings
) -> Location:
    """Return the location of the settings, or the only one there is.

    Raises:
        RejectedError: there is none such, or one has to be chosen.
    """
    wanted = settings.stock_location_id
    known = ", ".join(f"{one.id} ({one.name})" for one in locations)
    if not wanted and len(locations) == 1:
        return locations[0]
    if not wanted:
        raise RejectedError(
            f"the channel has {len(locations)} stock locations",
            next_step=f"Enter the id of the one to keep: {known}.",
        )
    for location in locations:
        if location.id == wanted:
            return location
    raise RejectedError(
        f"the channel has no stock location {wanted!r}",
        next_step=f"It has: {known}.",
    )


def read_rules(admin: Admin) -> StockRules:
    """Return what holds for variants that say nothing of their own."""
    data, _ = admin.ask(STOCK_RULES)
    return read_shape(StockRules, data.get("globalSettings"), "globalSettings")


def _require_permissions(user: User, channel: Channel) -> None:
    held = {
        name
        for known in user.channels
        if known.id == channel.id
        for name in known.permissions
    }
    missing = [" or ".join(row) for row in _NEEDED if not held & {*row, "SuperAdmin"}]
    if missing:
        raise RejectedError(
            f"{user.identifier!r} may not do all that the hub needs on the channel "
            f"{channel.code!r}",
            next_step=f"Give its role: {', '.join(missing)}.",
        )


def _try_permissions(admin: Admin) -> None:
    """Try what the hub has to be allowed: an API key cannot ask what it may do.

    Nothing is changed: the writes are of no variant, and of a parcel that cannot be.

    Raises:
        RejectedError: a permission is missing.
    """
    missing = []
    for permission, document, variables in _TRIALS:
        try:
            admin.ask(document, **variables)
        except NotThereError:
            continue
        except NotSignedInError:
            missing.append(permission)
    if missing:
        raise RejectedError(
            "the API key may not do all that the hub needs",
            next_step=f"Give its role: {', '.join(missing)}.",
        )


def _look_at_stock(
    locations: Sequence[Location], location: Location, rules: StockRules
) -> list[str]:
    warnings = []
    if len(locations) > 1:
        warnings.append(
            f"Shoppers can buy what lies at all {len(locations)} stock locations; the "
            f"hub keeps {location.name!r} only."
        )
    if rules.out_of_stock_threshold:
        warnings.append(
            f"The out-of-stock threshold is {rules.out_of_stock_threshold}: shoppers "
            "can buy that many fewer (or, below zero, more) than the hub writes."
        )
    return warnings
