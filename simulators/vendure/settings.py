"""What kind of server a simulator is: accounts, money, stock rules, permissions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ALL_PERMISSIONS = (
    "Authenticated",
    "ReadOrder",
    "UpdateOrder",
    "ReadProduct",
    "UpdateProduct",
    "ReadStockLocation",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The facts about a simulated server that do not change while it runs.

    ``promises_only`` makes payments Authorized instead of Settled. ``locations`` are
    names; only the first one has stock.
    """

    username: str = "hub@harbour.example"
    password: str = "simulated-password-0001"  # noqa: S105 - of a fake server
    api_key: str = "simulated-api-key-0001"
    permissions: tuple[str, ...] = ALL_PERMISSIONS
    channel_code: str = "harbour-tea"
    channel_token: str = "harbour-token"  # noqa: S105 - names a channel
    currency: str = "EUR"
    tax_rate: Decimal = Decimal("0.20")
    shipping_minor: int = 500
    locations: tuple[str, ...] = ("Harbour",)
    tracks_by_default: bool = True
    out_of_stock_threshold: int = 0
    handler: str = "manual-fulfillment"
    promises_only: bool = False
