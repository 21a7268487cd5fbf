"""Leases: one holder per lane, and a database that refuses whoever lost it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.errors import LeaseLostError
from crossdock.store import leases
from crossdock.store.engine import Store
from crossdock.store.leases import Lease
from crossdock.store.tables import skus
from sqlalchemy import func, select

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LASTING = timedelta(seconds=90)


def acquire(store: Store, holder: str, seconds: float = 0) -> Lease | None:
    now = MOMENT + timedelta(seconds=seconds)
    with store.transaction() as connection:
        return leases.acquire(connection, "shop", holder, now, LASTING)


def write_under(store: Store, lease: Lease, sku: str, seconds: float = 0) -> None:
    """Write a row and only then look at the lease, as a page that took long does."""
    now = MOMENT + timedelta(seconds=seconds)
    with store.transaction() as connection:
        row = {"sku": sku, "sku_key": sku, "title": "", "barcode": ""}
        connection.execute(skus.insert().values(**row, safety_stock=0, added_at=now))
        leases.require(connection, lease, now, LASTING)


def count_skus(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(skus)) or 0


def test_a_lane_has_one_holder_until_its_lease_ends(store: Store) -> None:
    assert acquire(store, "a") == Lease("shop", "a", 1)
    assert acquire(store, "b", 89) is None
    assert acquire(store, "b", 90) == Lease("shop", "b", 2)


def test_b10_a_lease_of_a_clock_that_ran_ahead_does_not_hold_up_its_lane(
    store: Store,
) -> None:
    ahead = acquire(store, "a", 600)
    assert acquire(store, "b", 600 - 90) is None
    assert acquire(store, "b") == Lease("shop", "b", 2)
    assert ahead is not None
    with pytest.raises(LeaseLostError):
        write_under(store, ahead, "LATE")
    assert count_skus(store) == 0


def test_every_take_over_raises_the_token(store: Store) -> None:
    tokens = []
    for number in range(4):
        lease = acquire(store, f"worker-{number}", 100 * number)
        assert lease is not None
        tokens.append(lease.token)
    assert tokens == [1, 2, 3, 4]


def test_f02_a_holder_that_slept_through_its_lease_loses_what_it_wrote(
    store: Store,
) -> None:
    sleeper = acquire(store, "a")
    awake = acquire(store, "b", 100)
    assert sleeper is not None
    assert awake is not None
    with pytest.raises(LeaseLostError, match="took over shop"):
        write_under(store, sleeper, "STALE", 101)
    assert count_skus(store) == 0
    write_under(store, awake, "FRESH", 101)
    assert count_skus(store) == 1


def test_f02_a_late_holder_that_nobody_replaced_may_still_write(store: Store) -> None:
    lease = acquire(store, "a")
    assert lease is not None
    write_under(store, lease, "LATE", 500)
    assert count_skus(store) == 1
    assert acquire(store, "b", 589) is None


def test_a_holder_that_starts_again_outdates_its_earlier_self(store: Store) -> None:
    before, after = acquire(store, "a"), acquire(store, "a", 1)
    assert before is not None
    assert after == Lease("shop", "a", 2)
    with pytest.raises(LeaseLostError):
        write_under(store, before, "STALE", 2)


def test_a_lease_given_back_is_free_at_once(store: Store) -> None:
    lease = acquire(store, "a")
    assert lease is not None
    with store.transaction() as connection:
        leases.release(connection, lease, MOMENT)
    assert acquire(store, "b", 1) == Lease("shop", "b", 2)


def test_a_lease_that_was_lost_is_not_given_back_for_its_new_holder(
    store: Store,
) -> None:
    lost = acquire(store, "a")
    kept = acquire(store, "b", 100)
    assert lost is not None
    assert kept is not None
    with store.transaction() as connection:
        leases.release(connection, lost, MOMENT + timedelta(seconds=101))
        # Two that met at a lane's very first lease carry the same token.
        leases.release(connection, Lease("shop", "a", kept.token), MOMENT)
    assert acquire(store, "c", 102) is None


def test_of_many_that_want_a_lane_at_once_only_one_can_write(store: Store) -> None:
    """Again for a lane that nobody held before: there is no row to lock yet."""
    for lane_is_new in (True, False):
        got: list[Lease] = []
        start = threading.Barrier(5)
        seconds = 0 if lane_is_new else 1000

        def want(
            name: str, start: threading.Barrier, got: list[Lease], seconds: int
        ) -> None:
            start.wait()
            lease = acquire(store, name, seconds)
            if lease is not None:
                got.append(lease)

        threads = [
            threading.Thread(target=want, args=(f"w{n}-{seconds}", start, got, seconds))
            for n in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wrote = 0
        for lease in got:
            try:
                write_under(store, lease, f"{lease.holder}", seconds + 1)
                wrote += 1
            except LeaseLostError:
                continue
        assert wrote == 1
