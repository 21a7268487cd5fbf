"""Whose credentials these are, and what will not work with them. Changes nothing."""

from __future__ import annotations

from ...canonical.pushes import Account
from ...mapping.ebay_words import MARKETPLACE_CURRENCIES
from ..calls import Call
from .doors import ACCOUNT, FULFILLMENT, IDENTITY, INVENTORY, Doors
from .settings import EbaySettings
from .wire import Privileges, User, read_answer


def check_account(doors: Doors, settings: EbaySettings) -> Account:
    """Prove keyset, scopes and identity.

    The token itself proves the scopes: eBay refuses to renew one for a scope that the
    seller did not agree to.

    Raises:
        ReauthRequiredError: eBay does not accept the credentials, or a scope.
        RejectedError: the account may not use one of the APIs.
    """
    path = f"{IDENTITY}/user/"
    user = read_answer(User, doors.identity.send(Call("GET", path, safe=True)))
    one = {"limit": "1"}
    doors.seller.send(Call("GET", f"{FULFILLMENT}/order", one, safe=True))
    path = f"{INVENTORY}/inventory_item"
    doors.seller.send(Call("GET", path, one, safe=True, accept_statuses=(404,)))
    path = f"{ACCOUNT}/privilege"
    told = read_answer(Privileges, doors.seller.send(Call("GET", path, safe=True)))
    warnings = []
    if not told.seller_registration_completed:
        warnings.append(
            "The seller's registration at eBay is not complete. Orders may never show "
            "in the API until it is."
        )
    if user.registration_marketplace_id not in {"", settings.marketplace}:
        warnings.append(
            f"The account is registered at {user.registration_marketplace_id}, and the "
            f"channel is set to {settings.marketplace}. Cancellations ask the latter."
        )
    return Account(
        external_id=user.user_id,
        name=user.username or user.user_id,
        currency=MARKETPLACE_CURRENCIES.get(settings.marketplace, ""),
        warnings=tuple(warnings),
    )
