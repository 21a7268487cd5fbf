"""Proves that a shop can be worked with: address, key, permissions, version, identity.

Reads the shop's status report, and proves the permission to write with a batch that
holds nothing. Changes nothing.
"""

from __future__ import annotations

import re

from ...canonical.errors import ReauthRequiredError, RejectedError, RetryLaterError
from ...canonical.pushes import Account
from ..calls import Answer, Call, Transport
from ..statuses import read_reason
from .settings import WooCommerceSettings
from .wire import SystemStatus, read_one

VERSION_MIN = (5, 8)
"""The first with ``modified_after`` and ``dates_are_gmt``; older ones ignore them."""

_NO_API = (
    "Check the address (with the folder, if the shop has one), that WooCommerce is "
    "active, and that Settings > Permalinks is not set to Plain."
)
_NO_PERMISSION = (
    "Make a key with permission Read/Write for a user who may manage the shop "
    "(WooCommerce > Settings > Advanced > REST API)."
)


def check_shop(transport: Transport, settings: WooCommerceSettings) -> Account:
    """Return whose shop it is, and what will not work.

    Args:
        transport: to the shop.
        settings: the shop's address, and the secrets that no error may tell.

    Raises:
        ReauthRequiredError: the shop does not accept the key.
        RejectedError: the address, the version or the permissions do not do.
    """
    status = _read_status(transport, settings)
    version = status.environment.version
    if _parse_version(version) < VERSION_MIN:
        needed = ".".join(str(part) for part in VERSION_MIN)
        raise RejectedError(
            f"the shop runs WooCommerce {version}; {needed} or later is needed",
            next_step="Update WooCommerce.",
        )
    _prove_writing(transport, settings)
    home = status.environment.home_url.rstrip("/")
    identity = home.partition("://")[2] or home
    return Account(
        external_id=identity.lower(),
        name=identity,
        currency=status.settings.currency,
        warnings=_list_warnings(status, settings.shop_url),
    )


def _read_status(transport: Transport, settings: WooCommerceSettings) -> SystemStatus:
    call = Call("GET", "/system_status", safe=True, accept_statuses=(403, 404))
    try:
        answer = transport.send(call)
    except RetryLaterError as error:
        raise RetryLaterError(
            error.message,
            delay_seconds=error.delay_seconds,
            next_step=f"{error.next_step} {_NO_API}".strip(),
        ) from None
    if answer.status == 403:
        reason = _explain(answer, settings)
        raise RejectedError(
            f"the key works, and its user may not see the shop's status: {reason}",
            next_step=_NO_PERMISSION,
        )
    if answer.status == 404:
        reason = _explain(answer, settings)
        raise RejectedError(
            f"there is no WooCommerce REST API at this address: {reason}",
            next_step=_NO_API,
        )
    return read_one(SystemStatus, answer)


def _prove_writing(transport: Transport, settings: WooCommerceSettings) -> None:
    """Send a write that changes nothing; the shop checks the key's permission first."""
    call = Call(
        "POST",
        "/products/batch",
        json={"update": []},
        safe=True,
        accept_statuses=(403,),
    )
    try:
        answer = transport.send(call)
    except ReauthRequiredError as error:
        raise RejectedError(
            f"the key can read and not write: {error.message}",
            next_step=_NO_PERMISSION,
        ) from None
    if answer.status == 403:
        raise RejectedError(
            f"the key's user may not change products: {_explain(answer, settings)}",
            next_step=_NO_PERMISSION,
        )


def _explain(answer: Answer, settings: WooCommerceSettings) -> str:
    secrets = {settings.consumer_key, settings.consumer_secret}
    words = frozenset(secret.get_secret_value() for secret in secrets)
    return read_reason(answer.headers, answer.body, words) or str(answer.status)


def _parse_version(version: str) -> tuple[int, ...]:
    """Return the leading numbers: 11.0.1-rc.1 is (11, 0, 1)."""
    leading = re.match(r"\d+(?:\.\d+)*", version, re.ASCII)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


def _list_warnings(status: SystemStatus, shop_url: str) -> tuple[str, ...]:
    warnings = []
    if not shop_url.lower().startswith("https://"):
        warnings.append(
            "The shop is asked over plain http: orders and addresses travel readable "
            "for everybody on the way. Use https."
        )
    if not status.environment.wp_cron:
        warnings.append(
            "WordPress' own cron is off. Webhooks wait for the shop's cron job; "
            "orders still arrive at the next pull."
        )
    return tuple(warnings)
