"""A simulated Vendure server: the part of its Admin API that a hub talks to.

Behaviour is what was seen on Vendure 3.7.3 with SQLite, types are what its own schema
says; it knows nothing of the product that talks to it. ``VendureShop`` is the way in.
"""

from __future__ import annotations

from .settings import ShopSettings
from .shop import VendureShop
from .state import NewVariant

__all__ = ["NewVariant", "ShopSettings", "VendureShop"]
