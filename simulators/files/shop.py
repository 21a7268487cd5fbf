"""One simulated shop that exchanges files: its shelf, its shoppers, its staff.

It lowers its own counter when it sells, writes each order anew at every change, and
tells what it shows after each. ``work`` is its scheduled job: it finishes what was half
done and takes in what the hub wrote, row by row as the rows' own times say.
"""

from __future__ import annotations

import csv
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from ..books import BasketLine, SoldOutError
from ..clock import Clock
from ..faults import NO_FAULTS, FaultInjector, Faults
from ..world import World
from .dropping import Dropper, render, write

HEADERS = (
    "Order number",
    "Order date",
    "Status",
    "Currency",
    "Line",
    "SKU",
    "Product",
    "Quantity",
    "Unit price",
    "Customer name",
    "Street",
    "City",
    "Postcode",
    "Country",
    "Note",
)


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What is put on sale."""

    name: str
    price: Decimal
    sku: str
    stock: int


@dataclass(slots=True)
class Product:
    """One product on the shelf; its SKU is its listing."""

    name: str
    price: Decimal
    sku: str
    stock: int
    written_at: datetime | None = None
    """The time of the hub's row that was taken over last."""


@dataclass(slots=True)
class SoldRow:
    """One line of an order; ``quantity`` is what is still wanted."""

    line_id: str
    sku: str
    quantity: int
    price: str


@dataclass(slots=True)
class FilesOrder:
    """One order, with the parcels that the hub told of."""

    order_id: str
    placed_at: datetime
    buyer: str
    currency: str
    note: str
    rows: list[SoldRow]
    status: str = "paid"
    revision: int = 0
    parcels: dict[str, list[dict[str, str]]] = field(default_factory=dict)


