"""The stalls on shop servers: BigCommerce, Medusa and Vendure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...simulators import bigcommerce, medusa, vendure
from ...simulators.world import World
from .goods import Good


class BigCommerceStall:
    """A store whose stock reads back as written after half a second."""

    title: ClassVar[str] = "BigCommerce"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        self.shop = bigcommerce.BigCommerceStore(
            "bigcommerce",
            world=world,
            seed=seed,
            settings=bigcommerce.StoreSettings(read_lag_seconds=0.5),
        )

    def sell(self, good: Good, units: int) -> str:
        """Put a product on sale."""
        return self.shop.add_product(
            bigcommerce.NewProduct(
                name=good.title, sku=good.sku, price=good.price, stock=units
            )
        )

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the API account."""
        told = self.shop.settings
        return {
            "store_hash": told.store_hash,
            "access_token": told.access_token,
            "client_secret": told.client_secret,
            "api_url": url,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking number of every shipment."""
        return [
            str(shipment.told.get("tracking_number", ""))
            for order in self.shop.state.orders.values()
            for shipment in order.shipments
        ]


class MedusaStall:
    """A server."""

    title: ClassVar[str] = "Medusa"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        self.shop = medusa.MedusaShop("medusa", world=world, seed=seed)

    def sell(self, good: Good, units: int) -> str:
        """Put a product on sale."""
        return self.shop.add_product(
            medusa.NewProduct(
                name=good.title, sku=good.sku, price=good.price, stock=units
            )
        )

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the key and the location."""
        told = self.shop.settings
        return {
            "server_url": url,
            "secret_key": told.secret_key,
            "location_id": told.location_id,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking number on every label."""
        return [
            str(label["tracking_number"])
            for order in self.shop.state.orders.values()
            for parcel in order.fulfillments
            for label in parcel.labels
        ]


class VendureStall:
    """A server; its open orders are looked at every other second."""

    title: ClassVar[str] = "Vendure"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        self.shop = vendure.VendureShop("vendure", world=world, seed=seed)

    def sell(self, good: Good, units: int) -> str:
        """Put a variant on sale."""
        return self.shop.add_variant(
            vendure.NewVariant(
                sku=good.sku, name=good.title, price=good.price_minor, stock=units
            )
        )

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the hub's own administrator."""
        told = self.shop.settings
        return {
            "server_url": url,
            "username": told.username,
            "password": told.password,
            "recheck_seconds": 2,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking code of every fulfillment."""
        return [
            parcel.tracking_code
            for order in self.shop.state.orders.values()
            for parcel in order.fulfillments
        ]
