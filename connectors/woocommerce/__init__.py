"""WooCommerce, over its REST API v3. ``plugin`` is all that the hub needs to know.

Not an extension to install in the shop: it works with what every shop offers.
"""

from __future__ import annotations

from ...mapping.woocommerce import translator
from ..sdk import Plugin
from .connector import WooCommerceConnector
from .operations import OPERATIONS
from .settings import WooCommerceSettings
from .traits import TRAITS

plugin = Plugin(
    kind="woocommerce",
    title="WooCommerce",
    api_version="wc/v3",
    settings=WooCommerceSettings,
    traits=TRAITS,
    translator=translator,
    connector=WooCommerceConnector,
    connect=WooCommerceConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
