"""A simulated WooCommerce shop: REST v3 as a real 11.0 server behaves, warts and all.

Facts come from the vendor's documentation and from observing and reading WooCommerce
itself; where these differ the behaviour of the server counts.
"""

from __future__ import annotations

from .catalogue import NewProduct, NewVariation
from .shop import WooCommerceShop
from .state import ShopSettings

__all__ = ["NewProduct", "NewVariation", "ShopSettings", "WooCommerceShop"]
