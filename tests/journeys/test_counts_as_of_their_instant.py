"""Time travel: a count applies as of its instant, however late it is entered (D15)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from crossdock.mapping.identity import sku_key
from crossdock.store import stock
from crossdock.store.stock import SkuRow
from crossdock.sync.stocktaking import count_stock, receive_stock
from crossdock.sync.transfer import receive_transfer, send_transfer
from crossdock.sync.warehouse import add_location
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

numbers = itertools.count(1)
moves = st.lists(
    st.tuples(st.sampled_from(["receive", "send", "count"]), st.integers(0, 6)),
    max_size=5,
)


class Shelf:
    """A shelf as it really is, beside what the hub's books say of it."""

    def __init__(self, town: Any) -> None:
        self.hub, self.clock = town.hub, town.clock
        self.sku = f"PARASOL-{next(numbers)}"
        self.units = 0
        with self.hub.store.transaction() as connection:
            key = sku_key(self.sku)
            row = SkuRow(self.sku, key, "", "", 0, self.clock.now())
            stock.add_skus(connection, [row])
        self.receive(20)

    def happen(self, steps: list[tuple[str, int]]) -> None:
        for step, units in steps:
            self.clock.advance(60)
            getattr(self, step)(units)

    def receive(self, units: int) -> None:
        if units:
            receive_stock(self.hub, self.sku, units, actor="ann")
            self.units += units

    def send(self, units: int) -> None:
        units = min(units, self.units, self.books)
        if units > 0:
            ends = ("main", "east")
            sent = send_transfer(self.hub, self.sku, units, ends, actor="ann")
            receive_transfer(self.hub, sent.id, actor="ann")
            self.units -= units

    def count(self, _: int) -> None:
        count_stock(self.hub, self.sku, self.units, actor="ann")

    def vanish(self, units: int) -> None:
        """Units are gone, or turned up, and the hub knows nothing of it."""
        self.units = max(0, self.units - units)

    @property
    def books(self) -> int:
        with self.hub.store.reading() as connection:
            found = stock.load_positions(connection, [self.sku])
        return sum(row.on_hand for key, row in found.items() if key.location == "main")


@pytest.fixture
def two_shelves(town: Any) -> Any:
    add_location(town.hub, "east", rank=5, sells=True, actor="ann")
    return town


# Every example has a SKU of its own; the clock only goes on.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    before=moves,
    gone=st.integers(-3, 6),
    meanwhile=st.lists(
        st.tuples(st.sampled_from(["receive", "send"]), st.integers(0, 6)), max_size=5
    ),
)
def test_d15_a_count_that_is_entered_late_leaves_the_books_as_the_shelf_is(
    two_shelves: Any,
    before: list[tuple[str, int]],
    gone: int,
    meanwhile: list[tuple[str, int]],
) -> None:
    shelf = Shelf(two_shelves)
    shelf.happen(before)
    shelf.vanish(gone)
    counted, counted_at = shelf.units, shelf.clock.now()
    shelf.happen(meanwhile)
    count_stock(shelf.hub, shelf.sku, counted, actor="ann", at=counted_at)
    assert shelf.books == shelf.units
    # Another look at the same sheet of paper finds nothing to correct.
    again = count_stock(shelf.hub, shelf.sku, counted, actor="ann", at=counted_at)
    assert again.on_hand == again.on_hand_before
