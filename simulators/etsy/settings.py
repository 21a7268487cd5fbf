"""What kind of shop a simulator is: application, owner, money and limits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ALL_SCOPES = (
    "listings_r",
    "listings_w",
    "shops_r",
    "transactions_r",
    "transactions_w",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The facts about a simulated shop that do not change while it runs.

    ``rotates_strictly`` ends a refresh token with its first use; without it old ones
    go on working, as was seen (open-api issue 353). ``webhook_url`` is the endpoint
    that was set up in the portal; empty for none. ``requests_per_day`` is the
    application's limit. ``partner`` False makes tracking a thing of approved
    applications only.
    """

    keystring: str = "simulatedkeystring000001"
    shared_secret: str = "simulated-shared"  # noqa: S105 - of a fake application
    refresh_token: str = "31337.simulated-refresh"  # noqa: S105 - of a fake owner
    scopes: tuple[str, ...] = ALL_SCOPES
    shop_id: int = 31_337_001
    user_id: int = 31_337
    shop_name: str = "HarbourTea"
    currency: str = "USD"
    divisor: int = 100
    tax_rate: Decimal = Decimal("0.08")
    shipping_price: Decimal = Decimal("5.00")
    token_seconds: int = 3600
    rotates_strictly: bool = False
    requests_per_day: int = 10_000
    requests_per_second: int = 10
    webhook_url: str = ""
    webhook_secret: str = "whsec_c2ltdWxhdGVkLXNpZ25pbmcta2V5"  # noqa: S105 - fake
    partner: bool = True
    vacation: bool = False
