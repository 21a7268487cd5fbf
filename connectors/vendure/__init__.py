"""Vendure, over its Admin GraphQL API. ``plugin`` is all that the hub needs.

One channel of one server: its orders, its variants, one of its stock locations.
"""

from __future__ import annotations

from ...mapping.vendure import translator
from ..sdk import Plugin
from .connector import VendureConnector
from .documents import OPERATIONS
from .settings import VendureSettings
from .traits import TRAITS

plugin = Plugin(
    kind="vendure",
    title="Vendure",
    api_version="Admin API of Vendure 3",
    settings=VendureSettings,
    traits=TRAITS,
    translator=translator,
    connector=VendureConnector,
    connect=VendureConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
