"""A simulated BigCommerce store: orders v2, catalog, inventory, refunds and hooks v3.

Facts come from BigCommerce's OpenAPI contracts and its page on webhooks; it knows
nothing of the product that talks to it. ``BigCommerceStore`` is the way in.
"""

from __future__ import annotations

from .settings import StoreSettings
from .state import NewProduct, NewVariant
from .store import BigCommerceStore

__all__ = ["BigCommerceStore", "NewProduct", "NewVariant", "StoreSettings"]
