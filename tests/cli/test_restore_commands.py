"""Backups put in place, channels held and let go, and the drift ledger, by command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode


@pytest.fixture
def shop(hub: Any, market: Any) -> tuple[Any, Any, str]:
    """A connected shop that sells ten of TEA."""
    listing = market.offer("TEA")
    said = hub.add_shop(market.url)
    assert said.code == 0, said.err
    return hub, market, listing


def test_a_backup_is_put_in_place_looked_at_and_let_go(
    shop: tuple[Any, Any, str],
) -> None:
    hub, market, listing = shop
    backup = hub.home / "yesterday.sqlite3"
    assert hub("backup", str(backup)).code == 0
    hub("receive", "TEA", "5")
    market.buy(listing, 2)
    hub("pull")
    assert market.shop.shown(listing) == 13

    said = hub("restore", "begin", str(backup), "--yes", "--json")
    assert said.code == 0, said.err
    assert said.document["held"] == ["shop"]
    assert Path(said.document["set_aside"]).exists()
    listed = hub("channels", "list")
    assert "held" in listed.out
    assert "restored from a backup" in listed.err

    assert hub("pull", "--all").code == 0
    assert market.shop.shown(listing) == 13
    (review,) = hub("restore", "review", "--json").document
    assert review["unread"] == []
    (difference,) = review["differences"]
    assert (difference["sku"], difference["shows"], difference["would_show"]) == (
        "TEA",
        13,
        8,
    )
    page = hub("restore", "review").out
    assert "Fine TEA" in page
    assert "would change" in page

    said = hub("restore", "finish", answers="n\n")
    assert said.code == ExitCode.INTERRUPTED
    assert market.shop.shown(listing) == 13
    said = hub("restore", "finish", "--yes", "--json")
    assert said.code == 0, said.err
    assert [one["channel"] for one in said.document] == ["shop"]
    assert market.shop.shown(listing) == 8
    assert "every one is written to" in hub("restore", "review").out
    assert hub("fsck").code == 0


def test_a_file_that_was_copied_by_hand_is_noticed(shop: tuple[Any, Any, str]) -> None:
    hub, _, _ = shop
    hub("backup", str(hub.home / "copy.sqlite3"))
    database = hub.home / "crossdock.sqlite3"
    for ending in ("-wal", "-shm"):
        Path(f"{database}{ending}").unlink(missing_ok=True)
    (hub.home / "copy.sqlite3").replace(database)
    said = hub("channels", "list", "--json")
    assert "nothing is written to any channel" in said.err
    assert said.document[0]["pushing"] is False


def test_what_is_no_backup_replaces_nothing(shop: tuple[Any, Any, str]) -> None:
    hub, _, _ = shop
    other = hub.home / "notes.txt"
    other.write_text("not a database")
    said = hub("restore", "begin", str(other), "--yes")
    assert said.code == ExitCode.STORE
    assert "is not a backup of a hub" in said.err
    assert hub("channels", "list", "--json").document[0]["pushing"] is True
    said = hub("restore", "begin", str(other), "--json")
    assert (said.code, said.document["next_step"]) == (ExitCode.REFUSED, "Add --yes.")


def test_a_dump_of_the_other_kind_of_database_is_refused(
    shop: tuple[Any, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, _, _ = shop
    dump = hub.home / "hub.dump"
    dump.write_bytes(b"PGDMP and so on")
    monkeypatch.setattr("crossdock.store.restore.verify_backup", lambda path: None)
    said = hub("restore", "begin", str(dump), "--yes")
    assert said.code == ExitCode.STORE
    assert "is a backup of PostgreSQL" in said.err


def test_a_channel_is_held_and_released(shop: tuple[Any, Any, str]) -> None:
    hub, market, listing = shop
    said = hub("channels", "hold", "shop", "--reason", "stocktaking", "--json")
    assert said.document == {"name": "shop", "pushing": False, "changed": True}
    assert "as before" in hub("channels", "hold", "shop").out
    hub("receive", "TEA", "5")
    assert market.shop.shown(listing) == 10
    said = hub("channels", "release", "shop", "--yes", "--json")
    assert said.document == {"name": "shop", "pushing": True, "changed": True}
    assert market.shop.shown(listing) == 15
    assert "as before" in hub("channels", "release", "shop").out
    actions = [row["action"] for row in hub("audit", "--json").document]
    assert actions.count("channel.hold") == actions.count("channel.release") == 1


def test_a_new_channel_can_be_looked_at_before_it_is_written_to(
    hub: Any, market: Any
) -> None:
    listing = market.offer("TEA")
    hub.add_shop(market.url, "--hold")
    hub("count", "TEA", "4")
    assert market.shop.shown(listing) == 10
    (review,) = hub("restore", "review", "shop", "--json").document
    assert review["reason"] == "new, and not looked at yet"
    assert [one["change"] for one in review["differences"]] == [-6]
    assert hub("channels", "release", "shop", "--yes").code == 0
    assert market.shop.shown(listing) == 4


def test_drifts_are_listed_with_their_cause(shop: tuple[Any, Any, str]) -> None:
    hub, market, listing = shop
    assert hub("drifts", "--json").document == []
    assert "anything unexpected" in hub("drifts").out
    market.shop.set_stock(listing, 15)
    hub("pull", "--all")
    (row,) = hub("drifts", "--channel", "shop", "--open", "--json").document
    assert (row["units"], row["expected"], row["observed"]) == (5, 10, 15)
    assert (row["cause"], row["settled_at"]) == (None, None)
    page = hub("drifts").out
    assert "+5" in page
    assert "waits for an order" in page
    assert hub("drifts", "--channel", "nowhere").code == ExitCode.REFUSED
