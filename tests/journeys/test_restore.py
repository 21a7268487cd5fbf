"""F13: a hub that was restored writes nothing before a person has seen what."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import RefusedError
from crossdock.store.backup import write_backup
from crossdock.store.engine import Store
from crossdock.store.marks import MarkKind
from crossdock.store.restore import is_restored
from crossdock.sync.holding import (
    hold_channel,
    notice_restore,
    release_channel,
    review_channels,
)
from crossdock.sync.ship import Tracking, ship_order
from crossdock.sync.stocktaking import receive_stock
from sqlalchemy import URL, make_url


def go_back(town: Any, backup: Path) -> None:
    """Put a backup in the place of the hub's database, as a person would by hand."""
    town.hub.store.close()
    path = Path(str(make_url(town.hub.store.name).database))
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    shutil.copy(backup, path)
    town.hub.store = Store(str(URL.create("sqlite", database=str(path))))


def list_shown(town: Any) -> dict[str, int | None]:
    return {name: town.shown(name, town.clocks[name]) for name in town.shops}


@pytest.fixture
def yesterday(market: Any, tmp_path: Path) -> Path:
    """A backup of the market, after which a day goes on."""
    market.sell("woo", (market.clocks["woo"], 1))
    market.work()
    backup = tmp_path / "yesterday.sqlite3"
    write_backup(market.hub.store, backup, lambda done, total: None)
    market.sell("shopify", (market.clocks["shopify"], 3))
    market.work()
    market.clock.pause(3600)
    shipped = market.sell("woo", (market.clocks["woo"], 2))
    market.work()
    ship_order(market.hub, shipped, Tracking("DHL", "JD1"))
    market.work()
    assert list_shown(market) == {"shopify": 4, "woo": 4}
    market.check()
    return backup


def test_a_backup_knows_that_it_was_put_in_place_however_that_was_done(
    market: Any, yesterday: Path
) -> None:
    assert not notice_restore(market.hub)
    go_back(market, yesterday)
    with market.hub.store.reading() as connection:
        assert is_restored(connection)
    assert notice_restore(market.hub)
    assert not notice_restore(market.hub)
    assert [one.pushing for one in market.hub.load_channels()] == [False, False]


def test_f13_nothing_stale_is_written_and_everything_ends_in_step(
    market: Any, yesterday: Path
) -> None:
    go_back(market, yesterday)
    notice_restore(market.hub)
    before = list_shown(market)
    (first, _) = review_channels(market.hub)
    assert "orders" in first.unread
    with pytest.raises(RefusedError, match="was not read since"):
        release_channel(market.hub, "shopify", actor="ada")

    market.work(3600)
    market.tick(MarkKind.PULL, MarkKind.READ_BACK)
    market.work(120)
    assert list_shown(market) == before
    for one in review_channels(market.hub):
        assert (one.unread, one.differences) == ((), ())
        assert (one.reason, one.listings) == ("restored from a backup", 1)
    assert market.list_open() == []
    assert market.count("CLOCK") == (8, 4)

    for channel in market.shops:
        assert release_channel(market.hub, channel, actor="ada")
        assert not release_channel(market.hub, channel, actor="ada")
    market.work()
    assert market.list_open() == []
    market.check()


def test_what_a_person_did_after_the_backup_shows_as_a_difference_to_be_written(
    market: Any, yesterday: Path
) -> None:
    receive_stock(market.hub, "CLOCK", 5, actor="ada")
    market.work()
    assert list_shown(market) == {"shopify": 9, "woo": 9}
    go_back(market, yesterday)
    notice_restore(market.hub)
    market.work(600)
    for one in review_channels(market.hub):
        (difference,) = one.differences
        assert (difference.shows, difference.would_show) == (9, 4)
        assert (one.zeroed, one.raised) == (0, 0)
    receive_stock(market.hub, "CLOCK", 5, actor="ada", reason="again")
    market.world.receive("CLOCK", 5)
    market.work()
    assert [one.differences for one in review_channels(market.hub)] == [(), ()]
    for channel in market.shops:
        release_channel(market.hub, channel, actor="ada")
    market.work()
    market.check()


def test_a_write_that_was_under_way_at_the_backup_is_not_believed_in(
    market: Any, tmp_path: Path
) -> None:
    market.sell("shopify", (market.clocks["shopify"], 3))
    market.shops["woo"].faults.arm_once("dropped")
    backup = tmp_path / "midway.sqlite3"
    copies: list[Path] = []
    real = market.hub.reach

    def reach(point: str) -> None:
        real(point)
        if point == "push.sent" and not copies:
            copies.append(backup)
            write_backup(market.hub.store, backup, lambda done, total: None)

    market.hub.reach = reach
    market.work(300)
    market.hub.reach = real
    go_back(market, backup)
    notice_restore(market.hub)
    market.work(600)
    for channel in market.shops:
        release_channel(market.hub, channel, actor="ada")
    market.work()
    assert list_shown(market) == {"shopify": 7, "woo": 7}
    market.check()


def test_a_channel_that_is_held_is_read_and_not_written_to(any_market: Any) -> None:
    town = any_market
    assert hold_channel(town.hub, "woo", "stocktaking", actor="ada")
    assert not hold_channel(town.hub, "woo", "stocktaking", actor="ada")
    order = town.sell("woo", (town.clocks["woo"], 2))
    town.sell("shopify", (town.clocks["shopify"], 3))
    town.work(120)
    assert town.count("CLOCK") == (10, 5)
    assert list_shown(town) == {"shopify": 5, "woo": 8}
    ship_order(town.hub, order, Tracking("DHL", "JD2"))
    town.work(120)
    assert len(town.list_untold()) == 1
    town.tick(MarkKind.READ_BACK)
    town.work(120)
    (review,) = review_channels(town.hub, "woo")
    assert (review.reason, review.parcels_untold) == ("stocktaking", 1)
    assert [one.change for one in review.differences] == [-3]
    release_channel(town.hub, "woo", actor="ada")
    town.work()
    assert town.list_untold() == []
    town.check()
