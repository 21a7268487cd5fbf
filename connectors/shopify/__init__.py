"""Shopify through its Admin GraphQL API, version 2026-07.

``plugin`` is for others, ``OPERATIONS`` for tests; the rest of the folder is private.
"""

from __future__ import annotations

from ...mapping import shopify as translator
from ..sdk import Plugin
from .connector import TRAITS, ShopifyConnector
from .graphql import API_VERSION
from .operations import OPERATIONS
from .settings import ShopifySettings

plugin = Plugin(
    kind="shopify",
    title="Shopify",
    api_version=API_VERSION,
    settings=ShopifySettings,
    traits=TRAITS,
    translator=translator,
    connector=ShopifyConnector,
    connect=ShopifyConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
