"""Pulling, shipping, counting, deciding, looking after the books, from a terminal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode
from crossdock.store import leases
from crossdock.store.engine import Store
from crossdock.sync.hub import LEASE_LASTING


def find_conflict(terminal: Any) -> dict[str, Any]:
    found = terminal("conflicts", "list", "--json").document
    assert len(found) == 1, found
    conflict: dict[str, Any] = found[0]
    return conflict


def test_pull_takes_orders_in_and_says_how_many(connected: Any, market: Any) -> None:
    market.buy("101", 3)
    said = connected("pull", "--json")
    assert said.code == 0, said.err
    shop = said.document["channels"][0]
    assert (shop["received"], shop["applied"], shop["problem"]) == (1, 1, "")
    assert said.document["in_step"] == said.document["published"] == 1
    again = connected("pull", "shop", "--all", "--json").document["channels"][0]
    assert (again["applied"], again["listings"]) == (0, 1)


def test_a_channel_that_cannot_be_read_does_not_keep_the_others_waiting(
    connected: Any, market: Any
) -> None:
    market.shop.in_maintenance = True
    said = connected("pull", "--json")
    assert said.code == ExitCode.CHANNEL
    assert "503" in said.document["channels"][0]["problem"]
    assert said.err.startswith("note: shop: ")


def test_a_pull_without_channels_says_so(hub: Any) -> None:
    said = hub("pull")
    assert said.code == 0
    assert "no channel" in said.out


def test_reconcile_takes_skus_in_any_spelling(connected: Any) -> None:
    said = connected("reconcile", "tea", "--json")
    assert said.code == 0
    assert said.document["skus"] == 1
    assert connected("reconcile", "--all", "--json").document["skus"] == 1


@pytest.mark.parametrize("words", [[], ["TEA", "--all"]])
def test_reconcile_wants_skus_or_all_of_them(connected: Any, words: list[str]) -> None:
    assert connected("reconcile", *words).code == ExitCode.USAGE


@pytest.fixture
def occupied(connected: Any) -> Iterator[Any]:
    """A terminal beside a hub that is at work on the shop and on stock."""
    now = datetime.now(UTC)
    store = Store(f"sqlite:///{connected.home / 'crossdock.sqlite3'}")
    with store.transaction() as connection:
        for lane in ("shop", "stock"):
            leases.acquire(connection, lane, "another", now, LEASE_LASTING)
    yield connected
    store.close()


def test_what_a_running_hub_is_at_is_left_to_it(occupied: Any, market: Any) -> None:
    market.buy("101")
    pulled = occupied("pull", "--json")
    assert pulled.code == 0
    assert pulled.document["channels"][0]["left_to_other"] is True
    assert pulled.document["left_to"] == ["shop"]
    reconciled = occupied("reconcile", "--all", "--json")
    assert (reconciled.code, reconciled.document["changed"]) == (0, None)
    assert "the rest is up to it" in reconciled.err


def test_reconciling_an_unknown_sku_is_refused(connected: Any) -> None:
    said = connected("reconcile", "COFFEE")
    assert said.code == ExitCode.REFUSED
    assert "COFFEE" in said.err


def test_a_shipped_order_is_told_to_its_channel(connected: Any, market: Any) -> None:
    order = market.buy("101", 3)
    connected("pull")
    said = connected("ship", order, "--carrier", "DHL", "--tracking", "0034", "--json")
    assert said.code == 0, said.err
    assert said.document["told"] is True
    assert sum(said.document["lines"].values()) == 3
    assert market.shop.order(order).status == "completed"
    again = connected("ship", order)
    assert again.code == ExitCode.REFUSED
    assert "nothing that is ready" in again.err


def test_part_of_an_order_is_shipped_by_line(connected: Any, market: Any) -> None:
    order = market.buy("101", 3)
    connected("pull")
    lines = connected("explain", "order", order, "--json").document["lines"]
    said = connected("ship", order, "--line", f"{lines[0]['line']}=2", "--json")
    assert said.document["lines"] == {lines[0]["line"]: 2}
    too_many = connected("ship", order, "--line", f"{lines[0]['line']}=2")
    assert too_many.code == ExitCode.REFUSED


@pytest.mark.parametrize("line", ["12", "=2", "12=two", "12=-1", "12=\u0662"])
def test_g12_a_line_that_cannot_be_read_is_named(connected: Any, line: str) -> None:
    said = connected("ship", "1", "--line", line)
    assert said.code == ExitCode.USAGE
    assert line in said.err


def test_a_parcel_stays_recorded_while_the_channel_is_away(
    connected: Any, market: Any
) -> None:
    order = market.buy("101")
    connected("pull")
    market.shop.in_maintenance = True
    said = connected("ship", order, "--json")
    assert said.code == 0
    assert said.document["told"] is False
    assert "503" in said.err
    assert "tried again" in said.err
    market.shop.in_maintenance = False
    page = connected("explain", "order", order)
    assert "has not been told yet" in page.out


def test_a_cancelled_order_gives_its_units_back(connected: Any, market: Any) -> None:
    order = market.buy("101", 4)
    connected("pull")
    said = connected("cancel", order, "--json")
    assert said.code == 0, said.err
    assert said.document["outcome"] == "accepted"
    stock = connected("explain", "sku", "TEA", "--json").document
    assert stock["positions"][0]["allocated"] == 0


def test_received_and_counted_goods_reach_the_channel(
    connected: Any, market: Any
) -> None:
    said = connected("receive", "tea", "5", "--reason", "delivery", "--json")
    assert (said.document["on_hand_before"], said.document["on_hand"]) == (10, 15)
    assert market.shop.shown("101") == 15
    assert connected("count", "TEA", "7").code == 0
    assert market.shop.shown("101") == 7
    audit = connected("audit", "--json").document
    assert [(row["actor"], row["action"]) for row in audit] == [
        ("pat", "receive"),
        ("pat", "count"),
    ]
    assert audit[0]["reason"] == "delivery"


def test_a_conflict_is_settled_and_taken_back(connected: Any, market: Any) -> None:
    listing = market.offer_nameless()
    order = market.buy(listing, 2)
    connected("pull", "--all")
    conflict = find_conflict(connected)
    number = str(conflict["id"])
    page = connected("conflicts", "show", number[-5:])
    assert f"crossdock conflicts resolve {number} map --sku" in page.out
    decision = ["conflicts", "resolve", number[-5:], "map", "--sku", "tea", "--json"]
    rehearsed = connected(*decision, "--dry-run")
    assert (rehearsed.code, rehearsed.document["dry_run"]) == (0, True)
    assert find_conflict(connected)["status"] == "open"
    done = connected(*decision, "--reason", "same tea")
    assert done.code == 0, done.err
    assert done.document["lines_freed"] == 1
    assert connected("conflicts", "list", "--json").document == []
    assert connected("conflicts", "resolve", number, "map").code == ExitCode.REFUSED
    line = connected("explain", "order", order, "--json").document["lines"][0]
    assert line["claims"][0]["allocated"] == 2
    settled = connected("conflicts", "show", number).out
    assert f"crossdock conflicts undo {number}" in settled
    undone = connected("conflicts", "undo", number, "--json").document
    assert undone["lines_parked"] == 1
    assert find_conflict(connected)["status"] == "open"
    kinds = connected("conflicts", "list", "--kind", "drift", "--json")
    assert kinds.document == []
    rows = connected("audit", "--subject", f"conflict/{number}", "--json").document
    assert [row["action"] for row in rows] == ["conflict.map", "conflict.undo"]
    assert connected("fsck").code == 0


def test_bad_numbers_of_conflicts_are_refused(connected: Any) -> None:
    assert connected("conflicts", "show", "12345").code == ExitCode.REFUSED
    assert connected("conflicts", "show", "abc").code == ExitCode.USAGE
    assert connected("conflicts", "undo", "12345").code == ExitCode.REFUSED
    words = ["1", "map", "--sku", "A", "--units", "1", "--units", "2"]
    assert connected("conflicts", "resolve", *words).code == ExitCode.USAGE


def test_replay_reads_what_could_not_be_read(connected: Any) -> None:
    said = connected("replay", "--json")
    assert said.code == 0
    assert said.document["read"] == 0
    assert connected("replay", "--channel", "nobody").code == ExitCode.REFUSED


def test_fsck_is_silent_about_sound_books_and_loud_about_others(connected: Any) -> None:
    assert connected("fsck", "--json").document == {"violations": []}
    with closing(sqlite3.connect(connected.home / "crossdock.sqlite3")) as books, books:
        books.execute("UPDATE positions SET on_hand = on_hand + 1")
    said = connected("fsck", "--json")
    assert said.code == ExitCode.REFUSED
    rules = {one["rule"] for one in said.document["violations"]}
    assert "positions_are_the_sum_of_their_movements" in rules
    assert "not hold" in connected("fsck").err


def test_f12_a_backup_is_written_where_asked_and_else_in_the_home_folder(
    connected: Any,
) -> None:
    said = connected("backup", "copy.sqlite3", "--json")
    assert said.code == 0, said.err
    assert Path("copy.sqlite3").stat().st_size == said.document["size_bytes"]
    assert connected("backup", "copy.sqlite3").code == ExitCode.REFUSED
    kept = connected("backup", "--json").document["path"]
    assert Path(kept).parent == connected.home / "backups"


def test_a_hub_that_was_not_set_up_has_nothing_to_back_up(terminal: Any) -> None:
    said = terminal("backup")
    assert said.code == ExitCode.STORE
    assert "nothing to back up" in said.err


def test_an_unknown_order_or_sku_is_said_plainly(connected: Any) -> None:
    for words in (["explain", "order", "77"], ["explain", "sku", "COFFEE"]):
        said = connected(*words)
        assert said.code == ExitCode.REFUSED
        assert words[-1] in said.err
