"""The shop with the people in it: the catalogue, shoppers and staff.

Beside the API there are two doors: the actions that ``books.Shop`` names, which the
world opens to shoppers, and what a merchant can do in Shopify's admin. All of them hold
the simulator's lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..books import BasketLine
from ..faults import NO_FAULTS, Faults
from ..world import World
from . import orders, refunds, shipments
from .goods import Product, Variant
from .orders import Checkout
from .payloads_goods import product_payload, shop_payload
from .records import Fulfillment, Line, Order, Tracking
from .seeding import seed_orders
from .server import ShopifyServer
from .settings import ShopSettings


class ShopifyShop(ShopifyServer):
    """A Shopify shop. Listings are named by the variant's global id.

    Args:
        settings: what kind of shop it is.
    """

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        settings: ShopSettings | None = None,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
    ) -> None:
        super().__init__(
            channel, world=world, settings=settings, seed=seed, faults=faults
        )
        world.open_shop(channel, self)

    # What the shop sells

    def add_product(
        self, title: str, *, gift_card: bool = False, status: str = "ACTIVE"
    ) -> Product:
        """Add a product; ``add_variant`` gives it something to sell."""
        with self.lock:
            return self.books.add_product(title, gift_card=gift_card, status=status)

    def add_variant(
        self,
        product: Product,
        sku: str | None,
        *,
        price_minor: int = 2000,
        stock: Sequence[int] = (10,),
        components: Mapping[str, int] | None = None,
        title: str = "Default Title",
        **facts: Any,
    ) -> Variant:
        """Add a variant and offer it in the world.

        Args:
            stock: available units per location, in the order of the settings.
            components: units of the warehouse's SKUs in one unit; the SKU itself once
                by default.
            facts: further fields of ``Variant`` (barcode, tracked, oversell, ...).
        """
        with self.lock:
            variant = self.books.add_variant(
                product,
                title=title,
                price_minor=price_minor,
                stock=stock,
                sku=sku,
                **facts,
            )
            self.world.offer(
                self.channel, variant.gid, components or ({sku: 1} if sku else {})
            )
            self.world.record_shown(
                self.channel, variant.gid, variant.available, written=False
            )
            self._product_changed(product)
            return variant

    def seed_orders(self, count: int, lines_per_order: int) -> list[str]:
        """Fill the shop with orders over all variants, for benchmarks.

        Repeated queries are answered from memory from now on. Variants are added where
        there are fewer than an order has lines.
        """
        with self.lock:
            for number in range(len(self.books.variants), lines_per_order):
                product = self.books.add_product(f"Seeded product {number}")
                self.add_variant(product, f"SEED-{number}")
            self.pages.enabled = True
            return seed_orders(
                self.ledger,
                list(self.books.variants.values()),
                count=count,
                lines_per_order=lines_per_order,
            )

    def shown(self, listing: str) -> int:
        """Return how many of a listing shoppers may buy now."""
        with self.lock:
            variant: Variant | None = self.books.find_as("ProductVariant", listing)
            return variant.available if variant else 0

    def delete_variant(self, variant: Variant) -> None:
        """Let staff delete a variant; order lines keep a copy and lose the link."""
        with self.lock:
            self.books.delete_variant(variant)
            self.world.record_shown(self.channel, variant.gid, 0, written=False)
            self._product_changed(variant.product)

    def set_available(
        self, variant: Variant, quantity: int, *, location: int = 0
    ) -> None:
        """Let staff type in a quantity; ``location`` counts from 0."""
        with self.lock:
            place = list(self.books.locations)[location]
            self.announcer.begin_event()
            self.stock.write(variant.levels[place], quantity, written=False)

    def _product_changed(self, product: Product) -> None:
        product.updated_at = self.books.now()
        self.books.revision += 1
        self.announcer.begin_event()
        topic = "products/delete" if product.deleted else "products/update"
        self.announcer.announce(
            topic,
            lambda: (
                {"id": product.number}
                if product.deleted
                else product_payload(product, self.settings)
            ),
        )

    # Shoppers and staff

    def sell(
        self,
        basket: Sequence[BasketLine],
        buyer: str,
        checkout: Checkout | None = None,
    ) -> str:
        """Place an order and return its global id.

        Raises:
            SoldOutError: the shop's own counter does not allow it. Nothing is sold.
        """
        chosen = checkout or Checkout()
        if buyer:
            chosen = replace(chosen, buyer=replace(chosen.buyer, name=buyer))
        with self.lock:
            self.jobs.run_due()
            return orders.place_order(self.ledger, basket, chosen).gid

    def cancel_order(self, order_id: str) -> None:
        """Let staff cancel an order, restock it and give the money back.

        Raises:
            RefusedError: it is cancelled already, or something of it has shipped.
        """
        with self.lock:
            self.jobs.run_due()
            refunds.cancel_order(
                self.ledger,
                self.order(order_id),
                reason="CUSTOMER",
                restock=True,
                refund_money=True,
            )

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Let staff change how many of a line are wanted; 0 removes it.

        Raises:
            SoldOutError: more are wanted than the shop has.
            RefusedError: fewer are unshipped than are to be removed.
        """
        with self.lock:
            order, line = self.order(order_id), self.line(line_id)
            change = quantity - line.current_quantity
            if change > 0:
                orders.add_units(self.ledger, order, line, change)
            elif change < 0:
                refunds.remove_units(self.ledger, order, line, -change)

    def add_line(self, order_id: str, listing: str, quantity: int) -> Line:
        """Let staff add a line; the buyer pays at once.

        Raises:
            SoldOutError: the shop shows too few.
        """
        with self.lock:
            return orders.add_line(self.ledger, self.order(order_id), listing, quantity)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Let staff refund line quantities; None refunds all that is left.

        Raises:
            RefusedError: more is to be refunded than there is.
        """
        with self.lock:
            order = self.order(order_id)
            returns = refunds.returns_of(order, quantities, restock=restock)
            refunds.refund_order(self.ledger, order, returns)

    def fulfill_order(
        self,
        order_id: str,
        *,
        tracking_number: str = "",
        company: str = "",
        quantities: Mapping[str, int] | None = None,
    ) -> Fulfillment:
        """Let staff ship from Shopify's admin; None ships all that is open.

        Raises:
            RefusedError: nothing can be shipped, or not that many.
        """
        with self.lock:
            order = self.order(order_id)
            works = [one for one in order.fulfillment_orders if one.status != "CLOSED"]
            parts = [
                (row, left if quantities is None else quantities.get(row.line.gid, 0))
                for row, left in shipments.remaining_parts(works)
            ]
            tracking = (
                [Tracking(company or None, tracking_number, None)]
                if tracking_number
                else []
            )
            return shipments.ship(self.ledger, parts, tracking)

    def hold_order(self, order_id: str, *, held: bool = True) -> None:
        """Let staff put an order's shipping on hold, or release it."""
        with self.lock:
            orders.set_hold(self.ledger, self.order(order_id), held=held)

    def uninstall_app(self) -> None:
        """Let the merchant remove the app; subscribers hear of it last."""
        with self.lock:
            self.announcer.begin_event()
            self.announcer.announce(
                "app/uninstalled", lambda: shop_payload(self.settings, self.books.now())
            )
            self.announcer.end_all()
            self.tokens.revoke_all()

    def order(self, order_id: str) -> Order:
        """Return an order's row.

        Raises:
            KeyError: there is none of that id.
        """
        order: Order | None = self.books.find_as("Order", order_id)
        if order is None:
            raise KeyError(order_id)
        return order

    def line(self, line_id: str) -> Line:
        """Return an order line's row.

        Raises:
            KeyError: there is none of that id.
        """
        line: Line | None = self.books.find_as("LineItem", line_id)
        if line is None:
            raise KeyError(line_id)
        return line
