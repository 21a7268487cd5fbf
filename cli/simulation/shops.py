"""The shops of the simulation: one shape over the kinds of simulated channels.

What a person can do there beside the world's books, and what the shop's own books say.
Nothing here knows the hub.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...simulators.base import Simulator
from ...simulators.books import SoldOutError
from ...simulators.shopify import ShopifyShop
from ...simulators.shopify import ShopSettings as ShopifySettings
from ...simulators.shopify.goods import Variant
from ...simulators.shopify.refusals import RefusedError
from ...simulators.woocommerce import (
    NewProduct,
    NewVariation,
    ShopSettings,
    WooCommerceShop,
)
from ...simulators.world import World

REFUSALS = (RefusedError, SoldOutError)
"""What a shop says to people who want what is not possible."""

_HELD_SHARE = 0.5
_STATUSES = ("processing", "on-hold", "pending", "cancelled", "processing", "trash")
"""Where a merchant moves an order that has not left."""


class Shop(ABC):
    """One account of a channel, as the people in it see it."""

    kind: str
    host: str
    simulator: Simulator
    compares: bool
    """Whether its API sets a quantity only where it is what was expected."""
    times_parcels = True
    """Whether its API says when goods left."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gone: set[str] = set()
        """Listings that were taken down."""

    @abstractmethod
    def connect_settings(self) -> dict[str, Any]:
        """Return what a merchant types in to connect the hub."""

    @abstractmethod
    def put_up(
        self, sku: str, title: str, stock: int, sells: Mapping[str, int]
    ) -> None:
        """Put a listing on sale."""

    @abstractmethod
    def take_down(self, listing: str) -> None:
        """Delete a listing."""

    @abstractmethod
    def shown(self, listing: str) -> int | None:
        """Return the quantity on the listing's counter, below zero if it is."""

    @abstractmethod
    def type_in(self, listing: str, quantity: int) -> None:
        """Overwrite the listing's counter by hand."""

    @abstractmethod
    def ship(self, order_id: str, tracking_number: str) -> None:
        """Ship all that is open of an order, from the shop's own pages."""

    @abstractmethod
    def check_edit(self, order_id: str, line_id: str) -> None:
        """Refuse to edit a line of which the quantity is not what is left."""

    @abstractmethod
    def move(self, order_id: str, draw: float) -> str:
        """Move an order to another of the shop's statuses; return which."""

    @abstractmethod
    def give_up_unpaid(self) -> None:
        """Cancel the orders that nobody paid; the hub held stock for them."""

    @abstractmethod
    def rename(self, listing: str, sku: str) -> None:
        """Give a listing another SKU text; what it is stays the same."""

    @abstractmethod
    def count_parcels(self) -> Counter[str]:
        """Return how often the shop's books hold each tracking number."""

    @abstractmethod
    def forget_hooks(self) -> None:
        """Lose every webhook subscription without a word."""


class ShopifyStand(Shop):
    """A Shopify shop."""

    kind = "shopify"
    compares = True

    def __init__(self, name: str, world: World, number: int, seed: int) -> None:
        super().__init__(name)
        self.host = f"{name}.myshopify.com"
        settings = ShopifySettings(
            domain=self.host,
            number=548380009 + number,
            client_secret=f"canary-client-secret-{number}",
            access_token=f"shpat_canary_{number}",
        )
        self.shop = ShopifyShop(name, world=world, settings=settings, seed=seed)
        self.simulator = self.shop

    def connect_settings(self) -> dict[str, Any]:
        """Return the app's credentials: its tokens expire and are renewed."""
        settings = self.shop.settings
        return {
            "shop": self.host,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
        }

    def put_up(
        self, sku: str, title: str, stock: int, sells: Mapping[str, int]
    ) -> None:
        """Put a product with one variant on sale."""
        product = self.shop.add_product(title)
        self.shop.add_variant(product, sku or None, stock=(stock,), components=sells)

    def take_down(self, listing: str) -> None:
        """Delete a variant."""
        self.shop.delete_variant(self._variant(listing))
        self.gone.add(listing)

    def shown(self, listing: str) -> int | None:
        """Return what is available of a variant."""
        variant = self.shop.books.find_as("ProductVariant", listing)
        return None if variant is None else int(variant.available)

    def type_in(self, listing: str, quantity: int) -> None:
        """Overwrite what is available."""
        self.shop.set_available(self._variant(listing), quantity)

    def _variant(self, listing: str) -> Variant:
        return self.shop.books.variants[int(listing.rpartition("/")[2])]

    def ship(self, order_id: str, tracking_number: str) -> None:
        """Fulfill the order in the admin."""
        self.shop.fulfill_order(
            order_id, tracking_number=tracking_number, company="Village Post"
        )

    def check_edit(self, order_id: str, line_id: str) -> None:
        """Refuse nothing: refunded units are no longer in the line."""

    def move(self, order_id: str, draw: float) -> str:
        """Put the shipping of an order on hold, or release it."""
        self.shop.hold_order(order_id, held=draw < _HELD_SHARE)
        return "on hold" if draw < _HELD_SHARE else "released"

    def give_up_unpaid(self) -> None:
        """Do nothing: everything was paid at once here."""

    def rename(self, listing: str, sku: str) -> None:
        """Change the variant's SKU."""
        self._variant(listing).sku = sku

    def count_parcels(self) -> Counter[str]:
        """Return how often a fulfillment carries each tracking number."""
        return Counter(
            parcel.number or ""
            for order in self.shop.books.orders.values()
            for fulfillment in order.fulfillments
            for parcel in fulfillment.tracking
        )

    def forget_hooks(self) -> None:
        """Delete the subscriptions."""
        self.shop.announcer.end_all()


