"""Whose credentials these are, what they may do, and which location is written to."""

from __future__ import annotations

from collections.abc import Iterable

from ...canonical.errors import RejectedError
from ...canonical.pushes import Account
from .documents import ACCOUNT, LOCATIONS
from .graphql import Admin
from .settings import ShopifySettings
from .wire import Location, Locations, Scopes, Shop

SCOPES_NEEDED = (
    "read_orders",
    "write_orders",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
)
"""Without these the connector cannot do what it is for."""

SCOPES_USEFUL = {
    "read_all_orders": "Without the scope read_all_orders Shopify shows the orders of "
    "the last 60 days only. It is granted after a review.",
    "read_customers": "Without the scope read_customers orders have no customer's name "
    "and id; addresses still have names.",
    "write_products": "Without the scope write_products the hub cannot set prices.",
}
"""What will be missing without them."""


def read_account(admin: Admin, settings: ShopifySettings) -> Account:
    """Prove that the credentials can do what the hub needs.

    Raises:
        ReauthRequiredError: Shopify does not accept them.
        RejectedError: scopes are missing (all are named), or the location is not clear.
    """
    reply = admin.ask(ACCOUNT)
    shop = reply.read(Shop, "shop")
    granted = {
        scope.handle
        for scope in reply.read(Scopes, "currentAppInstallation").access_scopes
    }
    missing = list_missing(SCOPES_NEEDED, granted)
    if missing:
        raise RejectedError(
            f"the app in {shop.name} lacks these access scopes: {', '.join(missing)}",
            next_step="Add them to the app's version in Shopify's Dev Dashboard and "
            "install it anew.",
        )
    warnings = [SCOPES_USEFUL[scope] for scope in list_missing(SCOPES_USEFUL, granted)]
    locations = _list_active(admin)
    chosen = _choose_location(locations, settings.location_id)
    if len(locations) > 1:
        warnings.append(
            f"The shop has {len(locations)} active locations. The hub reads and writes "
            f"quantities at {chosen.name}; a sale that Shopify assigns to another one "
            "does not lower them."
        )
    return Account(
        external_id=shop.id,
        name=shop.name,
        currency=shop.currency_code,
        warnings=tuple(warnings),
    )


def find_location(admin: Admin, settings: ShopifySettings) -> str:
    """Return the id of the location whose quantities the hub writes.

    Raises:
        RejectedError: there is none, or none was chosen among several.
    """
    if settings.location_id:
        return settings.location_id
    return _choose_location(_list_active(admin), "").id


def list_missing(wanted: Iterable[str], granted: set[str]) -> list[str]:
    """Return the scopes that were not granted. Who may write may also read."""
    return [
        scope
        for scope in wanted
        if scope not in granted and scope.replace("read_", "write_", 1) not in granted
    ]


def _list_active(admin: Admin) -> list[Location]:
    reply = admin.ask(LOCATIONS)
    found = reply.read(Locations, "locations").nodes
    return [location for location in found if location.is_active]


def _choose_location(locations: list[Location], wanted: str) -> Location:
    """Return the wanted location, or the only one.

    Raises:
        RejectedError: names what there is to choose from.
    """
    fitting = [place for place in locations if place.id == wanted or not wanted]
    if len(fitting) == 1:
        return fitting[0]
    choice = ", ".join(f"{place.name} ({place.id})" for place in locations)
    raise RejectedError(
        f"the location {wanted} is not an active one of the shop"
        if wanted
        else f"the shop has {len(locations)} active locations and none was chosen",
        next_step=f"Set location_id to one of: {choice or 'none is active'}.",
    )
