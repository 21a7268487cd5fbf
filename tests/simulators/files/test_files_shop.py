"""The simulated shop that exchanges files keeps its own books."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Fault
from crossdock.simulators.files import FilesShop, NewProduct
from crossdock.simulators.files.dropping import write
from crossdock.simulators.world import World


@pytest.fixture
def shop(tmp_path: Path) -> FilesShop:
    """A shop with ten clocks."""
    world = World(VirtualClock(), seed=7)
    world.receive("CLOCK", 10)
    made = FilesShop("files", world=world, folder=tmp_path)
    made.add_product(NewProduct("Clock", Decimal(20), "CLOCK", 10))
    return made


def test_a_sale_is_a_file_and_lowers_the_shelf(shop: FilesShop) -> None:
    order_id = shop.sell([BasketLine("CLOCK", 3)], "Ada")
    text = (shop.folder / "orders" / f"{order_id}-001.csv").read_text()
    assert "CLOCK" in text.splitlines()[1]
    assert (shop.shown("CLOCK"), shop.world.sold_units("CLOCK")) == (7, 3)


def test_more_than_is_shown_is_not_sold(shop: FilesShop) -> None:
    with pytest.raises(SoldOutError):
        shop.sell([BasketLine("CLOCK", 11)], "Ada")
    assert list((shop.folder / "orders").iterdir()) == []


def test_edits_cancellations_and_refunds_write_the_order_anew(shop: FilesShop) -> None:
    order_id = shop.sell([BasketLine("CLOCK", 3)], "Ada")
    shop.edit_line(order_id, "1", 4)
    shop.edit_line(order_id, "1", 2)
    assert shop.shown("CLOCK") == 8
    shop.refund_order(order_id, {"1": 1}, restock=True)
    assert shop.shown("CLOCK") == 9
    shop.cancel_order(order_id)
    shop.cancel_order(order_id)
    assert (shop.shown("CLOCK"), shop.world.sold_units("CLOCK")) == (10, 0)
    assert len(list((shop.folder / "orders").iterdir())) == 5


def test_a_row_of_stock_is_taken_over_once_and_by_its_time(shop: FilesShop) -> None:
    now = shop.clock.now()
    path = shop.folder / "out" / "stock.csv"
    text = f"id,sku,quantity,as_of\nCLOCK,CLOCK,4,{now.isoformat()}\n"
    write(path, text.encode(), now)
    assert shop.shown("CLOCK") == 4
    shop.set_stock("CLOCK", 3)
    assert shop.shown("CLOCK") == 3


def test_a_half_written_file_is_finished_in_time(shop: FilesShop) -> None:
    shop.faults.arm_once(Fault.TRUNCATED)
    order_id = shop.sell([BasketLine("CLOCK", 1)], "Ada")
    path = shop.folder / "orders" / f"{order_id}-001.csv"
    half = path.stat().st_size
    shop.clock.pause(3)
    shop.work()
    assert path.stat().st_size > half