class FilesShop:
    """A shop whose only door is a folder. Listings are SKUs."""

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        folder: Path,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
    ) -> None:
        self.channel = channel
        self.world = world
        self.folder = folder
        self.clock: Clock = world.clock
        self.faults = FaultInjector(faults, seed=seed)
        self.lock = threading.RLock()
        self._dropper = Dropper(self.clock, self.faults)
        self._products: dict[str, Product] = {}
        self._orders: dict[str, FilesOrder] = {}
        for place in ("orders", "products", "stock", "out"):
            (folder / place).mkdir(parents=True, exist_ok=True)
        world.open_shop(channel, self)

    # The shelf

    def add_product(self, new: NewProduct) -> str:
        """Put a product on sale and return its listing."""
        with self.lock:
            product = Product(new.name, new.price, new.sku, new.stock)
            self._products[new.sku] = product
            self.world.offer(self.channel, new.sku, {new.sku: 1})
            self._show(product, written=False)
            rows = [("SKU", "Title", "Price")]
            rows += [(p.sku, p.name, str(p.price)) for p in self._products.values()]
            path = self.folder / "products" / "products.csv"
            write(path, render(rows), self.clock.now())
            self._tell_stock()
            return new.sku

    def product(self, listing: str) -> Product:
        """Return the row of a listing."""
        return self._products[listing]

    def order(self, order_id: str) -> FilesOrder:
        """Return the row of an order."""
        return self._orders[order_id]

    def shown(self, listing: str) -> int:
        """Return how many shoppers see, after what the hub wrote was taken in."""
        with self.lock:
            self.work()
            return self._products[listing].stock

    def set_stock(self, listing: str, quantity: int) -> None:
        """Count a shelf by hand."""
        with self.lock:
            self._change(listing, quantity - self._products[listing].stock)
            self._tell_stock()

    # Shoppers and staff

    def sell(self, basket: Sequence[BasketLine], buyer: str) -> str:
        """Place a paid order and return its id.

        Raises:
            SoldOutError: less is shown than the basket wants. Nothing is sold.
        """
        with self.lock:
            self.work()
            for line in basket:
                if self._products[line.listing].stock < line.quantity:
                    raise SoldOutError(line.listing)
            rows = [
                SoldRow(
                    str(number),
                    line.listing,
                    line.quantity,
                    str(self._products[line.listing].price),
                )
                for number, line in enumerate(basket, start=1)
            ]
            return self.place(rows, buyer)

    def place(
        self, rows: list[SoldRow], buyer: str, *, currency: str = "EUR", note: str = ""
    ) -> str:
        """Write an order down as it is, whatever the shelf says; return its id."""
        with self.lock:
            order_id = f"F{1000 + len(self._orders) + 1}"
            now = self.clock.now()
            order = FilesOrder(order_id, now, buyer, currency, note, rows)
            self._orders[order_id] = order
            for row in rows:
                self._change(row.sku, -row.quantity)
                self.world.record_sale(
                    self.channel, order_id, row.line_id, row.sku, row.quantity
                )
            self._tell(order)
            return order_id

    def cancel_order(self, order_id: str) -> None:
        """Cancel an order and put its units back."""
        with self.lock:
            order = self._orders[order_id]
            if order.status == "cancelled":
                return
            order.status = "cancelled"
            for row in order.rows:
                self._put_back(order, row, row.quantity)
            self._tell(order)

    def edit_line(self, order_id: str, line_id: str, quantity: int) -> None:
        """Change a line's quantity; 0 removes the line."""
        with self.lock:
            order = self._orders[order_id]
            (row,) = [one for one in order.rows if one.line_id == line_id]
            more = quantity - row.quantity
            if more > 0:
                self._change(row.sku, -more)
                self.world.record_sale(self.channel, order_id, line_id, row.sku, more)
            else:
                self._put_back(order, row, -more)
            row.quantity = quantity
            self._tell(order)

    def refund_order(
        self, order_id: str, quantities: Mapping[str, int] | None, *, restock: bool
    ) -> None:
        """Take line quantities out of an order that were paid back; None: all.

        Files have no word for a refund: the shop writes what is still wanted.
        """
        with self.lock:
            order = self._orders[order_id]
            for row in order.rows:
                left = row.quantity
                back = left if quantities is None else quantities.get(row.line_id, 0)
                row.quantity -= back
                if restock:
                    self._put_back(order, row, back)
            self._tell(order)

    # The folder

    def work(self) -> None:
        """Do what the shop's scheduled job does."""
        with self.lock:
            self._dropper.finish_due()
            self._take_stock()
            for path in sorted((self.folder / "out").glob("tracking-*.csv")):
                self._take_parcel(path)

    def _take_stock(self) -> None:
        path = self.folder / "out" / "stock.csv"
        changed = False
        for row in _read(path) if path.exists() else []:
            product = self._products[row["id"]]
            as_of = datetime.fromisoformat(row["as_of"])
            if product.written_at and as_of <= product.written_at:
                continue
            product.written_at, product.stock = as_of, int(row["quantity"])
            self._show(product, written=True)
            changed = True
        if changed:
            self._tell_stock()

    def _take_parcel(self, path: Path) -> None:
        rows = _read(path)
        order = self._orders[rows[0]["order"]]
        if path.name not in order.parcels:
            order.parcels[path.name] = rows
            for row in rows:
                self.world.record_shipment(
                    self.channel, order.order_id, row["line"], int(row["quantity"])
                )
            if rows[0]["completes_order"] == "yes":
                order.status = "shipped"
                self._tell(order)
        taken = path.parent / "taken"
        taken.mkdir(exist_ok=True)
        path.replace(taken / path.name)

    def _tell(self, order: FilesOrder) -> None:
        order.revision += 1
        rows: list[tuple[object, ...]] = [HEADERS]
        rows += [
            (
                order.order_id,
                order.placed_at.isoformat(),
                order.status,
                order.currency,
                row.line_id,
                row.sku,
                row.sku.title(),
                row.quantity,
                row.price,
                order.buyer,
                "1 Quay Street",
                "Port Town",
                "00100",
                "DE",
                order.note,
            )
            for row in order.rows
        ]
        name = f"{order.order_id}-{order.revision:03}.csv"
        self._dropper.drop(self.folder / "orders" / name, rows)
        self._tell_stock()

    def _tell_stock(self) -> None:
        rows: list[tuple[object, ...]] = [("SKU", "Stock")]
        rows += [(each.sku, each.stock) for each in self._products.values()]
        write(self.folder / "stock" / "stock.csv", render(rows), self.clock.now())

    def _put_back(self, order: FilesOrder, row: SoldRow, units: int) -> None:
        if units:
            self._change(row.sku, units)
            self.world.record_cancellation(
                self.channel, order.order_id, row.line_id, units
            )

    def _change(self, sku: str, units: int) -> None:
        product = self._products[sku]
        product.stock += units
        self._show(product, written=False)

    def _show(self, product: Product, *, written: bool) -> None:
        self.world.record_shown(
            self.channel, product.sku, product.stock, written=written
        )


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
