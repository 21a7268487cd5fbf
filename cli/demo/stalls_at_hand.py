"""The stalls at hand: a till (Square), and a shop that exchanges files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...simulators import files, square
from ...simulators.world import World
from .goods import Good


class SquareStall:
    """An account that takes orders which are to be shipped."""

    title: ClassVar[str] = "Square"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        self.shop = square.SquareShop("square", world=world, seed=seed)

    def sell(self, good: Good, units: int) -> str:
        """Put an item with one variation on sale."""
        variation = square.NewVariation(sku=good.sku, price=good.price, stock=units)
        new = square.NewItem(name=good.title, variations=(variation,))
        (listing,) = self.shop.add_item(new)
        return listing

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the personal token and the location."""
        told = self.shop.settings
        return {
            "access_token": told.access_token,
            "location_id": told.location_id,
            "api_url": url,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking number of every shipment."""
        return [
            str(fulfillment.get("shipment_details", {}).get("tracking_number", ""))
            for order in self.shop.state.orders.values()
            for fulfillment in order.fulfillments
        ]


class FilesStall:
    """A shop whose only door is a folder; what it is asked at, it looks into it."""

    title: ClassVar[str] = "Files"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        self.shop = files.FilesShop("files", world=world, folder=folder, seed=seed)

    def sell(self, good: Good, units: int) -> str:
        """Put a product on sale under its SKU."""
        new = files.NewProduct(good.title, good.price, good.sku, units)
        return self.shop.add_product(new)

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the folder; nothing answers at ``url``."""
        del url
        return {"location": str(self.shop.folder), "settle_seconds": 1}

    def list_tracking(self) -> list[str]:
        """Return the tracking number of every file of a parcel."""
        self.shop.work()
        return [
            rows[0]["tracking_number"]
            for sold in self.shop.world.orders(self.shop.channel)
            for rows in self.shop.order(sold.order_id).parcels.values()
        ]
