"""Medusa 2, over its Admin API. ``plugin`` is all that the hub needs to know.

One stock location of one server: all of its sales channels share orders and stock.
"""

from __future__ import annotations

from ...mapping.medusa import translator
from ..sdk import Plugin
from .connector import MedusaConnector
from .operations import OPERATIONS
from .settings import MedusaSettings
from .traits import TRAITS

plugin = Plugin(
    kind="medusa",
    title="Medusa",
    api_version="admin v2",
    settings=MedusaSettings,
    traits=TRAITS,
    translator=translator,
    connector=MedusaConnector,
    connect=MedusaConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
