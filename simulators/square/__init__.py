"""A simulated Square account with one location: counter, online orders, catalogue.

No payment terminal and no pricing engine: only what a hub meets.
"""

from .shop import SquareShop
from .state import NewItem, NewVariation, ShopSettings

__all__ = ["NewItem", "NewVariation", "ShopSettings", "SquareShop"]
