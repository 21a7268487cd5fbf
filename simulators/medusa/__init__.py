"""A simulated Medusa server: orders, payments, parcels, products, prices and stock.

Behaves as a server of version 2.21 was seen to; it knows nothing of the product that
talks to it. ``MedusaShop`` is the way in.
"""

from __future__ import annotations

from .settings import ShopSettings
from .shop import MedusaShop
from .state import NewProduct, NewVariant

__all__ = ["MedusaShop", "NewProduct", "NewVariant", "ShopSettings"]
