"""What kind of store a simulator is: account, money, location and stock rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """The facts about a simulated store that do not change while it runs.

    ``restocks`` is the store's setting to adjust stock on refunds and cancellations.
    ``read_lag_seconds`` is how long an adjustment reads back as the old quantity.
    ``status_names`` are statuses that the merchant renamed. ``requests_per_window``
    counts in windows of 30 seconds; None does not count.
    """

    store_hash: str = "abc123def4"
    access_token: str = "simulated-access-token-0001"  # noqa: S105 - of a fake store
    client_secret: str = "simulated-client-secret-0001"  # noqa: S105 - of a fake store
    name: str = "Harbour Tea"
    currency: str = "EUR"
    decimals: int = 2
    tax_rate: Decimal = Decimal("0.20")
    prices_include_tax: bool = False
    shipping_price: Decimal = Decimal("5.00")
    location_id: int = 1
    location_enabled: bool = True
    restocks: bool = True
    read_lag_seconds: float = 10.0
    may_write: bool = True
    gateway: str = "stripe"
    offline_gateway: bool = False
    requests_per_window: int | None = None
    status_names: dict[int, str] = field(default_factory=dict)