class WooCommerceStand(Shop):
    """A WooCommerce shop."""

    kind = "woocommerce"
    compares = False

    def __init__(
        self, name: str, world: World, number: int, seed: int, *, native: bool
    ) -> None:
        super().__init__(name)
        self.host = f"{name}.example"
        self.times_parcels = not native
        settings = ShopSettings(
            consumer_key=f"ck_canary_{number}",
            consumer_secret=f"cs_canary_{number}",
            native_fulfillments=native,
        )
        self.shop = WooCommerceShop(name, world=world, settings=settings, seed=seed)
        self.simulator = self.shop

    def connect_settings(self) -> dict[str, Any]:
        """Return the API key."""
        settings = self.shop.state.settings
        return {
            "shop_url": f"https://{self.host}",
            "consumer_key": settings.consumer_key,
            "consumer_secret": settings.consumer_secret,
        }

    def put_up(
        self, sku: str, title: str, stock: int, sells: Mapping[str, int]
    ) -> None:
        """Put a simple product on sale."""
        price = Decimal(20)
        new = NewProduct(name=title, price=price, sku=sku, stock=stock, sells=sells)
        self.shop.add_product(new)

    def put_up_colours(self, sku: str, title: str, stock: int) -> None:
        """Put a product on sale whose two variations share its counter."""
        variations = [
            NewVariation(options={"Colour": one}, price=Decimal(20), sells={sku: 1})
            for one in ("Blue", "Green")
        ]
        self.shop.add_variable_product(title, variations, sku=sku, parent_stock=stock)

    def take_down(self, listing: str) -> None:
        """Delete a product."""
        self.shop.delete_listing(listing)
        self.gone.add(listing)

    def shown(self, listing: str) -> int | None:
        """Return what the counter says that the listing lives from."""
        if listing in self.gone:
            return None
        owner = self.shop.state.stock_owner(self.shop.product(listing))
        return None if owner is None else owner.stock

    def type_in(self, listing: str, quantity: int) -> None:
        """Overwrite the counter."""
        self.shop.set_stock(listing, quantity)

    def ship(self, order_id: str, tracking_number: str) -> None:
        """Complete the order; without a feature for it there is no tracking number."""
        del tracking_number
        order = self.shop.order(order_id)
        if order.status != "processing":
            raise RefusedError(f"the order is {order.status}")
        self.shop.set_order_status(order_id, "completed")

    def check_edit(self, order_id: str, line_id: str) -> None:
        """Refuse a line with refunded units: they go on to count in its quantity."""
        refunds = self.shop.order(order_id).refunds
        if any(str(one.line.line_id) == line_id for r in refunds for one in r.lines):
            raise RefusedError("the line has refunds")

    def move(self, order_id: str, draw: float) -> str:
        """Set a status by hand; one that was completed is left alone."""
        status = _STATUSES[int(draw * len(_STATUSES))]
        if self.shop.order(order_id).status not in _STATUSES:
            raise RefusedError("the order is closed")
        if status == "trash":
            self.shop.trash_order(order_id)
        else:
            self.shop.set_order_status(order_id, status)
        return status

    def give_up_unpaid(self) -> None:
        """Cancel what is pending, as the shop does by itself after a while."""
        for order in self.shop.state.orders.values():
            if order.status == "pending":
                self.shop.set_order_status(str(order.order_id), "cancelled")

    def rename(self, listing: str, sku: str) -> None:
        """Change the product's SKU."""
        self.shop.rename_sku(listing, sku)

    def count_parcels(self) -> Counter[str]:
        """Return how often fulfillments and notes carry each tracking number."""
        counted: Counter[str] = Counter()
        for order in self.shop.state.orders.values():
            counted.update(
                str(entry["value"])
                for fulfillment in order.fulfillments
                for entry in fulfillment.meta
                if entry["key"] == "_tracking_number"
            )
            for note in order.notes:
                _, found, rest = note.text.partition(" under ")
                if found:
                    counted[rest.partition(".")[0]] += 1
        return counted

    def forget_hooks(self) -> None:
        """Delete the webhooks."""
        self.shop.state.webhooks.clear()
