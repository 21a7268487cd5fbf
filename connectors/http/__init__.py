"""REST APIs described by a TOML file: each file is a channel kind, without code.

``load_plugin`` makes a plugin of a file; the registry finds the files in the folder
that the settings name.
"""

from __future__ import annotations

from .connector import load_plugin
from .description import read_description

__all__ = ["load_plugin", "read_description"]
