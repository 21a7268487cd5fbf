"""A simulated shop without an API: it drops CSV files into a folder, and takes some.

``FilesShop`` has the same staff and shoppers as the shops with an API. It shares no
code with the hub and writes its files by itself.
"""

from __future__ import annotations

from .shop import FilesShop, NewProduct, SoldRow

__all__ = ["FilesShop", "NewProduct", "SoldRow"]
