"""Etsy, over its Open API v3. ``plugin`` is all that the hub needs to know about it."""

from __future__ import annotations

from ...mapping.etsy import translator
from ..sdk import Plugin
from .connector import EtsyConnector
from .operations import API_VERSION, OPERATIONS
from .settings import EtsySettings
from .traits import TRAITS

plugin = Plugin(
    kind="etsy",
    title="Etsy",
    api_version=API_VERSION,
    settings=EtsySettings,
    traits=TRAITS,
    translator=translator,
    connector=EtsyConnector,
    connect=EtsyConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
