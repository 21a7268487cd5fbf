"""Which policy applies, what a channel shows under it, and where every unit goes."""

from __future__ import annotations

import pytest
from crossdock.canonical.policies import Quota, QuotaState, StockMode, StockPolicy
from crossdock.sync.decide.policies import (
    Entry,
    Part,
    PolicyBook,
    Terms,
    account_for,
    count_sellable,
    describe_scope,
    find_buffer,
    find_scarcest,
    sum_up,
)
from crossdock.sync.decide.supplies import Headroom, Supply
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = Terms(mode=StockMode.FUNNEL, threshold_units=1, buffer_units=2)


def make_book(*said: StockPolicy, **more: object) -> PolicyBook:
    return PolicyBook(said, SETTINGS, **more)  # type: ignore[arg-type]  # by name


# Which policy applies


def test_the_most_specific_word_wins() -> None:
    book = make_book(
        StockPolicy("", "", StockMode.POOL, buffer_units=1),
        StockPolicy("etsy", "", StockMode.POOL, buffer_units=3),
        StockPolicy("", "TEA", StockMode.FUNNEL, threshold_units=9),
        StockPolicy("etsy", "TEA", StockMode.ESCROW),
    )
    found = {
        pair: book.find(*pair)
        for pair in [("etsy", "TEA"), ("woo", "TEA"), ("etsy", "MUG"), ("woo", "MUG")]
    }
    assert [one.mode for one in found.values()] == [
        StockMode.ESCROW,
        StockMode.FUNNEL,
        StockMode.POOL,
        StockMode.POOL,
    ]
    assert [one.because for one in found.values()] == [
        "the policy of TEA on etsy",
        "the policy of TEA",
        "the policy of etsy",
        "the policy of everything",
    ]
    assert found["woo", "TEA"].threshold_units == 9
    assert [found["etsy", "MUG"].buffer_units, found["woo", "MUG"].buffer_units] == [
        3,
        1,
    ]


def test_without_a_policy_the_settings_decide_and_a_channels_own_buffer() -> None:
    book = make_book(channel_buffers={"woo": 4, "etsy": 0})
    assert book.find("etsy", "TEA") == SETTINGS
    assert book.find("woo", "TEA").buffer_units == 4
    assert book.find("woo", "TEA") is book.find("woo", "TEA")


def test_what_a_policy_leaves_open_is_as_the_settings_say() -> None:
    book = make_book(
        StockPolicy("", "TEA", StockMode.POOL, oversold_cost=3, dynamic_buffer=True),
        channel_buffers={"woo": 4},
    )
    terms = book.find("woo", "TEA")
    assert (terms.buffer_units, terms.dynamic_buffer) == (4, True)
    assert terms.service_level == pytest.approx(0.75)
    assert SETTINGS.service_level == pytest.approx(0.95)


def test_a_channel_that_sells_at_zero_funnels_instead_of_being_in_escrow() -> None:
    book = make_book(
        StockPolicy("", "TEA", StockMode.ESCROW), without_escrow=["flea-market"]
    )
    assert book.find("woo", "TEA").mode is StockMode.ESCROW
    terms = book.find("flea-market", "TEA")
    assert terms.mode is StockMode.FUNNEL
    assert "does not honour zero" in terms.because


def test_a_book_knows_what_need_not_be_looked_at() -> None:
    plain = make_book()
    assert (plain.has_escrow, plain.has_dynamic_buffers) == (False, False)
    said = StockPolicy("", "TEA", StockMode.ESCROW, dynamic_buffer=True)
    assert make_book(said).has_escrow
    assert make_book(said).has_dynamic_buffers
    assert PolicyBook([], Terms(mode=StockMode.ESCROW)).has_escrow
    assert PolicyBook([], Terms(dynamic_buffer=True)).has_dynamic_buffers


def test_scopes_are_named_for_people() -> None:
    assert describe_scope("", "") == "everything"
    assert describe_scope("woo", "") == "woo"
    assert describe_scope("", "TEA") == "TEA"
    assert describe_scope("woo", "TEA") == "TEA on woo"


def test_a_record_that_closes_shows_nothing_and_keeps_what_it_was_granted() -> None:
    quota = Quota("woo", "12", 7)
    assert (quota.key, quota.shown) == (("woo", "12"), 7)
    assert Quota("woo", "12", 7, QuotaState.CLOSING).shown == 0


# What a channel shows


