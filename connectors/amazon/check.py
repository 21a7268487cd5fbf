"""Proves that an account can be worked with: token, store, seller, roles.

Reads the account's stores, one listing and one order. Changes nothing.
"""

from __future__ import annotations

from datetime import timedelta

from ...canonical.clock import Clock
from ...canonical.errors import RejectedError
from ...canonical.pushes import Account
from ...mapping.amazon_words import MARKETPLACES
from .operations import Operation, SellingPartner
from .orders import Window, ask_for_orders
from .wire import MarketplaceParticipation, Participations, read_answer

_ROLES = (
    "In Seller Central > Develop apps, give the application the roles Product Listing "
    "and Inventory and Order Tracking (and, for names and addresses, "
    "Direct-to-Consumer Shipping), and authorise it again."
)


def check_account(seller: SellingPartner, clock: Clock) -> Account:
    """Return whose store it is, and what will not work.

    Raises:
        ReauthRequiredError: Amazon does not accept the credentials.
        RejectedError: they are good, and not for this store, seller or purpose.
    """
    store = _find_store(seller)
    _prove_listings(seller)
    _prove_orders(seller, clock)
    settings = seller.settings
    warnings = []
    if store.participation.has_suspended_listings:
        warnings.append(
            f"The listings in {store.marketplace.name} are suspended: nothing sells "
            "there. See Seller Central > Account health."
        )
    if not settings.buyer_details:
        warnings.append(
            "Orders come without names and addresses, as set; parcels can be told of "
            "all the same."
        )
    return Account(
        external_id=f"{settings.seller_id}/{settings.marketplace}",
        name=store.store_name or store.marketplace.name,
        currency=store.marketplace.default_currency_code,
        warnings=tuple(warnings),
    )


def _find_store(seller: SellingPartner) -> MarketplaceParticipation:
    answer = seller.send(Operation.LIST_PARTICIPATIONS)
    stores = read_answer(Participations, answer).payload
    wanted = seller.settings.marketplace
    for store in stores:
        if store.marketplace.id == wanted and store.participation.is_participating:
            return store
    names = ", ".join(
        each.marketplace.name for each in stores if each.participation.is_participating
    )
    raise RejectedError(
        f"the account does not sell in {MARKETPLACES[wanted].country}; it sells in "
        f"{names or 'no store of this region'}",
        next_step="Choose one of its stores, or open this one in Seller Central.",
    )


def _prove_listings(seller: SellingPartner) -> None:
    """Read one listing: Amazon answers only for the account's own seller id."""
    params = {"marketplaceIds": seller.settings.marketplace, "pageSize": "1"}
    try:
        seller.send(
            Operation.SEARCH_LISTINGS,
            ids={"sellerId": seller.settings.seller_id},
            params=params,
        )
    except RejectedError as error:
        raise RejectedError(
            f"the account's listings cannot be read: {error.message}",
            next_step=f"Check the seller ID. {_ROLES}",
        ) from None


def _prove_orders(seller: SellingPartner, clock: Clock) -> None:
    """Search for one order, with all that pulls will ask for."""
    window = Window(clock.now() - timedelta(days=1))
    try:
        ask_for_orders(seller, window, 1)
    except RejectedError as error:
        raise RejectedError(
            f"the account's orders cannot be read: {error.message}", next_step=_ROLES
        ) from None
