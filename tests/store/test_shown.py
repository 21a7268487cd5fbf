"""Listings and publications: what a channel offers, and every figure it shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from crossdock.canonical.listings import Component, Listing, ListingState
from crossdock.canonical.remembered import Direction, KnownChannel, Publication
from crossdock.store import listings, marks, publications
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.listings import IGNORED, MAPPED, WAITING, RuleRow
from crossdock.store.marks import Mark, MarkKind, Priority
from crossdock.store.publications import Belief, Sent, Written
from crossdock.store.tables import publications as rows
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = MOMENT + timedelta(minutes=1)
LAMP, MUG = Component(sku="LAMP", units=1), Component(sku="MUG", units=6)


@pytest.fixture
def hub(
    store: Store,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
) -> Store:
    add_channel("shop")
    add_channel("other")
    receive("LAMP", 1)
    receive("MUG", 1)
    return store


@pytest.fixture
def save(hub: Store, ids: IdSource) -> Callable[..., int]:
    """Write one listing and what it is made of; keyword arguments are the listing's."""

    def write(
        external_id: str,
        *parts: Component,
        channel: str = "shop",
        seen_at: datetime = MOMENT,
        mapping: str = MAPPED,
        **facts: Any,
    ) -> int:
        facts = {"stock_external_id": external_id} | facts
        listing = Listing(external_id=external_id, **facts)
        with hub.transaction() as connection:
            known = listings.load_listings(connection, channel, [external_id])
            id_ = known[external_id].id if known else ids.take()
            row = (id_, listing, mapping)
            listings.save_listings(connection, channel, [row], seen_at)
            listings.replace_components(connection, {id_: parts})
        return id_

    return write


def load(store: Store, external_id: str) -> listings.ListingRow:
    with store.reading() as connection:
        return listings.load_listings(connection, "shop", [external_id])[external_id]


def test_a_listing_comes_back_with_what_it_is_made_of(
    hub: Store, save: Callable[..., int]
) -> None:
    facts = {"sku": "Set ☕", "barcode": "400638", "title": "A set", "tracked": False}
    id_ = save("a", MUG, LAMP, stock_external_id="p", **facts)
    row = load(hub, "a")
    assert (row.id, row.channel, row.stock_external_id) == (id_, "shop", "p")
    assert {name: getattr(row, name) for name in facts} == facts
    assert row.components == [LAMP, MUG]
    assert (row.state, row.mapping) == (ListingState.ACTIVE, MAPPED)


def test_a_listing_that_is_seen_again_changes_in_place(
    hub: Store, save: Callable[..., int]
) -> None:
    first = save("a", LAMP, title="Old", mapping=WAITING)
    assert save("a", MUG, title="New", state=ListingState.INACTIVE) == first
    row = load(hub, "a")
    assert (row.id, row.title, row.components) == (first, "New", [MUG])
    assert (row.state, row.mapping) == (ListingState.INACTIVE, MAPPED)
    with hub.transaction() as connection:
        listings.set_mapping(connection, [first], IGNORED)
        listings.replace_components(connection, {first: []})
        listings.replace_components(connection, {})
        listings.save_listings(connection, "shop", [], MOMENT)
    row = load(hub, "a")
    assert (row.mapping, row.components) == (IGNORED, [])


def test_stock_records_come_with_every_listing_that_shares_them(
    hub: Store, save: Callable[..., int]
) -> None:
    red = save("red", LAMP, stock_external_id="parent")
    blue = save("blue", MUG, stock_external_id="parent")
    far = save("far", LAMP, channel="other")
    save("gone", LAMP, state=ListingState.DELETED)
    with hub.reading() as connection:
        found = listings.load_stock_records(connection, ["LAMP"])
        assert listings.load_stock_records(connection, ["GHOST"]) == {}
        assert listings.load_records_by_key(connection, []) == {}
    assert {key: [row.id for row in group] for key, group in found.items()} == {
        ("shop", "parent"): [red, blue],
        ("other", "far"): [far],
    }


def test_listings_are_found_by_channel_and_by_sku_text(
    hub: Store, save: Callable[..., int]
) -> None:
    save("a", sku="LAMP")
    save("b", sku="lamp")
    save("a", sku="LAMP", channel="other")
    with hub.reading() as connection:
        every = listings.load_channel_listings(connection, "shop")
        named = listings.load_with_skus(connection, "shop", ["LAMP", "x"])
    assert [row.external_id for row in every] == ["a", "b"]
    assert [(row.channel, row.external_id) for row in named] == [("shop", "a")]


