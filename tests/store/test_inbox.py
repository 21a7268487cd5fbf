"""The inbox: each content once, every record counted, deliveries remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from crossdock.canonical.orders import Order
from crossdock.canonical.pages import Delivery, Stream
from crossdock.canonical.remembered import KnownChannel, KnownOrder, KnownRecord
from crossdock.store import cursors, inbox
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.tables import intake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
COUNTS = st.integers(0, 10**9)


def keep(
    connection: Connection,
    id_: int,
    external_id: str,
    version: str = "v1",
    outcome: str = inbox.APPLIED,
) -> None:
    compress = inbox.make_compressor()
    payload = compress(orjson.dumps({"id": external_id, "🛒": version}))
    row = inbox.InboxRow(id_, external_id, version, outcome, payload)
    inbox.add_records(connection, "shop", Stream.ORDERS, [row], MOMENT)
    inbox.count_intake(connection, "shop", Stream.ORDERS, **{outcome: 1})


def read_balance(connection: Connection) -> tuple[int, ...]:
    return tuple(connection.execute(select(intake)).one())[2:]


@pytest.fixture
def hub(store: Store, add_channel: Callable[..., KnownChannel]) -> Store:
    add_channel("shop")
    add_channel("other")
    return store


def test_the_same_content_of_a_record_is_kept_once(hub: Store) -> None:
    def keep_twice() -> None:
        with hub.transaction() as connection:
            keep(connection, 1, "1001")
            keep(connection, 2, "1001")

    with pytest.raises(IntegrityError):
        keep_twice()
    with hub.transaction() as connection:
        keep(connection, 1, "1001", "v1")
        keep(connection, 2, "1001", "v2")
        row = inbox.InboxRow(3, "1001", "v1", inbox.APPLIED, b"")
        inbox.add_records(connection, "other", Stream.ORDERS, [row], MOMENT)
        known = inbox.load_known(connection, "shop", Stream.ORDERS, ["1001", "9"])
    assert known == {"1001": KnownRecord(frozenset({"v1", "v2"}), None)}


def test_a_known_order_tells_when_its_newest_state_was(
    hub: Store,
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
) -> None:
    later = MOMENT + timedelta(microseconds=1)
    take_in("shop", make_order("1"))
    take_in("shop", make_order("1", updated_at=later))
    with hub.reading() as connection:
        known = inbox.load_known(connection, "shop", Stream.ORDERS, ["1"])
        other = inbox.load_known(connection, "other", Stream.ORDERS, ["1"])
        listings = inbox.load_known(connection, "shop", Stream.LISTINGS, ["1"])
    assert known["1"].applied_at == later
    assert len(known["1"].versions) == 2
    assert other == listings == {}


def test_payloads_come_back_as_they_came_oldest_first(hub: Store) -> None:
    with hub.transaction() as connection:
        keep(connection, 8, "b")
        keep(connection, 5, "a")
        found = inbox.load_records(connection, [8, 5, 99])
    assert [record.id for record in found] == [5, 8]
    assert found[0].payload == {"id": "a", "🛒": "v1"}
    assert (found[0].channel, found[0].stream) == ("shop", Stream.ORDERS)
    assert found[0].received_at == MOMENT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(pages=st.lists(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), min_size=1))
def test_received_is_the_sum_of_the_outcomes_of_all_pages(
    hub: Store, pages: list[tuple[int, int, int, int]]
) -> None:
    with hub.transaction() as connection:
        connection.execute(delete(intake))
        for applied, duplicate, superseded, quarantined in pages:
            inbox.count_intake(
                connection,
                "shop",
                Stream.ORDERS,
                applied=applied,
                duplicate=duplicate,
                superseded=superseded,
                quarantined=quarantined,
            )
        received, *outcomes = read_balance(connection)
    assert received == sum(outcomes) == sum(map(sum, pages))
    assert outcomes == [sum(column) for column in zip(*pages, strict=True)]


@pytest.mark.parametrize("column", ["received", "applied", "duplicate", "quarantined"])
def test_the_database_refuses_a_balance_that_does_not_add_up(
    hub: Store, column: str
) -> None:
    with hub.transaction() as connection:
        inbox.count_intake(connection, "shop", Stream.ORDERS, applied=2, duplicate=1)

    def lose_one() -> None:
        with hub.transaction() as connection:
            connection.execute(intake.update().values({column: intake.c[column] - 1}))

    with pytest.raises(IntegrityError):
        lose_one()
    with hub.reading() as connection:
        assert read_balance(connection) == (3, 2, 1, 0, 0)


def test_a_quarantined_record_that_is_replayed_moves_in_the_balance_too(
    hub: Store,
) -> None:
    with hub.transaction() as connection:
        keep(connection, 1, "a", outcome=inbox.QUARANTINED)
        keep(connection, 2, "b", outcome=inbox.QUARANTINED)
        keep(connection, 3, "b", "v2")
        assert inbox.find_quarantined(connection) == [1, 2]
        assert inbox.find_quarantined(connection, "shop", "b") == [2]
        assert inbox.find_quarantined(connection, "other") == []
        (record,) = inbox.load_records(connection, [1])
        inbox.set_outcome(connection, record, inbox.APPLIED)
        assert inbox.find_quarantined(connection, "shop") == [2]
        assert read_balance(connection) == (3, 2, 0, 0, 1)


def deliver(store: Store, channel: str, event_id: str, id_: int) -> bool:
    delivery = Delivery(event_id, "order.updated", Stream.ORDERS, "1001")
    with store.transaction() as connection:
        return cursors.add_delivery(connection, channel, delivery, id_, MOMENT)


def test_a16_a_delivery_is_known_again_after_a_restart(hub: Store) -> None:
    assert deliver(hub, "shop", "event-1", 1)
    hub.close()
    assert not deliver(hub, "shop", "event-1", 2)
    assert deliver(hub, "shop", "event-2", 3)
    assert deliver(hub, "other", "event-1", 4)


def test_a01_a_delivery_that_comes_many_times_at_once_is_kept_once(
    hub: Store, ids: IdSource
) -> None:
    kept: list[bool] = []
    start = threading.Barrier(6)

    def receive() -> None:
        start.wait()
        kept.append(deliver(hub, "shop", "event-1", ids.take()))

    threads = [threading.Thread(target=receive) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [False] * 5 + [True]
