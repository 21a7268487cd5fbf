"""A folder of CSV files keeps every promise of the SDK that is not about HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from crossdock.canonical.clock import Clock
from crossdock.connectors.conformance import (
    CHECKS,
    Check,
    ConformanceCase,
    SampleOrder,
    SignedDelivery,
    verify,
)
from crossdock.connectors.files import plugin
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.files import FilesShop, NewProduct, SoldRow
from crossdock.simulators.world import World


class PretendFolder:
    """The simulated shop as the suite wants to see it."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._clock = VirtualClock()
        self._shop = FilesShop("files", world=World(self._clock, seed=7), folder=folder)
        self._listings = {
            sku: self._shop.add_product(NewProduct(sku.title(), Decimal(10), sku, 2000))
            for sku in ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL")
        }

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def skus(self) -> Sequence[str]:
        return tuple(self._listings)

    def wire(self) -> httpx.BaseTransport | None:
        return None

    def place_order(self, order: SampleOrder) -> str | None:
        rows = [
            SoldRow(str(number), line.sku, line.quantity, line.unit_price)
            for number, line in enumerate(order.lines, start=1)
        ]
        return self._shop.place(
            rows, order.customer_name, currency=order.currency, note=order.note
        )

    def stock_id_of(self, sku: str) -> str:
        return self._listings[sku]

    def quantity_of(self, sku: str) -> int:
        return self._shop.shown(sku)

    def list_order_lines(self, order_external_id: str) -> Sequence[tuple[str, int]]:
        rows = self._shop.order(order_external_id).rows
        return [(row.line_id, row.quantity) for row in rows]

    def count_fulfillments(self, order_external_id: str) -> int:
        self._shop.work()
        return len(self._shop.order(order_external_id).parcels)

    def is_cancelled(self, order_external_id: str) -> bool:
        return self._shop.order(order_external_id).status == "cancelled"

    def count_refunds(self, order_external_id: str) -> int:
        return 0

    def listing_id_of(self, sku: str) -> str:
        return sku

    def price_of(self, sku: str) -> str:
        return str(self._shop.product(sku).price)

    def deliver(self, order_external_id: str) -> SignedDelivery:
        raise AssertionError("a folder calls nobody")

    def sign(self, body: bytes, *, age_seconds: float = 0) -> Mapping[str, str] | None:
        raise AssertionError("a folder calls nobody")


@pytest.mark.parametrize("moves", [True, False], ids=["moved", "left"])
@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_folder_keeps_its_promises(check: Check, moves: bool, tmp_path: Path) -> None:
    folder = tmp_path / "exchange"
    case = ConformanceCase(
        plugin=plugin,
        settings={
            "location": str(folder),
            "decimal_mark": "point",
            "move_read_files": moves,
        },
        start=lambda: PretendFolder(folder),
        hosts=frozenset(),
        orders_for_three_pages=250,
    )
    verify(check, case)
