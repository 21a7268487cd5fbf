"""Many rows at once: what goes in comes out, on both databases, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock.canonical.pages import Stream
from crossdock.canonical.remembered import KnownChannel
from crossdock.store import audit, cursors, rows, tables, upsert
from crossdock.store.audit import AuditRow
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.tables import leases, movements, outbox, positions, publications
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError, IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
INT64_MAX = 2**63 - 1
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
MOMENTS = st.datetimes(timezones=st.just(UTC))
JSONS: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
shared_database = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30
)


@shared_database
@given(
    written=st.lists(
        st.tuples(TEXTS, TEXTS, st.integers(-(2**63), INT64_MAX), MOMENTS),
        unique_by=lambda row: row[0],
        max_size=8,
    )
)
def test_g11_rows_come_back_as_they_went_in(
    store: Store, written: list[tuple[str, str, int, datetime]]
) -> None:
    with store.transaction() as connection:
        connection.execute(delete(leases))
        rows.insert_rows(connection, leases, written)
        found = connection.execute(select(leases)).all()
    assert sorted(map(tuple, found)) == sorted(written)


@shared_database
@given(before=st.dictionaries(TEXTS, JSONS), reason=TEXTS, at=MOMENTS)
def test_g11_documents_come_back_as_they_went_in_with_nul_too(
    store: Store, before: dict[str, Any], reason: str, at: datetime
) -> None:
    row = AuditRow(1, at, "anna", "resolve", "x", reason, before, {"text": "a\x00b"})
    with store.transaction() as connection:
        connection.execute(delete(tables.audit))
        audit.write(connection, row)
        assert audit.load(connection) == [row]


@pytest.mark.parametrize(
    "text",
    ["", "\\N", "\\.", "a\tb\nc\rd", "\\", "'", '"', "%s ? :x", "💡\u200b\u202e"],
)
def test_texts_that_mean_something_to_a_database_are_only_texts(
    store: Store, text: str
) -> None:
    with store.transaction() as connection:
        rows.insert_rows(connection, leases, [("lane", text, 1, MOMENT)])
        rows.update_rows(
            connection,
            leases,
            change=("holder", "expires_at"),
            where=("lane",),
            rows=[(text + text, MOMENT, "lane")],
        )
        assert connection.scalar(select(leases.c.holder)) == text + text


def test_nothing_at_all_is_no_statement(store: Store) -> None:
    with store.transaction() as connection:
        rows.insert_rows(connection, leases, [])
        rows.update_rows(
            connection, leases, change=("holder",), where=("lane",), rows=[]
        )
        none = upsert.upsert(connection, leases, [], key=("lane",), change=())
        assert none == 0


def test_a_number_beyond_64_bits_is_refused_and_not_bent(store: Store) -> None:
    def write(token: int) -> None:
        with store.transaction() as connection:
            rows.insert_rows(connection, leases, [("lane", "a", token, MOMENT)])

    with pytest.raises((OverflowError, DBAPIError)):
        write(INT64_MAX + 1)
    write(INT64_MAX)
    with store.reading() as connection:
        assert connection.scalar(select(leases.c.token)) == INT64_MAX


def test_times_keep_their_microseconds_and_order_before_1970_too(store: Store) -> None:
    times = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, microsecond=1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    with store.transaction() as connection:
        written = [(f"{at:%Y%f}", "a", 1, at) for at in reversed(times)]
        rows.insert_rows(connection, leases, written)
        by_time = select(leases.c.expires_at).order_by(leases.c.expires_at)
        assert list(connection.scalars(by_time)) == times


def test_updates_change_only_what_they_name(store: Store) -> None:
    with store.transaction() as connection:
        first, second = ("a", "x", 1, MOMENT), ("b", "x", 1, MOMENT)
        rows.insert_rows(connection, leases, [first, second])
        rows.update_rows(
            connection,
            leases,
            change=("holder",),
            where=("lane", "token"),
            rows=[("y", "b", 1), ("z", "a", 2)],
        )
        found = connection.execute(select(leases).order_by(leases.c.lane)).all()
        assert list(map(tuple, found)) == [first, ("b", "y", 1, MOMENT)]


def count_upserted(store: Store, lanes: list[str], change: Any) -> int:
    with store.transaction() as connection:
        written = [
            {"lane": lane, "holder": lane, "token": 7, "expires_at": MOMENT}
            for lane in lanes
        ]
        return upsert.upsert(connection, leases, written, key=("lane",), change=change)


def test_an_upsert_inserts_or_changes_and_says_how_many(store: Store) -> None:
    assert count_upserted(store, ["a", "b"], {}) == 2
    assert count_upserted(store, ["a", "b", "c"], {}) == 1
    assert count_upserted(store, ["a"], {}) == 0
    assert count_upserted(store, ["c", "d"], {"token": "leases.token + 1"}) == 2
    assert count_upserted(store, ["a"], ("holder",)) == 1
    with store.reading() as connection:
        found = connection.execute(
            select(leases.c.lane, leases.c.token).order_by(leases.c.lane)
        ).all()
    assert list(map(tuple, found)) == [("a", 7), ("b", 7), ("c", 8), ("d", 7)]


def test_an_upsert_of_very_many_rows_is_whole(
    store: Store,
) -> None:
    lanes = [f"{number:04}" for number in range(1001)]
    assert count_upserted(store, lanes, {}) == len(lanes)


@pytest.mark.parametrize("units", [3_000_000_000, INT64_MAX])
def test_quantities_beyond_32_bits_are_kept(
    store: Store, add_channel: Callable[..., KnownChannel], units: int
) -> None:
    """Shops say "as much as you like" with numbers such as 9999999999."""
    add_channel()
    with store.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO skus VALUES ('A', 'a', '', '', 0, 0, 0, 0, '')"
        )
        rows.insert_rows(connection, positions, [("A", "main", units, units, 0)])
        moved = (1, "A", "main", "counted", "count", "1", units, -units, MOMENT)
        rows.insert_rows(connection, movements, [moved])
        connection.execute(
            publications.insert().values(
                channel="shop",
                stock_external_id="1",
                observed=units,
                stopped=False,
                version=0,
            )
        )
        assert connection.scalar(select(positions.c.on_hand)) == units
        assert connection.scalar(select(movements.c.allocated_change)) == -units
        assert connection.scalar(select(publications.c.observed)) == units


def test_a_channel_that_does_not_exist_cannot_be_written_about(store: Store) -> None:
    row: rows.Row = (
        1,
        "ghost",
        "stock",
        "1",
        "k",
        {},
        "done",
        "",
        "",
        "",
        1,
        MOMENT,
        MOMENT,
    )
    with pytest.raises(IntegrityError), store.transaction() as connection:
        rows.insert_rows(connection, outbox, [row])


def test_the_audit_trail_is_read_back_by_subject_oldest_first(
    store: Store, ids: IdSource
) -> None:
    entries = [
        AuditRow(
            ids.take(),
            MOMENT + timedelta(seconds=number),
            "anna",
            "map",
            f"shop/{number % 2}",
            "looks right",
            {},
            {"sku": "LAMP"},
        )
        for number in range(3)
    ]
    with store.transaction() as connection:
        for entry in entries:
            audit.write(connection, entry)
        assert audit.load(connection) == entries
        assert audit.load(connection, "shop/0") == [entries[0], entries[2]]


def test_a_cursor_is_saved_changed_and_dropped(
    store: Store, add_channel: Callable[..., KnownChannel]
) -> None:
    stream = Stream.ORDERS
    add_channel()
    with store.transaction() as connection:
        assert cursors.load_cursor(connection, "shop", stream) is None
        cursors.save_cursor(connection, "shop", stream, "page-1", MOMENT)
        cursors.save_cursor(connection, "shop", stream, "page-2 ✓", MOMENT)
        assert cursors.load_cursor(connection, "shop", stream) == "page-2 ✓"
        other = Stream.LISTINGS
        assert cursors.load_cursor(connection, "shop", other) is None
        cursors.drop_cursor(connection, "shop", stream)
        assert cursors.load_cursor(connection, "shop", stream) is None