def test_b16_only_a_complete_scan_marks_what_it_did_not_show_as_deleted(
    hub: Store, save: Callable[..., int]
) -> None:
    save("a", seen_at=LATER)
    save("b")
    save("c", state=ListingState.DELETED)
    save("b", channel="other")
    with hub.transaction() as connection:
        assert listings.count_unseen(connection, "shop", MOMENT) == 0
        assert listings.count_unseen(connection, "shop", LATER) == 1
        assert listings.mark_deleted(connection, "shop", LATER) == ["b"]
        assert listings.mark_deleted(connection, "shop", LATER) == []
    assert load(hub, "b").state is ListingState.DELETED
    assert load(hub, "a").state is ListingState.ACTIVE


def test_a_persons_word_replaces_their_earlier_one_and_can_be_taken_back(
    hub: Store, ids: IdSource
) -> None:
    def rule(listing: str, *parts: Component, conflict: int | None = None) -> RuleRow:
        made = (ids.take(), "shop", listing, "TEXT ✓", not parts, parts)
        return RuleRow(*made, conflict, MOMENT)

    first, other, second = rule("a", LAMP), rule("b"), rule("a", MUG, conflict=7)
    with hub.transaction() as connection:
        for one in (first, other, second):
            listings.write_rule(connection, one)
        assert listings.load_rules(connection) == [other, second]
        listings.drop_rule(connection, 7)
        assert listings.load_rules(connection) == [other]


def test_the_database_refuses_a_component_of_no_units(
    hub: Store, save: Callable[..., int]
) -> None:
    nothing = LAMP.model_copy(update={"units": 0})
    with pytest.raises(IntegrityError):
        save("a", nothing)


def show(connection: Connection, record: str) -> Publication:
    return publications.load(connection, "shop", [record])[record]


def test_every_figure_of_a_stock_record_is_kept(hub: Store) -> None:
    with hub.transaction() as connection:
        publications.set_desired(connection, {("shop", "a"): 7}, MOMENT)
        publications.note_sent(
            connection, "shop", [Sent("a", 7, Direction.LOWER)], MOMENT
        )
        written = {"a": Written(7, 7, 9)}
        publications.note_acknowledged(connection, "shop", written, LATER)
        seen = [Belief("a", 7, 6, LATER)]
        publications.observe(connection, "shop", seen, LATER)
        publications.take_away(connection, "shop", {"a": 1})
        row = connection.execute(select(rows)).one()._asdict()
        publications.observe(connection, "shop", [Belief("a", 6, 6, None)], LATER)
        assert connection.scalar(select(rows.c.replaced)) is None
    assert row == {
        "channel": "shop",
        "stock_external_id": "a",
        "desired": 7,
        "desired_at": MOMENT,
        "sent": 7,
        "sent_at": MOMENT,
        "acknowledged": 7,
        "acknowledged_at": LATER,
        "expected": 6,
        "believed": 7,
        "replaced": 8,
        "observed": 6,
        "observed_at": LATER,
        "drifting_since": LATER,
        "stopped": False,
        "passed": None,
        "direction": Direction.LOWER,
        "version": 1,
    }


def test_d05_every_new_wish_raises_the_version(hub: Store) -> None:
    with hub.transaction() as connection:
        for quantity in (7, 6, None, 0):
            desired = {("shop", "a"): quantity, ("other", "a"): 1}
            publications.set_desired(connection, desired, MOMENT)
        publications.set_desired(connection, {}, MOMENT)
        assert show(connection, "a") == Publication("a", 0, None, None, 4)


def test_d03_what_a_channel_sold_itself_lowers_what_it_is_expected_to_show(
    hub: Store,
) -> None:
    with hub.transaction() as connection:
        desired = {("shop", name): 9 for name in "abc"}
        publications.set_desired(connection, desired | {("other", "a"): 9}, MOMENT)
        written = {"a": Written(9, 9, 12), "b": Written(9, 9, 12)}
        publications.note_acknowledged(connection, "shop", written, MOMENT)
        taken = {"b": 2, "a": 3, "c": 1, "x": 5, "untouched": 0}
        publications.take_away(connection, "shop", taken)
        publications.take_away(connection, "shop", {"a": 0})
        a, b, c = (show(connection, name) for name in "abc")
    assert (a.expected, a.replaced) == (6, 9)
    assert (b.expected, b.replaced) == (7, 10)
    assert (c.expected, c.replaced) == (None, None)


