"""What holds writes back, as rows: drifts, revisions, the brake, held channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crossdock.canonical.drifts import Drift, DriftAction, DriftCause
from crossdock.canonical.errors import RefusedError, StoreError
from crossdock.canonical.pages import Stream
from crossdock.canonical.remembered import ChannelState, Direction, KnownChannel
from crossdock.store import (
    brake,
    channels,
    cursors,
    drifts,
    leases,
    publications,
    restore,
    revisions,
)
from crossdock.store.backup import write_backup
from crossdock.store.brake import Turning
from crossdock.store.engine import Store
from crossdock.store.publications import Belief, Sent, Written
from crossdock.store.vault import Vault
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LONG_AGO = MOMENT - timedelta(days=1)


@pytest.fixture
def hub(store: Store, add_channel: Callable[..., KnownChannel]) -> Store:
    add_channel("shop")
    add_channel("other")
    return store


def drift(id_: int, record: str, units: int, **changes: object) -> Drift:
    base = Drift(id_, record, units, 10, 10 + units, 4, MOMENT)
    return replace(base, **changes)  # type: ignore[arg-type]  # fields by name


# Drifts


def test_a_drift_is_found_again_as_it_was_and_as_it_became(hub: Store) -> None:
    first, second = drift(1, "a", -3), drift(2, "a", 2, found_at=LONG_AGO)
    with hub.transaction() as connection:
        drifts.save(connection, "shop", [first, second, drift(3, "b", 1)])
        drifts.save(connection, "shop", [])
        found = drifts.load(connection, "shop", ["a"], MOMENT)
        assert found == {"a": [second, first]}
        ended = replace(
            second,
            units=1,
            cause=DriftCause.HAND_EDIT,
            action=DriftAction.ADOPTED,
            settled_at=MOMENT,
        )
        drifts.save(connection, "shop", [ended])
        assert drifts.load(connection, "shop", ["a"], MOMENT) == {"a": [first]}
        assert drifts.load(connection, "shop", ["a"], LONG_AGO) == {"a": [ended, first]}
        assert drifts.load(connection, "other", ["a"], LONG_AGO) == {}


def test_open_drifts_end_together_and_keep_a_cause_that_was_found(hub: Store) -> None:
    known = drift(1, "a", -3, cause=DriftCause.FIGHT, action=DriftAction.ASKED)
    with hub.transaction() as connection:
        drifts.save(connection, "shop", [known, drift(2, "a", -1), drift(3, "b", 5)])
        drifts.settle_open(
            connection,
            "shop",
            ["a"],
            cause=DriftCause.HAND_EDIT,
            action=DriftAction.OVERWRITTEN,
            settled_at=MOMENT,
        )
        rows = drifts.list_latest(connection, "shop", open_only=False, limit=9)
        shown = [(row["id"], row["cause"], row["action"]) for row in rows]
        assert shown == [
            (3, None, "none"),
            (2, "hand_edit", "overwritten"),
            (1, "fight", "overwritten"),
        ]
        (left,) = drifts.list_latest(connection, None, open_only=True, limit=9)
        assert left["id"] == 3
        drifts.settle_open(
            connection,
            "shop",
            None,
            cause=DriftCause.RESTORED,
            action=DriftAction.NONE,
            settled_at=MOMENT,
        )
        assert drifts.list_latest(connection, None, open_only=True, limit=9) == []


def test_the_database_refuses_an_end_without_a_cause(hub: Store) -> None:
    with pytest.raises(IntegrityError), hub.transaction() as connection:
        drifts.save(connection, "shop", [drift(1, "a", -3, settled_at=MOMENT)])


# Revisions


def test_d10_writes_are_counted_for_every_24_hours_wherever_a_day_begins(
    hub: Store,
) -> None:
    with hub.transaction() as connection:
        for hours in (50, 25, 24, 23, 1, 0):
            moment = MOMENT - timedelta(hours=hours)
            revisions.count_up(connection, "shop", ["a"], moment)
        revisions.count_up(connection, "shop", ["a", "b"], MOMENT)
        revisions.count_up(connection, "other", ["a"], MOMENT)
        spent = revisions.load_spent(connection, "shop", ["a", "b", "c"], MOMENT)
    # The hour 24 hours ago counts whole; the one before it does not.
    assert spent == {"a": 5, "b": 1}


# The brake


def want(hub: Store, record: str, shows: int | None, desired: int | None) -> None:
    with hub.transaction() as connection:
        belief = Belief(record, shows, shows, None)
        publications.observe(connection, "shop", [belief], MOMENT)
        publications.set_desired(connection, {("shop", record): desired}, MOMENT)


def count_turning(hub: Store) -> Turning:
    with hub.reading() as connection:
        return brake.count_turning(connection, "shop", LONG_AGO)


def test_the_brake_weighs_what_is_wanted_and_what_was_written_lately(
    hub: Store,
) -> None:
    want(hub, "to-zero", 5, 0)
    want(hub, "up", 5, 9)
    want(hub, "down", 5, 4)
    want(hub, "at-zero", 0, 0)
    want(hub, "ours-no-more", 5, None)
    want(hub, "done", 3, 3)
    assert count_turning(hub) == Turning(5, 1, 1)
    with hub.transaction() as connection:
        written = [
            Sent("done", 3, Direction.RAISE),
            Sent("at-zero", 0, Direction.ZERO),
            Sent("down", 4, ""),
        ]
        publications.note_sent(connection, "shop", written, MOMENT)
        publications.set_stopped(connection, "shop", "up", stopped=True)
    assert count_turning(hub) == Turning(5, 2, 1)
    with hub.reading() as connection:
        assert brake.count_turning(connection, "shop", MOMENT) == Turning(5, 1, 0)
        assert brake.count_turning(connection, "other", LONG_AGO) == Turning(0, 0, 0)
        zeroed = brake.load_turning(connection, "shop", Direction.ZERO, 10)
        raised = brake.load_turning(connection, "shop", Direction.RAISE)
    assert (list(zeroed), list(raised)) == (["to-zero"], [])


def test_what_a_person_lets_through_is_that_quantity_once(hub: Store) -> None:
    want(hub, "a", 5, 0)
    want(hub, "b", 5, 0)
    with hub.transaction() as connection:
        assert brake.let_through(connection, "shop", Direction.ZERO) == 2
        publications.set_desired(connection, {("shop", "b"): 9}, MOMENT)
    assert count_turning(hub) == Turning(2, 0, 1)
    with hub.transaction() as connection:
        written = {"a": Written(0, 0, 5)}
        publications.note_acknowledged(connection, "shop", written, MOMENT)
        publications.set_desired(connection, {("shop", "a"): 7}, MOMENT)
        assert publications.load(connection, "shop", ["a"])["a"].passed is None
        assert brake.let_through(connection, "shop", Direction.RAISE) == 2
        brake.take_back(connection, "shop")
    assert count_turning(hub) == Turning(2, 0, 2)


# Channels that are held, or do not answer


def test_a_channel_is_held_and_released_once(hub: Store, vault: Vault) -> None:
    with hub.transaction() as connection:
        assert channels.hold(connection, "shop", "stocktaking", MOMENT)
        assert not channels.hold(connection, "shop", "again", MOMENT)
        held = channels.load(connection, vault, "shop")
        assert (held.pushing, held.pushing_reason, held.held_at) == (
            False,
            "stocktaking",
            MOMENT,
        )
        assert channels.release(connection, "shop")
        assert not channels.release(connection, "shop")
        assert channels.load(connection, vault, "shop").pushing


def test_d20_how_fresh_orders_are_is_known_of_every_enabled_channel(
    hub: Store,
) -> None:
    later = MOMENT + timedelta(minutes=5)
    with hub.transaction() as connection:
        for complete, moment in ((False, MOMENT), (True, later), (False, later)):
            cursors.save_cursor(
                connection, "shop", Stream.ORDERS, "c", moment, complete=complete
            )
        cursors.save_cursor(
            connection, "shop", Stream.LISTINGS, "c", MOMENT, complete=True
        )
        channels.note_failure(connection, "other", MOMENT)
        channels.note_failure(connection, "other", later)
        other, shop = channels.list_freshness(connection)
        assert (shop.channel, shop.caught_up_at, shop.failed_at) == (
            "shop",
            later,
            None,
        )
        assert (other.caught_up_at, other.failing_since, other.failed_at) == (
            None,
            MOMENT,
            later,
        )
        channels.note_success(connection, "other")
        assert channels.list_freshness(connection)[0].failing_since is None
        cursors.forget_freshness(connection, "shop", Stream.ORDERS)
        assert cursors.find_last_pull(connection, "shop", Stream.ORDERS) is None
        channels.set_state(connection, "other", ChannelState.PAUSED, "")
        assert [one.channel for one in channels.list_freshness(connection)] == ["shop"]


# A backup in the database's place


def test_a_restored_database_belongs_to_nobody_who_knew_the_one_before(
    hub: Store,
) -> None:
    lasting = timedelta(minutes=1)
    with hub.transaction() as connection:
        old = leases.acquire(connection, "shop", "before", MOMENT, lasting)
        assert leases.find_live(connection, MOMENT) == "before"
        leases.free_all(connection, MOMENT)
        assert leases.find_live(connection, MOMENT) is None
        new = leases.acquire(connection, "shop", "after", MOMENT, lasting)
    assert old is not None
    assert new is not None
    assert new.token > old.token + 1000


def test_f12_a_backup_replaces_the_database_that_is_set_aside(
    sqlite_store: Store, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.sqlite3"
    write_backup(sqlite_store, backup, lambda done, total: None)
    with sqlite_store.transaction() as connection:
        leases.acquire(connection, "shop", "run", MOMENT, timedelta(minutes=1))
    with pytest.raises(RefusedError, match="run holds a part of it"):
        restore.require_idle(sqlite_store, MOMENT)
    restore.require_idle(sqlite_store, MOMENT + timedelta(minutes=2))
    aside = restore.restore_backup(sqlite_store, backup, MOMENT)
    assert aside is not None
    assert aside.name.endswith(".before-20260302-093000")
    with sqlite_store.transaction() as connection:
        assert restore.is_restored(connection)
        assert leases.find_live(connection, MOMENT) is None
        restore.take_over(connection)
    with sqlite_store.reading() as connection:
        assert not restore.is_restored(connection)
    before = Store(f"sqlite:///{aside}")
    with before.reading() as connection:
        assert leases.find_live(connection, MOMENT) == "run"
    before.close()


def test_a_damaged_database_may_be_replaced(tmp_path: Path) -> None:
    broken = tmp_path / "crossdock.sqlite3"
    broken.write_bytes(b"nothing that SQLite knows" * 100)
    store = Store(f"sqlite:///{broken}")
    restore.require_idle(store, MOMENT)
    store.close()


@pytest.mark.postgres
def test_f12_a_dump_replaces_a_postgresql_database_in_one_transaction(
    postgres_store: Store, client_programs: None, tmp_path: Path
) -> None:
    backup = tmp_path / "hub.dump"
    write_backup(postgres_store, backup, lambda done, total: None)
    with postgres_store.transaction() as connection:
        leases.acquire(connection, "shop", "run", MOMENT, timedelta(minutes=1))
    assert restore.restore_backup(postgres_store, backup, MOMENT) is None
    with postgres_store.transaction() as connection:
        assert leases.find_live(connection, MOMENT) is None
        assert not restore.is_restored(connection)
        restore.take_over(connection)


def test_a_folder_that_cannot_be_written_to_keeps_its_database(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "backup.sqlite3"
    write_backup(sqlite_store, backup, lambda done, total: None)

    def refuse(*arguments: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("shutil.copyfile", refuse)
    with pytest.raises(StoreError, match="cannot be replaced: No space"):
        restore.restore_backup(sqlite_store, backup, MOMENT)
    with sqlite_store.reading() as connection:
        assert not restore.is_restored(connection)