def part(
    available: int = 10,
    units: int = 1,
    *,
    safety_stock: int = 0,
    headroom: Headroom | None = None,
    terms: Terms | None = None,
    **more: object,
) -> Part:
    supply = Supply(available, safety_stock, headroom or Headroom())
    return Part("TEA", units, supply, terms or Terms(), **more)  # type: ignore[arg-type]  # by name


def funnel(threshold: int) -> Terms:
    return Terms(mode=StockMode.FUNNEL, threshold_units=threshold)


def test_a_pool_shows_everything_less_its_buffer() -> None:
    assert count_sellable([part(10, terms=Terms(buffer_units=3))]) == 7
    assert count_sellable([part(2, terms=Terms(buffer_units=3))]) == 0


@pytest.mark.parametrize(
    ("available", "first", "shown"),
    [(3, False, 3), (2, False, 0), (2, True, 2), (0, True, 0)],
)
def test_a_funnel_leaves_the_last_units_to_the_first_channels(
    available: int, first: bool, shown: int
) -> None:
    assert count_sellable([part(available, terms=funnel(2), first=first)]) == shown


def test_a_set_shows_as_many_as_its_scarcest_part_allows() -> None:
    tea, mug = part(9, 2), part(7, 3, safety_stock=1)
    assert count_sellable([tea, mug]) == 2
    assert find_scarcest([tea, mug]) is mug
    assert count_sellable([]) == 0


def test_the_largest_buffer_of_its_parts_holds_for_a_set() -> None:
    parts = [part(10, terms=Terms(buffer_units=1)), part(terms=Terms(buffer_units=4))]
    assert find_buffer(parts) == 4
    assert count_sellable(parts) == 6


supplies = st.builds(
    Supply,
    st.integers(0, 40),
    st.integers(0, 9),
    st.builds(
        Headroom,
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
)
terms = st.builds(
    Terms,
    st.sampled_from([StockMode.POOL, StockMode.FUNNEL]),
    st.integers(0, 20),
    st.integers(0, 5),
)
parts = st.builds(
    Part,
    st.sampled_from(["TEA", "MUG", "CAKE"]),
    st.integers(1, 4),
    supplies,
    terms,
    st.integers(0, 20),
    st.integers(0, 9),
    st.booleans(),
)


@given(st.lists(parts, min_size=1, max_size=4))
def test_what_is_shown_can_be_promised_and_is_in_nobodys_quota(
    made_of: list[Part],
) -> None:
    shown = count_sellable(made_of)
    assert shown >= 0
    for one in made_of:
        free = max(0, one.supply.promisable - one.held_units)
        assert shown * one.units <= free
        assert shown == 0 or (shown * one.units <= free - one.buffer_units)


@given(st.lists(parts, min_size=1, max_size=4), st.none() | st.integers(0, 99))
def test_the_terms_of_an_account_add_up_to_what_is_shown(
    made_of: list[Part], cap: int | None
) -> None:
    shown = count_sellable(made_of)
    shown = shown if cap is None else min(shown, cap)
    one = find_scarcest(made_of)
    entries = account_for(one, shown=shown, buffer=find_buffer(made_of), quota=None)
    assert sum_up(entries) == shown * one.units
    if cap is None or cap >= count_sellable(made_of):
        assert [entry for entry in entries if entry.what == "not shown"] == []


@given(parts, st.integers(0, 50))
def test_the_account_of_a_quota_adds_up_to_the_quota(one: Part, granted: int) -> None:
    entries = account_for(one, shown=granted, buffer=3, quota=granted)
    assert sum_up(entries) == granted * one.units
    assert "buffer" not in {entry.what for entry in entries}


def test_an_account_names_each_thing_that_holds_units_back() -> None:
    one = part(
        30,
        4,
        safety_stock=2,
        headroom=Headroom(5),
        terms=Terms(buffer_units=1),
        held_units=10,
        buffer_units=3,
    )
    shown = count_sellable([one])
    assert account_for(one, shown=shown, buffer=1, quota=None) == [
        Entry("available", 30),
        Entry("safety stock", -2),
        Entry("may be sold beyond what is there", 5),
        Entry("held by quotas", -10),
        Entry("dynamic buffer", -3),
        Entry("buffer", -4),
    ]
    assert shown == 4
    hidden = part(2, terms=funnel(2), first=False)
    assert account_for(hidden, shown=0, buffer=0, quota=None) == [
        Entry("available", 2),
        Entry("left to more important channels", -2),
    ]
