"""A hub beside a folder: orders come in as files, stock and parcels go out as files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.conflicts import ConflictKind
from crossdock.simulators.files import FilesShop, NewProduct
from crossdock.simulators.files.dropping import write
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.ship import Tracking, ship_order

HEADER = "order,line,sku,quantity,price,status"


@dataclass
class Exchange:
    """A town with a web shop, and a trader at the other end of a folder."""

    town: Any
    folder: Path
    trader: FilesShop
    clock: str
    """The listing of the clock in the web shop."""

    def drop(self, name: str, *rows: str) -> None:
        """Put a file of orders there that was written by hand."""
        body = "\n".join([HEADER, *rows, ""]).encode()
        write(self.folder / "orders" / name, body, self.town.now)

    def exchange(self) -> None:
        """Let files settle, the hub work, and the trader take in what it wrote."""
        self.town.work()
        self.town.pull()
        self.trader.work()

    def list_taken(self) -> list[str]:
        """Return the orders of the folder that the hub holds."""
        held = (self.town.load_order("trader", order) for order in ("A1", "A2", "A3"))
        return [one.external_id for one in held if one is not None]

    def read_parcels(self) -> list[list[dict[str, str]]]:
        """Return the rows of every file of a parcel that was ever written."""
        paths = sorted((self.folder / "out").rglob("tracking-*.csv"))
        return [read_rows(path) for path in paths]

    def list_written(self) -> dict[str, bytes]:
        """Return the files that the hub wrote, with what is in them."""
        paths = (self.folder / "out").rglob("*.csv")
        return {path.name: path.read_bytes() for path in paths}


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def exchange(town: Any, tmp_path: Path) -> Exchange:
    """A web shop and a trader with a folder, who sell the same ten clocks."""
    folder = tmp_path / "exchange"
    town.open_woocommerce()
    clock = town.stock("CLOCK", 10)["woo"]
    trader = FilesShop("trader", world=town.world, folder=folder)
    trader.add_product(NewProduct("Clock", Decimal(20), "CLOCK", 10))
    town.connect_woocommerce()
    town.work()
    add_channel(town.hub, NewChannel("trader", "files", {"location": str(folder)}))
    town.work()
    return Exchange(town, folder, trader, clock)


def test_an_order_comes_in_as_a_file_and_its_parcel_goes_out_as_one(
    exchange: Exchange,
) -> None:
    town = exchange.town
    order = town.sell("trader", ("CLOCK", 3))
    exchange.exchange()
    assert town.count("CLOCK") == (10, 3)
    assert town.shown("woo", exchange.clock) == 7
    ship_order(town.hub, order, Tracking("DHL", "JD014600"))
    exchange.exchange()
    ((row,),) = exchange.read_parcels()
    told = (row["order"], row["quantity"], row["carrier"], row["tracking_number"])
    assert told == (order, "3", "DHL", "JD014600")
    assert town.count("CLOCK") == (7, 0)
    assert town.list_open() == []
    town.check()


def test_what_sells_elsewhere_goes_out_as_a_file_of_stock(exchange: Exchange) -> None:
    exchange.town.sell("woo", (exchange.clock, 4))
    exchange.exchange()
    (row,) = read_rows(exchange.folder / "out" / "stock.csv")
    assert (row["id"], row["quantity"]) == ("CLOCK", "6")
    assert exchange.trader.shown("CLOCK") == 6
    exchange.town.check()


def test_files_that_lie_there_another_day_and_come_again_change_nothing_twice(
    exchange: Exchange,
) -> None:
    town = exchange.town
    order = town.sell("trader", ("CLOCK", 3))
    town.sell("woo", (exchange.clock, 2))
    (dropped,) = (exchange.folder / "orders").glob("*.csv")
    body = dropped.read_bytes()
    exchange.exchange()
    ship_order(town.hub, order, Tracking("DHL", "JD014600"))
    exchange.exchange()
    written, held = exchange.list_written(), town.load_order("trader", order)
    assert len(exchange.read_parcels()) == 1
    town.work(86_400)
    write(exchange.folder / "orders" / "copy.csv", body, town.now)
    exchange.exchange()
    exchange.exchange()
    assert exchange.list_written() == written
    assert town.load_order("trader", order) == held
    assert town.count("CLOCK") == (7, 2)
    town.check()


def test_a_faulty_row_is_a_conflict_with_file_and_line_and_the_others_are_taken(
    exchange: Exchange,
) -> None:
    town = exchange.town
    rows = [f"A{number},1,CLOCK,{number},20.00,paid" for number in (1, 2, 3)]
    exchange.drop("monday.csv", rows[0], "A2,1,CLOCK,two,20.00,paid", rows[2])
    exchange.exchange()
    assert exchange.list_taken() == ["A1", "A3"]
    (conflict,) = town.list_open()
    assert conflict.kind is ConflictKind.UNREADABLE_RECORD
    assert conflict.facts["external_id"] == "A2"
    assert conflict.facts["path"] == "line 3, quantity"
    assert "monday.csv" in conflict.summary
    exchange.drop("put-right.csv", rows[1])
    exchange.exchange()
    assert exchange.list_taken() == ["A1", "A2", "A3"]
    assert town.list_open() == []
    assert town.count("CLOCK") == (10, 6)
    assert town.violations() == []
