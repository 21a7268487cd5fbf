"""Stock: the database itself refuses what is not there, and repeats nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import StoreBusyError
from crossdock.canonical.orders import Order
from crossdock.canonical.remembered import Claim, Holding, KnownChannel, KnownOrder
from crossdock.canonical.stock import Cause, Movement, MovementKind, StockKey
from crossdock.store import channels, fsck, orders, stock
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.stock import Counts, SkuRow
from crossdock.store.tables import movements
from crossdock.sync.decide.ledger import Ledger
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAMP = StockKey("LAMP", "main")


def set_counts(store: Store, *counts: int) -> None:
    with store.transaction() as connection:
        locked = stock.lock_positions(connection, ["LAMP"])
        stock.save_positions(connection, {LAMP: Counts(*counts)}, locked)


@pytest.mark.parametrize(
    "counts",
    [(4, 5, 0), (4, 3, 2), (-1, 1, 0), (0, 0, 1), (5, -1, 0), (5, 0, -1), (5, 6, -2)],
)
def test_the_database_refuses_to_promise_what_is_not_there(
    store: Store, receive: Callable[[str, int], None], counts: tuple[int, int, int]
) -> None:
    receive("LAMP", 5)
    with pytest.raises(IntegrityError):
        set_counts(store, *counts)
    with store.reading() as connection:
        assert stock.load_positions(connection) == {LAMP: Counts(5, 0, 0)}


@pytest.mark.parametrize("counts", [(5, 5, 0), (5, 3, 2), (0, 0, 0), (-3, 0, 0)])
def test_a_count_below_zero_is_a_fact_as_long_as_nothing_is_promised(
    store: Store, receive: Callable[[str, int], None], counts: tuple[int, int, int]
) -> None:
    receive("LAMP", 5)
    set_counts(store, *counts)
    with store.reading() as connection:
        assert stock.load_positions(connection, ["LAMP"]) == {LAMP: Counts(*counts)}
        assert stock.load_positions(connection, ["MUG"]) == {}


def test_a_cause_moves_stock_once(store: Store, ids: IdSource) -> None:
    cause = Cause("order", "7/line-1")
    moved = Movement(LAMP, MovementKind.ALLOCATED, cause, 0, 1)
    others = [
        moved._replace(kind=MovementKind.RELEASED),
        moved._replace(cause=Cause("order", "8/line-1")),
        moved._replace(cause=Cause("return", "7/line-1")),
        moved._replace(key=StockKey("MUG", "main")),
        moved._replace(key=StockKey("LAMP", "attic")),
    ]

    def write(*made: Movement) -> None:
        with store.transaction() as connection:
            stock.add_movements(connection, made, ids, MOMENT)

    write(moved, *others)
    for again in (moved, *others):
        with pytest.raises(IntegrityError):
            write(again._replace(allocated_change=9))
    with store.reading() as connection:
        assert stock.count_movements(connection, "order", "7/") == 4
        assert stock.count_movements(connection, "order", "7_") == 0
        assert stock.count_movements(connection, "return", "") == 1


def test_a_sku_is_known_by_its_key_and_keeps_its_first_spelling(store: Store) -> None:
    first = SkuRow("Lamp-01", "LAMP01", "A lamp", "4006381333931", 2, MOMENT)
    with store.transaction() as connection:
        stock.add_skus(connection, [])
        stock.add_skus(connection, [first, SkuRow("MUG", "MUG", "", "", 0, MOMENT)])
        stock.add_skus(connection, [first._replace(sku="lamp01", title="Other")])
        assert stock.load_skus(connection)[0] == first
        assert stock.find_skus(connection, ["LAMP01", "X"]) == {"LAMP01": "Lamp-01"}
        terms = stock.load_terms(connection, ["Lamp-01", "GHOST"])
        assert terms == {"Lamp-01": stock.SkuTerms(safety_stock=2)}
        changed = stock.SkuTerms(1, 5, 7, "ship_by")
        stock.save_terms(connection, "Lamp-01", changed)
        assert stock.load_terms(connection, ["Lamp-01"]) == {"Lamp-01": changed}


@pytest.mark.parametrize(("processes", "threads"), [(1, 2), (2, 1)])
def test_d01_of_a_hundred_that_want_ten_units_ten_are_served(
    store: Store, receive: Callable[[str, int], None], processes: int, threads: int
) -> None:
    receive("LAMP", 10)
    url = store.engine.url.render_as_string(hide_password=False)
    script = Path(__file__).with_name("contender.py")
    command = [sys.executable, str(script), url]
    started = [
        subprocess.Popen(
            [*command, str(number), str(threads), "50"], stdout=subprocess.PIPE
        )
        for number in range(processes)
    ]
    granted = [int(process.communicate(timeout=60)[0]) for process in started]
    assert sum(granted) == 10
    with store.reading() as connection:
        assert stock.load_positions(connection) == {LAMP: Counts(10, 10, 0)}
        allocated = select(func.sum(movements.c.allocated_change))
        assert connection.scalar(allocated) == 10


def test_pages_over_the_same_skus_in_any_order_never_deadlock(
    store: Store, receive: Callable[[str, int], None], fixed_clock: ManualClock
) -> None:
    names = [f"SKU-{number}" for number in range(12)]
    for name in names:
        receive(name, 1000)
    failed: list[BaseException] = []

    def sell_pages(seed: int) -> None:
        chance = random.Random(seed)
        clock = ManualClock(fixed_clock.now())
        clock.advance(3600 * (seed + 1))
        ids = IdSource(clock, chance)
        try:
            for page in range(12):
                _sell(store, ids, chance.sample(names, 8), f"{seed}/{page}")
        except BaseException as error:  # what a thread raises, nobody sees
            failed.append(error)
            raise

    threads = [threading.Thread(target=sell_pages, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with store.reading() as connection:
        positions = stock.load_positions(connection)
    assert sum(counts.allocated for counts in positions.values()) == 6 * 12 * 8


def _sell(store: Store, ids: IdSource, names: list[str], cause: str) -> None:
    with store.transaction() as connection:
        locked = stock.lock_positions(connection, names)
        ledger = Ledger(locked)
        for name in names:
            ledger.allocate(StockKey(name, "main"), 1, Cause("order", cause))
        changed = {
            key: Counts(account.on_hand, account.allocated, account.reserved)
            for key, account in ledger.changed_positions().items()
        }
        stock.save_positions(connection, changed, locked)
        stock.add_movements(connection, ledger.movements, ids, MOMENT)


@pytest.fixture
def sold(
    store: Store,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
) -> list[KnownOrder]:
    """Five LAMPs, and two orders that want four each."""
    add_channel()
    receive("LAMP", 5)
    return take_in("shop", make_order("1", {"LAMP": 4}), make_order("2", {"LAMP": 4}))


def test_claims_are_told_oldest_first_by_what_they_hold_or_lack(
    store: Store, sold: list[KnownOrder]
) -> None:
    first, second = (line.id for order in sold for line in order.lines.values())
    with store.reading() as connection:
        holding = stock.load_claims(connection, ["LAMP"], short_only=False)
        waiting = stock.load_claims(connection, ["LAMP"], short_only=True)
        assert stock.load_claims(connection, ["MUG"], short_only=False) == []
    assert [(claim.line_id, claim.holding.allocated) for claim in holding] == [
        (first, 4),
        (second, 1),
    ]
    assert [(claim.order_id, claim.holding.short) for claim in waiting] == [
        (sold[1].id, 3)
    ]


def test_a_claim_knows_by_when_its_order_has_to_leave(
    store: Store,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
) -> None:
    add_channel("shop", rank=3)
    receive("LAMP", 1)
    take_in("shop", make_order("1", {"LAMP": 4}, ship_by=MOMENT))
    with store.reading() as connection:
        (claim,) = stock.load_claims(connection, ["LAMP"], short_only=True)
        assert (claim.channel, claim.ship_by) == ("shop", MOMENT)
        assert channels.load_ranks(connection) == {"shop": 3}
        assert stock.find_short(connection) == ["LAMP"]
    take_in("shop", make_order("1", {"LAMP": 4}))
    with store.reading() as connection:
        (claim,) = stock.load_claims(connection, ["LAMP"], short_only=True)
    assert claim.ship_by is None


def test_a_claim_that_is_routed_elsewhere_is_written_with_its_reason(
    store: Store, sold: list[KnownOrder]
) -> None:
    attic = StockKey("LAMP", "attic")
    with store.transaction() as connection:
        (claim,) = stock.load_claims(connection, ["LAMP"], short_only=True)
        claim.holdings.append(Holding(attic, 1, 2, 2, 0, "main was 3 short"))
        claim.holding.wanted -= 2
        stock.save_claims(connection, [claim])
    with store.reading() as connection:
        (again,) = stock.load_claims(connection, ["LAMP"], short_only=True)
    assert [one.key.location for one in again.holdings] == ["main", "attic"]
    assert (again.holding.short, again.holdings[1].routed) == (1, "main was 3 short")
    assert again.before == {"main": (2, 1), "attic": (2, 2)}


def test_a_claim_that_changed_since_it_was_loaded_is_not_written_over(
    store: Store, sold: list[KnownOrder]
) -> None:
    def give(units: int, claims: list[Claim]) -> None:
        with store.transaction() as connection:
            for claim in claims:
                claim.holding.allocated = units
            stock.save_claims(connection, claims)

    with store.reading() as connection:
        mine = stock.load_claims(connection, ["LAMP"], short_only=True)
        theirs = stock.load_claims(connection, ["LAMP"], short_only=True)
    give(3, theirs)
    with pytest.raises(StoreBusyError, match="changed the same claims"):
        give(2, mine)
    with store.reading() as connection:
        (claim,) = stock.load_claims(connection, ["LAMP"], short_only=True)
    assert claim.holding.allocated == 3


def test_an_order_that_changed_since_it_was_loaded_is_not_written_over(
    store: Store, sold: list[KnownOrder]
) -> None:
    """Shipped by a person while a page with the same order is being decided."""
    with store.reading() as connection:
        mine = orders.load_by_external_id(connection, "shop", ["1"])["1"]
    before = orders.Remembered([mine])
    (theirs, _) = sold
    before_theirs = orders.Remembered([theirs])
    theirs.lines["line-LAMP"].shipped = 1
    _save(store, theirs, before_theirs)
    mine.lines["line-LAMP"].wanted = 2
    with pytest.raises(StoreBusyError, match="changed the same orders"):
        _save(store, mine, before)
    with store.reading() as connection:
        after = orders.load_by_external_id(connection, "shop", ["1"])["1"]
    assert after.lines["line-LAMP"].shipped == 1


def _save(store: Store, known: KnownOrder, before: orders.Remembered) -> None:
    with store.transaction() as connection:
        orders.save_memory(connection, [known], before)


def test_what_fits_is_allocated_and_the_rest_is_a_shortfall(
    store: Store, sold: list[KnownOrder]
) -> None:
    with store.reading() as connection:
        assert stock.load_positions(connection) == {LAMP: Counts(5, 5, 0)}
        assert fsck.check(connection) == []
