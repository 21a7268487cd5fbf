"""The stalls on marketplaces: Amazon, eBay and Etsy.

None of them puts units back on sale by itself, and their orders cannot be edited by a
shopper; so nobody plans that there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...simulators import amazon, ebay, etsy
from ...simulators.world import World
from .goods import Good

_VERIFICATION = "demonstration-verification-token-0001"


class AmazonStall:
    """A store whose changes show within a second, and not after minutes."""

    title: ClassVar[str] = "Amazon"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        self.shop = amazon.AmazonMarket(
            "amazon",
            world=world,
            seed=seed,
            settings=amazon.MarketSettings(
                visible_after_seconds=0.5, processing_seconds=0.2, feed_seconds=1
            ),
        )

    def sell(self, good: Good, units: int) -> str:
        """Put a good on sale under its SKU."""
        return self.shop.add_product(
            amazon.NewProduct(
                name=good.title, sku=good.sku, price=good.price, stock=units
            )
        )

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the application's and the seller's credentials."""
        told = self.shop.state.settings
        return {
            "marketplace": told.marketplace,
            "seller_id": told.seller_id,
            "client_id": told.client_id,
            "client_secret": told.client_secret,
            "refresh_token": told.refresh_token,
            "order_searches_per_hour": 36_000,
            "endpoint": url,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking number of every package."""
        return [
            package.tracking_number
            for order in self.shop.state.orders.values()
            for package in order.packages.values()
        ]


class EbayStall:
    """An account."""

    title: ClassVar[str] = "eBay"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        settings = ebay.ShopSettings(refund_seconds=0.5)
        self.shop = ebay.EbayShop("ebay", world=world, seed=seed, settings=settings)

    def sell(self, good: Good, units: int) -> str:
        """Put a good on sale under its SKU."""
        return self.shop.add_item(
            ebay.NewItem(
                sku=good.sku, title=good.title, price=good.price, quantity=units
            )
        )

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the keyset's and the seller's credentials."""
        told = self.shop.settings
        return {
            "client_id": told.client_id,
            "client_secret": told.client_secret,
            "refresh_token": told.refresh_token,
            "verification_token": _VERIFICATION,
            "alert_email": "shop@harbour.example",
            "address": url,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking number of every parcel."""
        return [
            parcel.tracking_number
            for order in self.shop.state.orders.values()
            for parcel in order.parcels
        ]


class EtsyStall:
    """A shop whose listings have no variations. It is pulled: no portal is set up."""

    title: ClassVar[str] = "Etsy"

    def __init__(self, world: World, seed: int, folder: Path) -> None:
        del folder
        self.shop = etsy.EtsyShop("etsy", world=world, seed=seed)

    def sell(self, good: Good, units: int) -> str:
        """Put a good on sale; Etsy takes 999 of a thing at most."""
        return self.shop.add_item(
            etsy.NewItem(
                sku=good.sku,
                title=good.title,
                price=good.price,
                quantity=min(units, 999),
            )
        )

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return the application's and the owner's credentials."""
        told = self.shop.settings
        return {
            "keystring": told.keystring,
            "shared_secret": told.shared_secret,
            "refresh_token": told.refresh_token,
            "shop_id": told.shop_id,
            # What is sold out is to come back when a shopper changes their mind.
            "renew_sold_out": True,
            "address": url,
        }

    def list_tracking(self) -> list[str]:
        """Return the tracking code of every shipment."""
        return [
            shipment.code
            for receipt in self.shop.state.receipts.values()
            for shipment in receipt.shipments
        ]
