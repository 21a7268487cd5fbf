"""A fake Shopify shop: Admin GraphQL 2026-07, OAuth tokens, throttle and webhooks.

It knows nothing of the product that talks to it. ``ShopifyShop`` is the way in.
"""

from __future__ import annotations

from .orders import Checkout
from .records import Buyer, Discount, Tax
from .settings import ALL_SCOPES, API_VERSION, ShopSettings
from .simulator import ShopifyShop

__all__ = [
    "ALL_SCOPES",
    "API_VERSION",
    "Buyer",
    "Checkout",
    "Discount",
    "ShopSettings",
    "ShopifyShop",
    "Tax",
]
