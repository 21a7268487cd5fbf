"""BigCommerce, over its REST API v2 and v3. ``plugin`` is all that the hub needs.

One location of one store: several storefronts of it share orders and stock.
"""

from __future__ import annotations

from ...mapping.bigcommerce import translator
from ..sdk import Plugin
from .connector import BigCommerceConnector
from .operations import OPERATIONS
from .settings import BigCommerceSettings
from .traits import TRAITS

plugin = Plugin(
    kind="bigcommerce",
    title="BigCommerce",
    api_version="orders v2, catalog, inventory and refunds v3",
    settings=BigCommerceSettings,
    traits=TRAITS,
    translator=translator,
    connector=BigCommerceConnector,
    connect=BigCommerceConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
