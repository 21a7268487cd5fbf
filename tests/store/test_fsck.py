"""fsck: silent about a sound hub, and loud about each promise that was broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from crossdock.canonical.conflicts import ConflictFacts, ConflictKind
from crossdock.canonical.listings import Component, Listing
from crossdock.canonical.orders import FulfillmentState, Order
from crossdock.canonical.pages import Stream
from crossdock.canonical.policies import Quota
from crossdock.canonical.pushes import Outcome
from crossdock.canonical.remembered import KnownChannel, KnownOrder
from crossdock.store import (
    conflicts,
    fsck,
    inbox,
    listings,
    marks,
    outbox,
    publications,
    quotas,
)
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from sqlalchemy import Connection

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def hub(
    store: Store,
    ids: IdSource,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
) -> Store:
    """A sound hub in which every rule has something to look at.

    LAMP has stock to spare, MUG is short by two, order 3 has left, order 4 is parked,
    order 5 was cancelled and record 6 cannot be read.
    """
    add_channel()
    receive("LAMP", 10)
    receive("MUG", 5)
    take_in("shop", make_order("1", {"LAMP": 2}), make_order("2", {"MUG": 7}))
    take_in(
        "shop",
        make_order("3", {"LAMP": 1}, fulfillment=FulfillmentState.FULFILLED),
        make_order("4", {"VASE": 1}),
        make_order("5", {"LAMP": 4}),
    )
    take_in("shop", make_order("5", {"LAMP": 4}, cancelled_at=MOMENT))
    with store.transaction() as connection:
        _quarantine(connection, ids)
        _publish(connection, ids)
        write = outbox.OutboxRow(ids.take(), "shop", outbox.STOCK, "lamp", "key", {})
        outbox.add(connection, [write], MOMENT)
        outbox.finish(connection, [(write.id, Outcome.ACCEPTED, "", "")], MOMENT)
    return store


def _quarantine(connection: Connection, ids: IdSource) -> None:
    row = inbox.InboxRow(ids.take(), "6", "v1", inbox.QUARANTINED, b"")
    inbox.add_records(connection, "shop", Stream.ORDERS, [row], MOMENT)
    inbox.count_intake(connection, "shop", Stream.ORDERS, quarantined=1, duplicate=3)
    unreadable = ConflictFacts(
        kind=ConflictKind.UNREADABLE_RECORD,
        subject="shop/orders/6",
        channel="shop",
        summary="Order 6 cannot be read.",
        facts={},
    )
    conflicts.report(connection, [unreadable], ids, MOMENT)


def _publish(connection: Connection, ids: IdSource) -> None:
    lamp = Listing(external_id="listing-LAMP", stock_external_id="lamp", sku="LAMP")
    vase = Listing(external_id="listing-VASE", stock_external_id="vase", sku="VASE")
    id_ = ids.take()
    listings.save_listings(
        connection,
        "shop",
        [(id_, lamp, listings.MAPPED), (ids.take(), vase, listings.WAITING)],
        MOMENT,
    )
    listings.replace_components(connection, {id_: [Component(sku="LAMP", units=1)]})
    publications.set_desired(connection, {("shop", "lamp"): 7}, MOMENT)
    quotas.add(connection, [Quota("shop", "lamp", 7)])


def check(store: Store) -> list[fsck.Violation]:
    with store.reading() as connection:
        return fsck.check(connection)


def test_a_sound_hub_breaks_no_rule(hub: Store) -> None:
    assert check(hub) == []


def test_a_database_without_a_single_row_breaks_no_rule(store: Store) -> None:
    assert check(store) == []


LAMP_LINE = (
    "(SELECT l.id FROM order_lines l JOIN orders o ON o.id = l.order_id"
    " WHERE o.external_id = '1')"
)
VASE_LINE = "(SELECT id FROM order_lines WHERE sku = 'VASE')"
PLANTED = {
    "quota-of-too-much": (
        "UPDATE quotas SET granted = 8",
        "quotas_are_of_units_that_exist",
        "LAMP",
    ),
    "more-shown-than-the-quota": (
        "UPDATE quotas SET granted = 6",
        "records_in_escrow_show_their_quota_at_most",
        "shop/lamp",
    ),
    "on-hand": (
        "UPDATE positions SET on_hand = 99 WHERE sku = 'LAMP'",
        "positions_are_the_sum_of_their_movements",
        "LAMP @ main",
    ),
    "movement-without-a-position": (
        "INSERT INTO movements VALUES"
        " (1, 'LAMP', 'attic', 'received', 'delivery', 'x', 4, 0, 0)",
        "positions_are_the_sum_of_their_movements",
        "LAMP @ attic",
    ),
    "claim-without-a-position": (
        "INSERT INTO allocations VALUES"
        f" ({LAMP_LINE}, 'LAMP', 'attic', 1, 2, 1, 0, 'routed')",
        "allocated_is_what_lines_hold",
        "LAMP @ attic",
    ),
    "lost-claim": (
        f"UPDATE allocations SET allocated = 1 WHERE line_id = {LAMP_LINE}",
        "allocated_is_what_lines_hold",
        "LAMP @ main",
    ),
    "oversold": (
        "UPDATE positions SET on_hand = 4 WHERE sku = 'MUG'",
        "allocated_is_on_hand",
        "MUG @ main",
    ),
    "reserved-below-zero": (
        "UPDATE positions SET reserved = -1 WHERE sku = 'LAMP'",
        "allocated_is_on_hand",
        "LAMP @ main",
    ),
    "claim-beyond-its-want": (
        f"UPDATE allocations SET shipped = 2 WHERE line_id = {LAMP_LINE}",
        "claims_stay_within_what_is_wanted",
        None,
    ),
    "claim-apart-from-its-line": (
        f"UPDATE order_lines SET wanted = 3 WHERE id = {LAMP_LINE}",
        "claims_want_what_their_line_wants",
        None,
    ),
    "second-home": (
        "INSERT INTO allocations VALUES"
        f" ({LAMP_LINE}, 'LAMP', 'attic', 1, 0, 0, 0, '')",
        "lines_wait_at_one_home",
        None,
    ),
    "waiting-away-from-home": (
        "INSERT INTO allocations VALUES"
        f" ({LAMP_LINE}, 'LAMP', 'attic', 1, 1, 0, 0, 'routed')",
        "lines_wait_at_one_home",
        None,
    ),
    "in-transit-without-a-transfer": (
        "INSERT INTO positions VALUES ('LAMP', 'in-transit', 3, 0, 0)",
        "goods_in_transit_are_those_of_transfers",
        "LAMP",
    ),
    "transfer-of-nothing": (
        "INSERT INTO transfers VALUES (1, 'LAMP', 'main', 'attic', 3, 1, 0, 0)",
        "goods_in_transit_are_those_of_transfers",
        "LAMP",
    ),
    "waiting-beside-stock-elsewhere": (
        "INSERT INTO positions VALUES ('MUG', 'attic', 2, 0, 0)",
        "lines_wait_only_while_there_is_no_stock",
        "MUG @ attic",
    ),
    "waiting-beside-stock": (
        "UPDATE positions SET on_hand = 6 WHERE sku = 'MUG'",
        "lines_wait_only_while_there_is_no_stock",
        "MUG @ main",
    ),
    "shipped-without-a-parcel": (
        f"UPDATE order_lines SET shipped = 1 WHERE id = {LAMP_LINE}",
        "shipped_is_what_parcels_carry",
        None,
    ),
    "parcel-not-counted": (
        "UPDATE order_lines SET shipped = 0 WHERE shipped = 1",
        "shipped_is_what_parcels_carry",
        None,
    ),
    "mapped-line-without-a-claim": (
        f"DELETE FROM allocations WHERE line_id = {LAMP_LINE}",
        "lines_claim_stock_once_they_are_mapped",
        None,
    ),
    "parked-line-with-a-claim": (
        f"INSERT INTO allocations VALUES ({VASE_LINE}, 'LAMP', 'main', 1, 1, 0, 0, '')",
        "lines_claim_stock_once_they_are_mapped",
        None,
    ),
    "parked-without-a-conflict": (
        "UPDATE conflicts SET status = 'resolved' WHERE kind = 'unmapped_sku'",
        "parked_lines_have_an_open_conflict",
        "shop/listing/listing-VASE",
    ),
    "parked-line-that-names-no-listing": (
        f"UPDATE order_lines SET listing_external_id = '' WHERE id = {VASE_LINE}",
        "parked_lines_have_an_open_conflict",
        "shop/sku/VASE",
    ),
    "order-without-a-record": (
        "UPDATE orders SET inbox_id = 1 WHERE external_id = '1'",
        "orders_come_from_an_applied_record",
        "shop/1",
    ),
    "order-from-a-superseded-record": (
        "UPDATE inbox SET outcome = 'superseded' WHERE external_id = '1'",
        "orders_come_from_an_applied_record",
        "shop/1",
    ),
    "lost-in-the-count": (
        "UPDATE intake SET received = received + 1",
        "received_is_the_sum_of_outcomes",
        "shop/orders",
    ),
    "record-gone-from-the-inbox": (
        "DELETE FROM inbox WHERE outcome = 'quarantined'",
        "the_balance_counts_the_inbox",
        "shop/orders",
    ),
    "inbox-without-a-balance": (
        "DELETE FROM intake",
        "the_balance_counts_the_inbox",
        "shop/orders",
    ),
    "lost-order": (
        "UPDATE orders SET external_id = '99' WHERE external_id = '4'",
        "applied_records_are_orders",
        "shop/4",
    ),
    "quarantined-without-a-conflict": (
        "UPDATE conflicts SET status = 'resolved' WHERE kind = 'unreadable_record'",
        "quarantined_records_have_an_open_conflict",
        "shop/orders/6",
    ),
    "write-done-without-an-outcome": (
        "UPDATE outbox SET outcome = NULL",
        "finished_writes_have_an_outcome",
        "shop/stock/lamp",
    ),
    "write-done-and-unknown": (
        "UPDATE outbox SET outcome = 'unknown'",
        "finished_writes_have_an_outcome",
        "shop/stock/lamp",
    ),
    "listing-never-published": (
        "DELETE FROM publications",
        "mapped_listings_are_published",
        "shop/listing-LAMP",
    ),
}


@pytest.mark.parametrize(
    ("statement", "rule", "subject"), PLANTED.values(), ids=PLANTED.keys()
)
def test_a_planted_violation_is_found_and_named(
    hub: Store,
    plant: Callable[..., None],
    statement: str,
    rule: str,
    subject: str | None,
) -> None:
    plant(statement)
    found = [violation for violation in check(hub) if violation.rule == rule]
    assert len(found) == 1
    assert subject in (None, found[0].subject)
    assert found[0].message


def test_two_open_conflicts_about_one_cause_are_found(
    hub: Store, plant: Callable[..., None]
) -> None:
    columns = (
        "kind, subject, channel, status, summary, facts, proposals, occurrences,"
        " opened_at, seen_at"
    )
    plant(
        "DROP INDEX ix_conflicts_open",
        f"INSERT INTO conflicts (id, {columns}) SELECT 1, {columns} FROM conflicts"
        " WHERE kind = 'unmapped_sku'",
    )
    assert check(hub) == [
        fsck.Violation(
            "one_conflict_is_open_per_cause",
            "shop/listing/listing-VASE",
            "2 open conflicts of kind unmapped_sku",
        )
    ]


def test_every_rule_has_a_planted_violation() -> None:
    planted = {rule for _, rule, _ in PLANTED.values()}
    assert planted | {"one_conflict_is_open_per_cause"} == fsck.RULES.keys()


@pytest.mark.parametrize(
    "name",
    [
        "waiting-beside-stock",
        "listing-never-published",
        "quota-of-too-much",
        "more-shown-than-the-quota",
    ],
)
def test_what_a_mark_will_look_at_is_not_a_violation(
    hub: Store, ids: IdSource, plant: Callable[..., None], name: str
) -> None:
    statement, rule, _ = PLANTED[name]
    plant(statement)
    with hub.transaction() as connection:
        wanted = [
            marks.Mark(marks.MarkKind.RECONCILE, sku, "stock", 20, MOMENT)
            for sku in ("LAMP", "MUG")
        ]
        marks.put(connection, wanted, ids.take(), MOMENT)
    assert rule not in {violation.rule for violation in check(hub)}


def test_orders_that_move_no_stock_owe_nothing_to_stock_rules(
    hub: Store, plant: Callable[..., None]
) -> None:
    plant(
        "UPDATE orders SET moves_stock = (1 = 0) WHERE external_id = '4'",
        "UPDATE conflicts SET status = 'resolved' WHERE kind = 'unmapped_sku'",
    )
    assert check(hub) == []


def test_a_row_that_names_a_missing_row_is_found_in_sqlite(
    sqlite_store: Store,
) -> None:
    with sqlite_store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("INSERT INTO components VALUES (1, 'GHOST', 1)")
        connection.invalidate()
    found = check(sqlite_store)
    assert {violation.rule for violation in found} == {"rows_refer_to_rows_that_exist"}
    assert {violation.message for violation in found} == {
        "it names a row of listings that does not exist",
        "it names a row of skus that does not exist",
    }


def test_an_index_that_lost_an_entry_is_found_in_sqlite(sqlite_store: Store) -> None:
    with sqlite_store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("INSERT INTO leases VALUES ('shop', 'a', 1, 0)")
        driver.execute("PRAGMA writable_schema = ON")
        # An index that never heard of the row, as a torn write leaves behind.
        driver.execute(
            "INSERT INTO sqlite_master SELECT 'index', 'torn', 'leases', rootpage,"
            " 'CREATE INDEX torn ON leases (holder)' FROM sqlite_master"
            " WHERE name = 'ix_marks_due'"
        )
        connection.invalidate()
    assert fsck.INTEGRITY in {violation.rule for violation in check(sqlite_store)}
