"""eBay, over its Sell APIs. ``plugin`` is all that the hub needs to know about it.

Not the Trading API: listings made with that one are converted first, see the README.
"""

from __future__ import annotations

from ...mapping.ebay import translator
from ..sdk import Plugin
from .connector import EbayConnector
from .doors import OPERATIONS
from .settings import EbaySettings
from .traits import TRAITS

plugin = Plugin(
    kind="ebay",
    title="eBay",
    api_version="sell v1",
    settings=EbaySettings,
    traits=TRAITS,
    translator=translator,
    connector=EbayConnector,
    connect=EbayConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
