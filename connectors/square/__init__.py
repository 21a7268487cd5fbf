"""Square, over its REST API. ``plugin`` is all that the hub needs to know.

One channel is one location of a Square account: its counter and its online orders.
"""

from __future__ import annotations

from ...mapping.square import translator
from ..sdk import Plugin
from .connector import SquareConnector
from .operations import API_VERSION, OPERATIONS
from .settings import SquareSettings
from .traits import TRAITS

plugin = Plugin(
    kind="square",
    title="Square",
    api_version=API_VERSION,
    settings=SquareSettings,
    traits=TRAITS,
    translator=translator,
    connector=SquareConnector,
    connect=SquareConnector,
    operations=OPERATIONS,
)

__all__ = ["OPERATIONS", "plugin"]
