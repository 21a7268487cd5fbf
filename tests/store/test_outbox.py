"""The outbox: written before it is sent, one open write per thing, three outcomes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from crossdock.canonical.pushes import Outcome
from crossdock.canonical.remembered import KnownChannel
from crossdock.store import outbox
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.outbox import STOCK, OutboxRow
from crossdock.store.tables import outbox as rows
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def add(
    store: Store, ids: IdSource, add_channel: Callable[..., KnownChannel]
) -> Callable[..., OutboxRow]:
    """Store one write; keyword arguments override."""
    add_channel("shop")
    add_channel("other")

    def store_write(**changes: Any) -> OutboxRow:
        id_ = ids.take()
        facts: dict[str, Any] = {
            "id": id_,
            "channel": "shop",
            "kind": STOCK,
            "subject": "lamp",
            "idempotency_key": f"key-{id_}",
            "payload": {"quantity": 7, "expected": None, "note": "✓"},
        }
        row = OutboxRow(**facts | changes)
        with store.transaction() as connection:
            outbox.add(connection, [row], MOMENT)
        return row

    return store_write


def finish(store: Store, row: OutboxRow, outcome: Outcome, reason: str = "") -> None:
    with store.transaction() as connection:
        outbox.finish(connection, [(row.id, outcome, reason, "gid://1")], MOMENT)


def load_open(store: Store) -> dict[str, OutboxRow]:
    with store.reading() as connection:
        return outbox.load_open(connection, "shop", STOCK)


def test_e03_a_write_is_stored_with_its_key_before_it_is_sent(
    store: Store, add: Callable[..., OutboxRow]
) -> None:
    row = add()
    store.close()  # the process ends here
    assert load_open(store) == {"lamp": row}


def test_one_write_per_thing_is_open(
    store: Store, add: Callable[..., OutboxRow]
) -> None:
    first = add()
    with pytest.raises(IntegrityError):
        add()
    others = [{"subject": "mug"}, {"kind": "fulfillment"}, {"channel": "other"}]
    assert len({add(**other).id for other in others}) == 3
    finish(store, first, Outcome.ACCEPTED)
    second = add()
    assert load_open(store)["lamp"] == second


def test_e03_a_key_is_never_used_twice(
    store: Store, add: Callable[..., OutboxRow]
) -> None:
    finish(store, add(idempotency_key="k"), Outcome.ACCEPTED)
    with pytest.raises(IntegrityError):
        add(idempotency_key="k")


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.STALE])
def test_an_answered_write_is_done_with_its_outcome(
    store: Store, add: Callable[..., OutboxRow], outcome: Outcome
) -> None:
    finish(store, add(), outcome, "because " * 200)
    assert load_open(store) == {}
    with store.reading() as connection:
        row = connection.execute(select(rows)).one()
    assert (row.status, row.outcome, row.finished_at) == ("done", outcome, MOMENT)
    assert len(row.reason) == 500
    assert row.external_id == "gid://1"


def test_e01_a_write_without_an_answer_stays_open_until_it_is_read_back(
    store: Store, add: Callable[..., OutboxRow]
) -> None:
    row = add()
    finish(store, row, Outcome.UNKNOWN)
    assert load_open(store)["lamp"].status == outbox.UNKNOWN
    with store.transaction() as connection:
        outbox.count_attempt(connection, row.id)
    again = load_open(store)["lamp"]
    assert (again.status, again.attempts) == (outbox.IN_FLIGHT, 2)
    assert again.idempotency_key == row.idempotency_key
    finish(store, row, Outcome.ACCEPTED)
    assert load_open(store) == {}


def test_open_writes_are_found_by_what_they_are_about(
    store: Store, add: Callable[..., OutboxRow]
) -> None:
    lamp, mug = add(), add(subject="mug")
    add(channel="other")
    with store.reading() as connection:
        find = outbox.load_open
        assert find(connection, "shop", STOCK) == {"lamp": lamp, "mug": mug}
        assert find(connection, "shop", STOCK, ["mug", "x"]) == {"mug": mug}
        assert find(connection, "shop", STOCK, []) == {}
        assert find(connection, "shop", outbox.CANCELLATION) == {}


def test_the_database_refuses_a_status_that_nobody_knows(
    add: Callable[..., OutboxRow],
) -> None:
    with pytest.raises(IntegrityError):
        add(status="perhaps")
