"""What kind of server a simulator is: its key, its location, its money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The facts about a simulated server that do not change while it runs."""

    secret_key: str = "sk_simulated0secret0key"  # noqa: S105 - of a fake server
    location_id: str = "sloc_SIMULATED"
    store_id: str = "store_SIMULATED"
    name: str = "Harbour Tea"
    currency: str = "EUR"
    tax_rate: Decimal = Decimal("0.19")
    prices_include_tax: bool = False
    shipping_price: Decimal = Decimal("5.00")
