"""The raw limit of stock: the rows of sales, written again by hand, as many at once.

What a sale cannot do without: its position is locked and changed, its rows are written
and committed, and for every channel that is to hear of it the write is stored and
committed before it leaves. The driver's own statements, one thread, no decision.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ..store.outbox import IN_FLIGHT, STOCK
from ..sync.compose import SystemClock
from .bench_raw import Driver, Row, open_driver
from .bench_usage import read_processor_seconds

_PARENTS = {
    "channels": "name",
    "skus": "sku",
    "positions": "sku, location",
    "publications": "channel, stock_external_id",
}
"""What sales refer to and change: written beforehand, and not timed."""
_TABLES = {
    "inbox": "id",
    "orders": "id",
    "order_lines": "id",
    "allocations": "line_id, sku, location",
    "movements": "id",
}
_OF_SALES = {"movements": "cause_kind = 'order'"}
_SKU, _UNITS = 1, 5
"""Places in a row of allocations."""


class RawSales(NamedTuple):
    """What the raw limit needed for all sales."""

    seconds: float
    processor_seconds: float
    portions_seconds: tuple[float, ...]
    """Of each portion of sales."""


def replay_sales(
    source_url: str,
    target_url: str,
    sales: int,
    per_portion: int,
    others: Sequence[str],
) -> RawSales:
    """Write the rows of all sales of a hub again, and say what it took.

    Args:
        source_url: the database of a hub that has taken the sales in, a line each.
        target_url: an empty database.
        sales: how many there are.
        per_portion: how many sales share a transaction.
        others: the channels that hear of each sale.
    """
    clock = SystemClock()
    slices = math.ceil(sales / per_portion)
    each: list[float] = []
    processor_seconds = 0.0
    with open_driver(source_url) as source, open_driver(target_url) as sink:
        for table, key in _PARENTS.items():
            for rows in source.read(table, key, slices=1):
                sink.write(table, rows)
        sink.change("UPDATE positions SET allocated = ?", [(0,)])
        sink.commit()
        tables = [
            source.read(table, key, slices, _OF_SALES.get(table, "1 = 1"))
            for table, key in _TABLES.items()
        ]
        for number, portion in enumerate(zip(*tables, strict=True)):
            busy_before = read_processor_seconds()
            started_at = clock.monotonic_seconds()
            _write_sales(sink, dict(zip(_TABLES, portion, strict=True)))
            _tell(sink, portion[3], others, number)
            each.append(clock.monotonic_seconds() - started_at)
            processor_seconds += read_processor_seconds() - busy_before
    return RawSales(sum(each), processor_seconds, tuple(each))


def _write_sales(sink: Driver, portion: dict[str, list[Row]]) -> None:
    """Lock and change positions, write the sales' rows, commit."""
    sold = Counter[str]()
    for row in portion["allocations"]:
        sold[row[_SKU]] += row[_UNITS]
    marks = ", ".join("?" * len(sold))
    held = sink.select(
        f"SELECT sku, on_hand, allocated FROM positions WHERE sku IN ({marks})"
        f" ORDER BY sku, location{sink.row_lock}",
        tuple(sold),
    )
    for table, rows in portion.items():
        sink.write(table, rows)
    sink.change(
        "UPDATE positions SET allocated = ? WHERE sku = ?",
        [(allocated + sold[sku], sku) for sku, _, allocated in held],
    )
    sink.commit()


def _tell(
    sink: Driver, allocations: Sequence[Row], others: Sequence[str], number: int
) -> None:
    """Store what is about to leave for each channel; one transaction for each."""
    if not others:
        return
    skus = [row[_SKU] for row in allocations]
    desired = "UPDATE publications SET desired = desired - 1, version = version + 1"
    named = " WHERE channel = ? AND stock_external_id = ?"
    sink.change(desired + named, [(name, sku) for name in others for sku in skus])
    sink.commit()
    for place, name in enumerate(others):
        first = (number * len(others) + place) * len(skus)
        rows = [_make_write(first + n, name, sku) for n, sku in enumerate(skus)]
        sink.write("outbox", rows)
        sink.change(
            f"UPDATE publications SET sent = desired{named}",
            [(name, sku) for sku in skus],
        )
        sink.commit()


def _make_write(id_: int, channel: str, record: str) -> Row:
    """Return a row of the outbox: a write that nobody has answered."""
    key, payload = f"stock-{id_}", '{"quantity": 1, "expected": 2}'
    ended = (None, "", "", 1, 0, None)
    return (id_, channel, STOCK, record, key, payload, IN_FLIGHT, *ended)
