"""Amazon, over its Selling Partner API. ``plugin`` is all that the hub needs to know.

Goods that Amazon ships from its own warehouses (FBA) are shown and never written.
"""

from __future__ import annotations

from ...mapping.amazon import translator
from ..sdk import Plugin
from .connector import AmazonConnector
from .operations import OPERATIONS
from .settings import AmazonSettings
from .traits import TRAITS

plugin = Plugin(
    kind="amazon",
    title="Amazon",
    api_version="orders 2026-01-01, listings 2021-08-01, feeds 2021-06-30",
    settings=AmazonSettings,
    traits=TRAITS,
    translator=translator,
    connector=AmazonConnector,
    connect=AmazonConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
