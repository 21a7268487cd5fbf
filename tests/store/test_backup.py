"""Backups: consistent while the hub works, checked, and never in a file's way."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crossdock.canonical.errors import RefusedError, StoreError
from crossdock.canonical.orders import Order
from crossdock.canonical.remembered import KnownChannel, KnownOrder
from crossdock.store import backup, fsck, schema, stock
from crossdock.store.engine import Store
from sqlalchemy import text

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def ignore_progress(done: int, total: int) -> None:
    """Somebody who does not watch."""


@pytest.fixture
def hub(
    store: Store,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
    client_programs: None,
) -> Store:
    """A hub with an order in it."""
    add_channel()
    receive("LAMP", 10)
    take_in("shop", make_order("1", {"LAMP": 2}))
    return store


def test_f12_a_backup_is_checked_and_holds_the_hub(hub: Store, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    target = tmp_path / "monday.backup"
    report = backup.write_backup(hub, target, lambda *step: seen.append(step))
    assert report == backup.BackupReport(
        target, target.stat().st_size, schema.head_revision(), ()
    )
    assert seen
    assert seen[-1][0] == seen[-1][1] > 0
    again = backup.verify_backup(target)
    assert (again.path, again.revision) == (target, schema.head_revision())
    assert list(tmp_path.glob(".crossdock-backup-*")) == []


def test_a_backup_can_be_read_by_its_owner_alone(hub: Store, tmp_path: Path) -> None:
    report = backup.write_backup(hub, tmp_path / "b", ignore_progress)
    assert stat.S_IMODE(report.path.stat().st_mode) == 0o600


def test_f12_a_restored_sqlite_hub_is_sound_and_goes_on(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with sqlite_store.transaction() as connection:
        row = stock.SkuRow("LAMP", "lamp", "", "", 0, MOMENT)
        stock.add_skus(connection, [row])
    backup.write_backup(sqlite_store, tmp_path / "b", ignore_progress)
    shutil.copy(tmp_path / "b", tmp_path / "restored.sqlite3")
    restored = Store(f"sqlite:///{tmp_path / 'restored.sqlite3'}")
    schema.require_current(restored)
    with restored.transaction() as connection:
        assert fsck.check(connection) == []
        assert [row.sku for row in stock.load_skus(connection)] == ["LAMP"]
        stock.add_skus(connection, [row._replace(sku="MUG", sku_key="mug")])
    restored.close()


@pytest.mark.postgres
def test_f12_a_restored_postgresql_hub_is_sound_and_goes_on(
    postgres_store: Store, client_programs: None, tmp_path: Path
) -> None:
    with postgres_store.transaction() as connection:
        row = stock.SkuRow("LAMP", "lamp", "", "", 0, MOMENT)
        stock.add_skus(connection, [row])
    report = backup.write_backup(postgres_store, tmp_path / "b", ignore_progress)
    with postgres_store.transaction() as connection:
        stock.add_skus(connection, [row._replace(sku="LATER", sku_key="later")])
    url = postgres_store.engine.url.set(drivername="postgresql")
    plain = url.render_as_string(hide_password=False)
    subprocess.run(
        ["pg_restore", "--clean", f"--dbname={plain}", str(report.path)], check=True
    )
    with postgres_store.transaction() as connection:
        assert fsck.check(connection) == []
        assert [row.sku for row in stock.load_skus(connection)] == ["LAMP"]
        stock.add_skus(connection, [row._replace(sku="MUG", sku_key="mug")])


def test_f12_a_backup_shows_one_moment_however_much_is_written_meanwhile(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_PER_STEP", 5)
    written = 0

    def write_more(done: int, total: int) -> None:
        nonlocal written
        written += 1
        _move_stock(sqlite_store, written)

    _move_stock(sqlite_store, 0)
    target = tmp_path / "b"
    report = backup.write_backup(sqlite_store, target, write_more)
    assert written > 5
    assert report.violations == ()
    with sqlite3.connect(target) as copy:
        (on_hand,) = copy.execute("SELECT on_hand FROM positions").fetchone()
    assert on_hand == 1


def _move_stock(store: Store, number: int) -> None:
    """Receive one unit; the position and its movement are two rows of one moment."""
    with store.transaction() as connection:
        driver = connection.exec_driver_sql
        if number == 0:
            driver(
                "INSERT INTO skus (sku, sku_key, title, barcode, safety_stock, "
                "added_at) VALUES ('A', 'a', '', '', 0, 0)"
            )
            driver("INSERT INTO positions VALUES ('A', 'main', 0, 0, 0)")
        driver("UPDATE positions SET on_hand = on_hand + 1")
        driver(
            "INSERT INTO movements VALUES"
            f" ({number + 1}, 'A', 'main', 'received', 'delivery', '{number}', 1, 0, 0)"
        )


def test_a_backup_never_replaces_a_file(hub: Store, tmp_path: Path) -> None:
    target = tmp_path / "b"
    target.write_text("yesterday's")
    with pytest.raises(RefusedError, match="exists already"):
        backup.write_backup(hub, target, ignore_progress)
    assert target.read_text() == "yesterday's"


def test_a_folder_that_does_not_exist_is_told_with_the_next_step(
    hub: Store, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="cannot be written") as caught:
        backup.write_backup(hub, tmp_path / "nowhere" / "b", ignore_progress)
    assert "folder that exists" in caught.value.next_step


def test_an_interrupted_backup_leaves_nothing_behind(
    hub: Store, tmp_path: Path
) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    before = set(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        backup.write_backup(hub, tmp_path / "b", interrupt)
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {
        "crossdock.sqlite3-shm",
        "crossdock.sqlite3-wal",
    }


def test_a_defect_of_the_hub_is_told_and_the_backup_is_kept(
    hub: Store, plant: Callable[..., None], tmp_path: Path
) -> None:
    plant("UPDATE positions SET on_hand = 99")
    report = backup.write_backup(hub, tmp_path / "b", ignore_progress)
    assert report.violations is not None
    assert [violation.rule for violation in report.violations] == [
        "positions_are_the_sum_of_their_movements"
    ]
    assert report.path.exists()


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_a_truncated_backup_does_not_pass(
    hub: Store, tmp_path: Path, keep: float
) -> None:
    target = tmp_path / "b"
    report = backup.write_backup(hub, target, ignore_progress)
    os.truncate(target, int(report.size_bytes * keep))
    with pytest.raises(StoreError):
        backup.verify_backup(target)


def test_a_flipped_page_of_a_sqlite_backup_does_not_pass(
    sqlite_store: Store, tmp_path: Path
) -> None:
    target = tmp_path / "b"
    backup.write_backup(sqlite_store, target, ignore_progress)
    content = bytearray(target.read_bytes())
    content[8192:8292] = b"\xff" * 100
    target.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged") as caught:
        backup.verify_backup(target)
    assert "older backup" in caught.value.next_step


@pytest.mark.parametrize("content", [b"", b"hello", b"PGDM"])
def test_any_other_file_is_not_a_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b").write_bytes(content)
    with pytest.raises(StoreError, match="is not a backup of a hub"):
        backup.verify_backup(tmp_path / "b")


def test_another_programs_sqlite_file_is_not_a_backup(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "b") as connection:
        connection.execute("CREATE TABLE notes (line TEXT)")
    with pytest.raises(StoreError, match="is not a backup of a hub"):
        backup.verify_backup(tmp_path / "b")


def test_a_backup_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="monday cannot be read"):
        backup.verify_backup(tmp_path / "monday")


def test_a_backup_of_another_version_is_read_and_its_promises_are_left_open(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with sqlite_store.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    report = backup.write_backup(sqlite_store, tmp_path / "b", ignore_progress)
    assert (report.revision, report.violations) == ("9999", None)


@pytest.mark.postgres
def test_a_missing_pg_dump_is_told_with_the_next_step(
    postgres_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="pg_dump, which is not on the PATH") as caught:
        backup.write_backup(postgres_store, tmp_path / "b", ignore_progress)
    assert "Install PostgreSQL's client programs" in caught.value.next_step
    assert list(tmp_path.iterdir()) == []


def install_pg_dump(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    program = folder / "pg_dump"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.mark.postgres
def test_a_pg_dump_that_fails_says_why_and_leaves_nothing(
    postgres_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo 'server version mismatch' >&2; exit 1"
    install_pg_dump(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(StoreError, match="pg_dump failed: server version mismatch"):
        backup.write_backup(postgres_store, tmp_path / "b", ignore_progress)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.postgres
def test_the_password_is_not_among_the_arguments_of_pg_dump(
    postgres_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = f'echo "$@" >"{seen}"; echo "password $PGPASSWORD" >>"{seen}"; exit 1'
    install_pg_dump(tmp_path / "bin", script, monkeypatch)
    url = postgres_store.engine.url.set(password="canary-4711")
    store = Store(url.render_as_string(hide_password=False))
    with pytest.raises(StoreError, match="exit code 1"):
        backup.write_backup(store, tmp_path / "b", ignore_progress)
    store.close()
    arguments, environment = seen.read_text().splitlines()
    assert "canary-4711" not in arguments
    assert environment == "password canary-4711"
