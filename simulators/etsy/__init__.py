"""A simulated Etsy shop: receipts, listings with inventories, OAuth, webhooks.

Facts come from Etsy's OpenAPI contract and from issues of its open-api repository; it
knows nothing of the product that talks to it. ``EtsyShop`` is the way in.
"""

from __future__ import annotations

from .settings import ShopSettings
from .shop import EtsyShop
from .state import NewItem

__all__ = ["EtsyShop", "NewItem", "ShopSettings"]
