"""Opening a database and working in it: all or nothing, and errors in plain words."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crossdock.canonical.errors import (
    SettingsError,
    StoreBusyError,
    StoreError,
    StoreFullError,
)
from crossdock.store import engine, schema
from crossdock.store.engine import Store
from crossdock.store.rows import insert_rows
from crossdock.store.tables import leases
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def add_lease(connection: Connection, lane: str) -> None:
    connection.execute(
        text("INSERT INTO leases VALUES (:lane, 'somebody', 1, 0)"), {"lane": lane}
    )


def write_leases(store: Store, *lanes: str) -> None:
    with store.transaction() as connection:
        for lane in lanes:
            add_lease(connection, lane)


def count_leases(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(leases)) or 0


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail_after_writing() -> None:
        with store.transaction() as connection:
            add_lease(connection, "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with store.reading() as connection:
        assert count_leases(connection) == 0


def test_a_statement_that_fails_takes_the_ones_before_it_along(store: Store) -> None:
    with pytest.raises(IntegrityError):
        write_leases(store, "b", "a", "a")
    with store.reading() as connection:
        assert count_leases(connection) == 0


def test_a_transaction_that_ends_well_is_seen_by_the_next(store: Store) -> None:
    write_leases(store, "a", "b")
    with store.reading() as connection:
        assert count_leases(connection) == 2


def test_reading_sees_one_state_however_much_is_written_meanwhile(
    store: Store,
) -> None:
    with store.reading() as reader:
        assert count_leases(reader) == 0
        write_leases(store, "a")
        assert count_leases(reader) == 0
    with store.reading() as reader:
        assert count_leases(reader) == 1


def test_postgresql_refuses_to_write_while_reading(postgres_store: Store) -> None:
    refused = pytest.raises(DBAPIError, match="read-only")
    with postgres_store.reading() as connection, refused:
        add_lease(connection, "a")
    write_leases(postgres_store, "a")


def test_f08_the_second_writer_waits_and_then_sees_what_the_first_wrote(
    sqlite_store: Store,
) -> None:
    """Both read before they write: deferred transactions would fail one of them."""
    inside, written = threading.Event(), []

    def write_second() -> None:
        inside.wait()
        with sqlite_store.transaction() as connection:
            written.append(count_leases(connection))
            add_lease(connection, "second")

    thread = threading.Thread(target=write_second)
    thread.start()
    with sqlite_store.transaction() as connection:
        assert count_leases(connection) == 0
        inside.set()
        time.sleep(0.1)
        assert written == []
        add_lease(connection, "first")
    thread.join()
    assert written == [1]


def test_f08_threads_that_write_at_once_all_finish_and_hold_up_no_reader(
    sqlite_store: Store,
) -> None:
    threads_count, writes_each = 8, 20
    all_at_once = threading.Barrier(threads_count + 1)

    def write_often(name: str) -> None:
        all_at_once.wait()
        for number in range(writes_each):
            write_leases(sqlite_store, f"{name}-{number}")

    threads = [
        threading.Thread(target=write_often, args=(str(number),))
        for number in range(threads_count)
    ]
    for thread in threads:
        thread.start()
    with sqlite_store.transaction() as writer:
        all_at_once.wait()
        add_lease(writer, "first")
        with sqlite_store.reading() as reader:
            assert count_leases(reader) == 0
    for thread in threads:
        thread.join()
    with sqlite_store.reading() as reader:
        assert count_leases(reader) == threads_count * writes_each + 1


def test_f08_a_thread_that_waits_too_long_for_another_is_told_as_busy(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[StoreBusyError] = []

    def write_in_vain() -> None:
        try:
            write_leases(sqlite_store, "second")
        except StoreBusyError as error:
            told.append(error)

    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    thread = threading.Thread(target=write_in_vain)
    with sqlite_store.transaction() as connection:
        add_lease(connection, "first")
        thread.start()
        thread.join()
    assert len(told) == 1
    write_leases(sqlite_store, "third")
    with sqlite_store.reading() as connection:
        assert count_leases(connection) == 2


def test_f08_a_database_held_too_long_is_told_as_busy(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    impatient = Store(sqlite_store.engine.url.render_as_string())
    with sqlite_store.transaction():
        with pytest.raises(StoreBusyError, match="held by another") as caught:
            write_leases(impatient, "a")
        with impatient.reading() as connection:
            assert count_leases(connection) == 0
    assert "stop the other crossdock" in caught.value.next_step
    impatient.close()


@pytest.mark.postgres
def test_a_deadlock_of_postgresql_is_told_as_busy(postgres_store: Store) -> None:
    write_leases(postgres_store, "a", "b")
    both = threading.Barrier(2)
    failed: list[StoreError] = []

    def lock(first: str, second: str) -> None:
        query = text("SELECT 1 FROM leases WHERE lane = :lane FOR UPDATE")
        try:
            with postgres_store.transaction() as connection:
                connection.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
                connection.execute(query, {"lane": first})
                both.wait(timeout=5)
                connection.execute(query, {"lane": second})
        except StoreBusyError as error:
            failed.append(error)

    threads = [
        threading.Thread(target=lock, args=order) for order in (("a", "b"), ("b", "a"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 1


def test_a_full_disk_is_told_and_nothing_is_half_saved(sqlite_store: Store) -> None:
    rows = [(f"job-{number}" * 50, number) for number in range(5000)]

    def write_much() -> None:
        with sqlite_store.transaction() as connection:
            add_lease(connection, "a")
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            connection.exec_driver_sql("INSERT INTO slots VALUES (?, ?)", rows)

    with pytest.raises(StoreFullError, match="nothing was half-saved") as caught:
        write_much()
    assert "Make room" in caught.value.next_step
    with sqlite_store.reading() as connection:
        assert count_leases(connection) == 0


def test_f11_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database at all, only text" * 100)
    store = Store(f"sqlite:///{tmp_path / 'notes.txt'}")
    with pytest.raises(StoreError, match=r"notes\.txt is not a healthy") as caught:
        schema.read_version(store)
    assert "Restore the newest backup" in caught.value.next_step


def test_a_folder_where_the_database_should_be_is_named(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreError, match="cannot be opened for writing"):
        schema.upgrade(store)


def test_a_database_that_may_only_be_read_says_so(sqlite_store: Store) -> None:
    driver = "PRAGMA query_only = ON"
    event.listen(sqlite_store.engine, "begin", lambda c: c.exec_driver_sql(driver))
    with pytest.raises(StoreError, match="cannot be opened for writing") as caught:
        write_leases(sqlite_store, "a")
    assert "you may write to it" in caught.value.next_step


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'deep' / 'down' / 'hub.sqlite3'}")
    schema.upgrade(store)
    store.close()
    assert (tmp_path / "deep" / "down" / "hub.sqlite3").exists()


def test_a_postgresql_that_is_not_there_is_told_without_its_password() -> None:
    store = Store("postgresql+psycopg://hub:canary@127.0.0.1:1/hub")
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        schema.read_version(store)
    assert "canary" not in str(caught.value)
    assert "Start the server" in caught.value.next_step


@pytest.mark.parametrize(
    "url", ["", "hello", "mysql+nothing://host/name", "oracle://host", "sqlite"]
)
def test_a_database_of_another_make_is_refused_with_the_two_that_work(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Store(url)
    assert "sqlite:///" in caught.value.next_step
    assert "postgresql+psycopg://" in caught.value.next_step


def test_an_unknown_database_does_not_repeat_its_password() -> None:
    with pytest.raises(SettingsError) as caught:
        Store("mongodb://hub:canary@host/name")
    assert "canary" not in str(caught.value)


def test_sqlite_keeps_the_promises_of_its_settings(sqlite_store: Store) -> None:
    with sqlite_store.reading() as connection:
        read = connection.exec_driver_sql
        assert read("PRAGMA journal_mode").scalar() == "wal"
        assert read("PRAGMA foreign_keys").scalar() == 1


def test_an_error_of_the_database_does_not_print_the_row(store: Store) -> None:
    """One row goes as a statement of its own, many go through COPY on PostgreSQL."""

    def write(*rows: tuple[str, str, int, int]) -> None:
        with store.transaction() as connection:
            insert_rows(connection, leases, [(*row[:3], MOMENT) for row in rows])
            connection.execute(text("UPDATE leases SET token = NULL"))

    row = ("lane", "canary-street 1", 1, 0)
    for rows in ((row,), (row, row)):
        with pytest.raises(IntegrityError) as caught:
            write(*rows)
        # PostgreSQL's own detail of a violated constraint names the failing row.
        assert "canary" not in str(caught.value).partition("DETAIL")[0]


def test_errors_of_copy_are_read_like_those_of_every_statement(
    postgres_store: Store,
) -> None:
    def copy(*rows: tuple[str, str, int, datetime | None]) -> None:
        with postgres_store.transaction() as connection:
            insert_rows(connection, leases, rows)

    with pytest.raises(IntegrityError):
        copy(("a", "somebody", 1, None))
    with pytest.raises(IntegrityError):
        copy(("a", "somebody", 1, MOMENT), ("a", "somebody", 1, MOMENT))
    with postgres_store.reading() as connection:
        assert count_leases(connection) == 0
