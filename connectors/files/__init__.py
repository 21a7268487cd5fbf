"""A folder of CSV files, local or over SFTP. ``plugin`` is all that the hub needs.

For whatever has no API and can export: orders in, stock and tracking out.
"""

from __future__ import annotations

from ...mapping.files import translator
from ..sdk import Plugin
from .connector import FilesConnector
from .settings import FilesSettings
from .traits import TRAITS

plugin = Plugin(
    kind="files",
    title="CSV files",
    api_version="1",
    settings=FilesSettings,
    traits=TRAITS,
    translator=translator,
    connector=FilesConnector,
    connect=FilesConnector,
)

__all__ = ["plugin"]
