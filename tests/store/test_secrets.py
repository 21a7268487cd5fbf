"""Channels and their secrets: sealed at rest, opened by one key, rotated by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crossdock.canonical.errors import NotFoundError, SettingsError
from crossdock.canonical.listings import Component, Listing
from crossdock.canonical.orders import Order
from crossdock.canonical.pages import Delivery, Stream
from crossdock.canonical.remembered import ChannelState, KnownChannel, KnownOrder
from crossdock.canonical.stock import Cause
from crossdock.store import (
    audit,
    backup,
    channels,
    cursors,
    fsck,
    listings,
    marks,
    orders,
    outbox,
    publications,
    stock,
)
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.stock import Counts
from crossdock.store.tables import channels as channel_rows
from crossdock.store.tables import metadata
from crossdock.store.vault import KEY_BYTES, Vault
from crossdock.sync.decide.ledger import Ledger
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CANARY = "ck_live_canary_4711"


def test_what_was_sealed_opens_with_its_key_for_its_owner(vault: Vault) -> None:
    document = {"token": "ü💡", "nested": {"port": 443, "empty": None}}
    assert vault.open(vault.seal(document, "shop"), "shop") == document


def test_h12_a_sealed_document_opens_with_no_other_key(vault: Vault) -> None:
    sealed = vault.seal({"token": CANARY}, "shop")
    with pytest.raises(
        SettingsError, match="secrets of shop cannot be opened"
    ) as caught:
        Vault(Vault.generate_key()).open(sealed, "shop")
    assert "Put the key back" in caught.value.next_step
    assert CANARY not in str(caught.value)


def test_h12_a_ciphertext_moved_to_another_channel_does_not_open(vault: Vault) -> None:
    with pytest.raises(SettingsError):
        vault.open(vault.seal({"token": CANARY}, "shop"), "other")


@pytest.mark.parametrize("position", [0, 15, 16, -1])
def test_h12_a_ciphertext_with_a_flipped_bit_does_not_open(
    vault: Vault, position: int
) -> None:
    sealed = bytearray(vault.seal({"token": CANARY}, "shop"))
    sealed[position] ^= 1
    with pytest.raises(SettingsError):
        vault.open(bytes(sealed), "shop")


@pytest.mark.parametrize(
    "key", ["", "not base64 at all", "c2hvcnQ=", "A" * 86, "A" * 84]
)
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(
        SettingsError, match=f"not {KEY_BYTES} bytes in base64"
    ) as caught:
        Vault(key)
    assert not key or key not in str(caught.value)


def test_every_generated_key_is_another() -> None:
    assert len({Vault.generate_key() for _ in range(5)}) == 5


def test_h12_neither_key_nor_secret_is_in_the_database_or_its_backup(
    sqlite_store: Store, make_channel: Callable[..., KnownChannel], tmp_path: Path
) -> None:
    key = Vault.generate_key()
    vault = Vault(key)
    channel = make_channel("shop", settings={"consumer_secret": CANARY})
    with sqlite_store.transaction() as connection:
        channels.add(connection, vault, channel)
    tokens = {"access_token": CANARY}
    assert channels.replace_tokens(sqlite_store, vault, "shop", 0, tokens)
    backup.write_backup(sqlite_store, tmp_path / "b", lambda done, total: None)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"crossdock.sqlite3", "b"}
    for path in files:
        content = path.read_bytes()
        assert CANARY.encode() not in content, path.name
        assert key.encode() not in content, path.name


def test_h12_a_settings_row_copied_over_another_does_not_open(
    store: Store, vault: Vault, add_channel: Callable[..., KnownChannel]
) -> None:
    add_channel("shop")
    add_channel("other")
    with store.transaction() as connection:
        stolen = select(channel_rows.c.settings).where(channel_rows.c.name == "other")
        connection.execute(
            channel_rows.update()
            .where(channel_rows.c.name == "shop")
            .values(settings=stolen.scalar_subquery())
        )
        with pytest.raises(SettingsError):
            channels.load(connection, vault, "shop")


def test_a_channel_comes_back_as_it_was_added(
    store: Store, vault: Vault, add_channel: Callable[..., KnownChannel]
) -> None:
    shop, other = add_channel("shop"), add_channel("other", catalog_source=True)
    with store.reading() as connection:
        assert channels.load(connection, vault, "shop") == shop
        assert channels.load_all(connection, vault) == [shop, other]
        find = channels.find_by_account
        assert find(connection, "woocommerce", "other.example") == "other"
        assert find(connection, "shopify", "other.example") is None
        assert channels.find_by_webhook_path(connection, "hook-shop") == "shop"
        assert channels.find_by_webhook_path(connection, "hook") is None


def test_a_channels_secrets_are_not_in_its_repr(
    add_channel: Callable[..., KnownChannel],
) -> None:
    assert "secret-of-shop" not in repr(add_channel("shop"))


def test_an_unknown_channel_is_told_with_the_known_ones(
    store: Store, vault: Vault, add_channel: Callable[..., KnownChannel]
) -> None:
    def load() -> KnownChannel:
        with store.reading() as connection:
            return channels.load(connection, vault, "shop")

    with pytest.raises(NotFoundError, match="'shop'") as caught:
        load()
    assert "none" in caught.value.next_step
    add_channel("other")
    with pytest.raises(NotFoundError) as caught:
        load()
    assert "other" in caught.value.next_step


@pytest.mark.parametrize(
    "same", [{"name": "shop"}, {"account_external_id": "shop.example"}]
)
def test_one_account_is_one_channel(
    add_channel: Callable[..., KnownChannel], same: dict[str, str]
) -> None:
    add_channel("shop")
    with pytest.raises(IntegrityError):
        add_channel(**{"name": "second"} | same)


def test_a_state_that_is_set_again_is_no_news(
    store: Store, vault: Vault, add_channel: Callable[..., KnownChannel]
) -> None:
    add_channel("shop")
    parked = ChannelState.NEEDS_REAUTH
    with store.transaction() as connection:
        assert channels.set_state(connection, "shop", parked, "401")
        assert not channels.set_state(connection, "shop", parked, "401 again")
        assert not channels.set_state(connection, "ghost", parked, "401")
        kept = channels.load(connection, vault, "shop")
    assert (kept.state, kept.state_reason) == (parked, "401")


def test_tokens_start_empty_and_rotate(
    store: Store, vault: Vault, add_channel: Callable[..., KnownChannel]
) -> None:
    assert channels.load_tokens(store, vault, "shop") == (0, {})
    add_channel("shop")
    assert channels.load_tokens(store, vault, "shop") == (0, {})
    assert channels.replace_tokens(store, vault, "shop", 0, {"access": "one"})
    assert channels.load_tokens(store, vault, "shop") == (1, {"access": "one"})
    assert not channels.replace_tokens(store, vault, "shop", 0, {"access": "late"})
    assert channels.load_tokens(store, vault, "shop") == (1, {"access": "one"})


def test_b08_of_two_that_rotate_a_token_at_once_the_winners_is_kept(
    store: Store, vault: Vault, add_channel: Callable[..., KnownChannel]
) -> None:
    add_channel("shop")
    for version in range(10):
        outcomes: dict[str, bool] = {}
        start = threading.Barrier(2)

        def rotate(
            name: str,
            version: int,
            start: threading.Barrier,
            outcomes: dict[str, bool],
        ) -> None:
            start.wait()
            outcomes[name] = channels.replace_tokens(
                store, vault, "shop", version, {"refresh": name}
            )

        threads = [
            threading.Thread(target=rotate, args=(name, version, start, outcomes))
            for name in ("a", "b")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winner = next(name for name, won in outcomes.items() if won)
        assert sorted(outcomes.values()) == [False, True]
        kept = channels.load_tokens(store, vault, "shop")
        assert kept == (version + 1, {"refresh": winner})


@pytest.fixture
def busy_hub(
    store: Store,
    ids: IdSource,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
) -> Store:
    """Two channels that sold the same SKU, one of them with a row in every table."""
    add_channel("shop")
    add_channel("other")
    receive("LAMP", 10)
    take_in("shop", make_order("1", {"LAMP": 4, "GHOST": 1}))
    take_in("shop", make_order("2", {"LAMP": 1}, fulfillment="fulfilled"))
    take_in("other", make_order("1", {"LAMP": 2}))
    with store.transaction() as connection:
        listing = Listing(external_id="a", stock_external_id="a")
        listings.save_listings(connection, "shop", [(1, listing, "mapped")], MOMENT)
        part = Component(sku="LAMP", units=1)
        listings.replace_components(connection, {1: [part]})
        rule = listings.RuleRow(2, "shop", "a", "", False, (part,), None, MOMENT)
        listings.write_rule(connection, rule)
        publications.set_desired(connection, {("shop", "a"): 3}, MOMENT)
        write = outbox.OutboxRow(3, "shop", outbox.STOCK, "a", "key", {})
        outbox.add(connection, [write], MOMENT)
        cursors.save_cursor(connection, "shop", Stream.ORDERS, "c", MOMENT)
        delivery = Delivery("event", "topic", Stream.ORDERS, "1")
        cursors.add_delivery(connection, "shop", delivery, 4, MOMENT)
        mark = marks.Mark(marks.MarkKind.PULL, "shop/orders", "shop", 50, MOMENT)
        marks.put(connection, [mark], ids.take(), MOMENT)
        entry = audit.AuditRow(5, MOMENT, "anna", "add", "shop", "", {}, {})
        audit.write(connection, entry)
    return store


def release_and_remove(store: Store, ids: IdSource, name: str) -> None:
    """Remove a channel as the journey does: what it claims is given back first."""
    with store.transaction() as connection:
        locked = stock.lock_positions(connection, ["LAMP"])
        ledger = Ledger(locked)
        for line_id, holding in orders.load_all_claiming(connection, name):
            cause = Cause("removed", str(line_id))
            ledger.release(holding.key, holding.allocated, cause)
        changed = {
            key: Counts(account.on_hand, account.allocated, account.reserved)
            for key, account in ledger.changed_positions().items()
        }
        stock.save_positions(connection, changed, locked)
        stock.add_movements(connection, ledger.movements, ids, MOMENT)
        channels.remove(connection, name)


def test_a_removed_channel_leaves_no_row_and_a_sound_hub(
    busy_hub: Store, ids: IdSource
) -> None:
    release_and_remove(busy_hub, ids, "shop")
    with busy_hub.reading() as connection:
        assert fsck.check(connection) == []
        for table in metadata.sorted_tables:
            for column in ("channel", "lane"):
                if column in table.c:
                    mine = select(func.count()).where(table.c[column] == "shop")
                    assert connection.scalar(mine) == 0, table.name
        assert connection.scalar(select(func.count()).select_from(channel_rows)) == 1
        assert list(stock.load_positions(connection).values()) == [Counts(9, 2, 0)]
        assert [row.actor for row in audit.load(connection, "shop")] == ["anna"]


def test_a_removed_channels_goods_that_left_have_left(
    busy_hub: Store, ids: IdSource
) -> None:
    """Of LAMP ten came and one was shipped; the movements tell it for ever."""
    release_and_remove(busy_hub, ids, "shop")
    with busy_hub.reading() as connection:
        moved = connection.execute(
            text(
                "SELECT kind, sum(on_hand_change), sum(allocated_change)"
                " FROM movements GROUP BY kind ORDER BY kind"
            )
        ).all()
    assert [tuple(map(str, row)) for row in moved] == [
        ("allocated", "0", "6"),
        ("received", "10", "0"),
        ("released", "0", "-4"),
        ("shipped", "-1", "0"),
    ]


def test_a_channel_that_was_removed_can_be_added_again(
    busy_hub: Store, ids: IdSource, add_channel: Callable[..., KnownChannel]
) -> None:
    release_and_remove(busy_hub, ids, "shop")
    again = add_channel("shop")
    with busy_hub.reading() as connection:
        found = channels.find_by_account(connection, again.kind, "shop.example")
    assert found == "shop"
