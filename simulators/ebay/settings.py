"""What kind of account a simulator is: keyset, seller, marketplace and money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_SCOPE = "https://api.ebay.com/oauth/api_scope"
ALL_SCOPES = (
    f"{_SCOPE}/commerce.identity.readonly",
    f"{_SCOPE}/commerce.notification.subscription",
    f"{_SCOPE}/sell.account.readonly",
    f"{_SCOPE}/sell.finances",
    f"{_SCOPE}/sell.fulfillment",
    f"{_SCOPE}/sell.inventory",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The facts about a simulated account that do not change while it runs.

    ``tax_rate`` is a tax that eBay collects from the buyer and remits itself.
    ``refund_seconds`` is how long the job behind a refund takes. ``signed_writes``
    makes the seller one of the EU or the UK, whose refunds and cancellations must be
    signed.
    """

    client_id: str = "Simulated-keyset-PRD"
    client_secret: str = "PRD-simulated-secret"  # noqa: S105 - of a fake keyset
    refresh_token: str = "v^1.1#i^1#simulated-refresh"  # noqa: S105 - of a fake seller
    scopes: tuple[str, ...] = ALL_SCOPES
    user_id: str = "simulatedUserId01"
    username: str = "harbour_tea"
    marketplace: str = "EBAY_US"
    currency: str = "USD"
    tax_rate: Decimal = Decimal("0.08")
    shipping_price: Decimal = Decimal("5.00")
    registration_completed: bool = True
    alert_email: str = ""
    topics: tuple[str, ...] = ("ORDER_CONFIRMATION", "MARKETPLACE_ACCOUNT_DELETION")
    token_seconds: int = 7200
    refund_seconds: float = 60.0
    revisions_per_day_max: int = 250
    signed_writes: bool = False
