"""Whose credentials these are, and what will not work with them. Changes nothing."""

from __future__ import annotations

from typing import Any

from ...canonical.errors import RejectedError
from ...canonical.pushes import Account
from ..calls import Call, Transport
from .kept import Kept
from .operations import APPLICATION
from .orders import has_requests_left
from .settings import EtsySettings
from .wire import Self, ShopHead, read_answer

SCOPES = frozenset(
    {"listings_r", "listings_w", "shops_r", "transactions_r", "transactions_w"}
)
"""What the shop's owner must have agreed to."""


def check_account(shop: Transport, kept: Kept, settings: EtsySettings) -> Account:
    """Prove key, token, scopes and shop.

    Raises:
        ReauthRequiredError: Etsy does not accept the credentials.
        RejectedError: they are another shop's, or lack a scope; says which.
    """
    path = f"{APPLICATION}/users/me"
    whose = read_answer(Self, shop.send(Call("GET", path, safe=True)))
    if whose.shop_id != settings.shop_id:
        raise RejectedError(
            f"the refresh token is for shop {whose.shop_id}, and not for "
            f"{settings.shop_id}",
            next_step=f"Enter {whose.shop_id} as shop ID, or another refresh token.",
        )
    _require_scopes(shop, kept)
    path = f"{APPLICATION}/shops/{settings.shop_id}"
    answer = shop.send(Call("GET", path, safe=True))
    told = read_answer(ShopHead, answer)
    warnings = []
    if told.is_vacation:
        warnings.append("The shop is on vacation: nobody can buy there at present.")
    if not has_requests_left(answer.headers):
        warnings.append(
            "The application has used up nearly all of its requests of today. Etsy "
            "counts those of all shops that it serves together."
        )
    return Account(
        external_id=str(told.shop_id),
        name=told.shop_name or str(told.shop_id),
        currency=told.currency_code,
        warnings=tuple(warnings),
    )


def _require_scopes(shop: Transport, kept: Kept) -> None:
    form = {"token": kept.load_tokens()["access_token"]}
    path = f"{APPLICATION}/scopes"
    answer = shop.send(Call("POST", path, form=form, safe=True))
    given = _list_words(answer.json())
    missing = sorted(SCOPES - given)
    # The contract does not say how scopes are told: none at all proves nothing.
    if given and missing:
        raise RejectedError(
            f"the shop's owner did not agree to {', '.join(missing)}",
            next_step="Ask for access again, with all scopes that the connector's "
            "README names.",
        )


def _list_words(told: Any) -> frozenset[str]:
    """Return every word in an answer, in whichever of its places."""
    if isinstance(told, str):
        return frozenset(told.split())
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        return frozenset().union(*map(_list_words, told))
    return frozenset()
