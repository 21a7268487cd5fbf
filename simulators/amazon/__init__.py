"""A simulated Amazon store: the parts of SP-API that a hub uses, warts and all.

Facts come from the vendor's own models and documentation: lists that leave out the
newest two minutes and promise no order, pending orders without prices, listing writes
and feeds that take effect later, documents at presigned addresses of another host.
"""

from __future__ import annotations

from .catalogue import NewProduct
from .market import AmazonMarket
from .state import MarketSettings

__all__ = ["AmazonMarket", "MarketSettings", "NewProduct"]
