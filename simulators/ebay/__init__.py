"""A simulated eBay: Sell Fulfillment and Inventory, OAuth, notifications, Post-Order.

Facts come from eBay's OpenAPI contracts and from third parties' probes of the real
thing; it knows nothing of the product that talks to it. ``EbayShop`` is the way in.
"""

from __future__ import annotations

from .settings import ShopSettings
from .shop import EbayShop
from .state import NewItem

__all__ = ["EbayShop", "NewItem", "ShopSettings"]
