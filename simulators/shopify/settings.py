"""What kind of shop a simulator is: its name, money, taxes, plan and credentials."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from .records import Tax

API_VERSION = "2026-07"

STATE_TAX = Tax("State Tax", 600)

ALL_SCOPES = (
    "read_all_orders",
    "read_customers",
    "read_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "read_orders",
    "read_products",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
    "write_products",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The facts about a simulated shop that do not change while it runs.

    ``presentment_rates`` are units of a buyer's currency for one unit of the shop's.
    ``bucket_points`` and ``restore_points_per_second`` are the throttle of the
    Standard plan. ``cancel_seconds`` is how long the job behind ``orderCancel`` takes.
    ``own_organisation`` says that app and shop belong to the same organisation, without
    which there are no client credentials tokens.
    """

    name: str = "Simulated Shop"
    domain: str = "simulated.myshopify.com"
    number: int = 548380009
    currency: str = "USD"
    time_zone: str = "America/New_York"
    taxes_included: bool = False
    tax: Tax | None = STATE_TAX
    shipping_minor: int = 500
    presentment_rates: dict[str, Decimal] = field(default_factory=dict)
    locations: tuple[str, ...] = ("Shop location",)
    client_id: str = "simulated-client"
    client_secret: str = "simulated-client-secret"  # noqa: S105 - of a fake shop
    own_organisation: bool = True
    access_token: str = "shpat_simulated"  # noqa: S105 - of a fake shop
    scopes: tuple[str, ...] = ALL_SCOPES
    bucket_points: float = 2000.0
    restore_points_per_second: float = 100.0
    cancel_seconds: float = 1.0

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that webhooks show times in."""
        return ZoneInfo(self.time_zone)