def test_what_is_out_of_step_is_found_unless_it_was_stopped_or_withdrawn(
    hub: Store,
) -> None:
    with hub.transaction() as connection:
        desired = {("shop", name): 5 for name in "abcd"}
        publications.set_desired(connection, desired | {("shop", "e"): None}, MOMENT)
        written = {"a": Written(5, 5, 0), "b": Written(4, 4, 0), "c": Written(3, 3, 0)}
        publications.note_acknowledged(connection, "shop", written, MOMENT)
        publications.set_stopped(connection, "shop", "c", stopped=True)
        find = publications.load_out_of_step
        assert list(find(connection, "shop", 10)) == ["b", "d"]
        assert list(find(connection, "shop", 1)) == ["b"]
        assert publications.count_in_step(connection, "shop") == (1, 4)
        assert publications.count_in_step(connection) == (1, 4)
        publications.set_stopped(connection, "shop", "c", stopped=False)
        assert list(find(connection, "shop", 10)) == ["b", "c", "d"]


def test_what_waits_to_be_reconciled_is_lowered_and_never_raised(
    hub: Store, save: Callable[..., int], ids: IdSource
) -> None:
    save("a", LAMP)
    news = Mark(MarkKind.RECONCILE, "LAMP", "stock", Priority.LIVE, MOMENT)
    with hub.transaction() as connection:
        publications.set_desired(connection, {("shop", "a"): 5}, MOMENT)
        assert list(publications.load_out_of_step(connection, "shop", 9)) == ["a"]
        marks.put(connection, [news], ids.take(), MOMENT)
        assert publications.load_out_of_step(connection, "shop", 9) == {}
        publications.observe(connection, "shop", [Belief("a", 6, 6, None)], MOMENT)
        assert list(publications.load_out_of_step(connection, "shop", 9)) == ["a"]
        publications.observe(connection, "shop", [Belief("a", 4, 4, None)], MOMENT)
        assert publications.load_out_of_step(connection, "shop", 9) == {}
        marks.drop(connection, MarkKind.RECONCILE, ["LAMP"])
        assert list(publications.load_out_of_step(connection, "shop", 9)) == ["a"]


def test_pages_walk_every_record_once(hub: Store) -> None:
    with hub.transaction() as connection:
        names = [f"{number:02}" for number in range(7)]
        desired = {("shop", name): 1 for name in names}
        publications.set_desired(connection, desired | {("shop", "99"): None}, MOMENT)
        walked: list[str] = []
        while page := publications.load_page(
            connection, "shop", walked[-1] if walked else "", 3
        ):
            walked += page
    assert walked == names


def test_d07_a_write_counts_as_seen_only_after_it_was_observed(hub: Store) -> None:
    with hub.transaction() as connection:
        publications.set_desired(connection, {("shop", "a"): 5}, MOMENT)
        publications.observe(connection, "shop", [Belief("a", 5, 5, None)], MOMENT)
        find = publications.load_unverified
        assert find(connection, "shop", LATER, 10) == {}
        publications.note_acknowledged(
            connection, "shop", {"a": Written(5, 5, 4)}, LATER
        )
        assert find(connection, "shop", MOMENT, 10) == {}
        assert list(find(connection, "shop", LATER, 10)) == ["a"]
        after = LATER + timedelta(seconds=1)
        publications.observe(connection, "shop", [Belief("a", 5, 5, None)], after)
        assert find(connection, "shop", LATER, 10) == {}


def test_a_drift_is_dated_from_its_first_sighting_until_a_write_ends_it(
    hub: Store,
) -> None:
    with hub.transaction() as connection:
        publications.set_desired(connection, {("shop", "a"): 5}, MOMENT)
        publications.note_drifting(connection, "shop", ["a"], MOMENT)
        publications.note_drifting(connection, "shop", ["a"], LATER)
        publications.note_drifting(connection, "shop", [], LATER)
        assert show(connection, "a").drifting_since == MOMENT
        publications.note_acknowledged(
            connection, "shop", {"a": Written(5, 5, 4)}, LATER
        )
        assert show(connection, "a").drifting_since is None


def test_the_database_refuses_to_want_a_channel_to_show_less_than_nothing(
    hub: Store,
) -> None:
    def want(quantity: int) -> None:
        with hub.transaction() as connection:
            publications.set_desired(connection, {("shop", "a"): quantity}, MOMENT)

    with pytest.raises(IntegrityError):
        want(-1)
    want(0)
