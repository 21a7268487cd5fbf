"""Quotas are never of more than there is, and nothing lies idle that could be sold."""

from __future__ import annotations

from dataclasses import replace

from crossdock.sync.decide.escrow import (
    Goods,
    QuotaPlan,
    Stake,
    count_held,
    plan_quotas,
    share_out,
    weigh,
)
from hypothesis import given
from hypothesis import strategies as st

TEA: Goods = ("TEA", ())
MUG: Goods = ("MUG", ())
SHED: Goods = ("TEA", ("shed",))


def stake(name: str, granted: int = 0, **more: object) -> Stake:
    needs = more.pop("needs", {TEA: 1})
    return Stake((name, "1"), needs, granted, **more)  # type: ignore[arg-type]  # by name


def key(name: str) -> tuple[str, str]:
    return name, "1"


# Handing out


def test_free_units_are_handed_out_evenly_where_nothing_was_sold() -> None:
    plan = plan_quotas({TEA: 11}, [stake("a"), stake("b"), stake("c")])
    assert plan == QuotaPlan({key("a"): 4, key("b"): 4, key("c"): 3})


def test_free_units_follow_demand() -> None:
    weights = weigh([900, 100])
    stakes = [stake("a", weight=weights[0]), stake("b", weight=weights[1])]
    grants = plan_quotas({TEA: 100}, stakes).grants
    assert sum(grants.values()) == 100
    assert 80 <= grants[key("a")] <= 90


def test_a_record_that_never_sold_gets_some_all_the_same() -> None:
    weights = weigh([1000, 0])
    stakes = [stake("a", weight=weights[0]), stake("b", weight=weights[1])]
    assert plan_quotas({TEA: 100}, stakes).grants[key("b")] >= 3
    assert weigh([0, 0]) == [1, 1]
    assert weigh([]) == []


def test_who_has_most_already_is_given_least() -> None:
    plan = plan_quotas({TEA: 30}, [stake("a", 18), stake("b", 2)])
    assert plan.grants == {key("b"): 10}


def test_records_that_shoppers_cannot_see_get_nothing() -> None:
    plan = plan_quotas({TEA: 10}, [stake("a", weight=0), stake("b")])
    assert plan.grants == {key("b"): 10}


def test_a_channel_is_not_given_more_than_it_can_show() -> None:
    plan = plan_quotas({TEA: 100}, [stake("a", 5, units_max=9), stake("b")])
    assert plan.grants == {key("a"): 4, key("b"): 91}


def test_channels_outside_escrow_keep_their_share() -> None:
    plan = plan_quotas({TEA: 10}, [stake("a")], pool_weights={TEA: 1})
    assert plan.grants == {key("a"): 5}
    again = plan_quotas({TEA: 10}, [stake("a", 5)], pool_weights={TEA: 1})
    assert again == QuotaPlan()


def test_a_set_is_given_what_all_its_parts_allow() -> None:
    bundle = stake("a", needs={TEA: 2, MUG: 1})
    plan = plan_quotas({TEA: 9, MUG: 3}, [bundle])
    assert plan.grants == {key("a"): 3}


def test_a_channel_that_may_use_one_shed_is_given_what_lies_there() -> None:
    limited = stake("a", needs={TEA: 1, SHED: 1})
    plan = plan_quotas({TEA: 20, SHED: 2}, [limited, stake("b")])
    assert plan.grants == {key("a"): 2, key("b"): 18}


def test_units_that_records_out_of_sight_hold_are_left_to_them() -> None:
    plan = plan_quotas({TEA: 10}, [stake("a")], held_elsewhere={TEA: 7, MUG: 2})
    assert plan.grants == {key("a"): 3}


# Taking back


def test_d23_a_closing_record_keeps_its_units_until_it_is_closed() -> None:
    closing = stake("a", 10, closing=True, settled=False)
    assert plan_quotas({TEA: 10}, [closing, stake("b")]) == QuotaPlan()


def test_a_record_with_nothing_is_served_by_who_has_most_beyond_its_share() -> None:
    plan = plan_quotas({TEA: 12}, [stake("a"), stake("b", 5), stake("c", 7)])
    assert plan == QuotaPlan(closing=(key("c"),))


def test_one_donor_at_a_time() -> None:
    stakes = [stake("a"), stake("b", 6), stake("c", 6, closing=True)]
    assert plan_quotas({TEA: 12}, stakes).closing == ()


def test_nobody_gives_up_a_last_unit() -> None:
    assert plan_quotas({TEA: 1}, [stake("a", 1), stake("b")]) == QuotaPlan()


def test_what_was_given_lately_is_not_taken_back() -> None:
    stakes = [stake("a"), stake("b", 10, rested=False)]
    assert plan_quotas({TEA: 10}, stakes) == QuotaPlan()


def test_what_is_in_doubt_is_neither_given_nor_asked_to_give() -> None:
    stakes = [stake("a", raisable=False, settled=False), stake("b", 9, settled=False)]
    assert plan_quotas({TEA: 9}, stakes) == QuotaPlan()


def test_quotas_of_more_than_there_is_are_closed_the_largest_first() -> None:
    stakes = [stake("a", 2), stake("b", 5), stake("c", 4)]
    assert plan_quotas({TEA: 8}, stakes).closing == (key("b"),)
    assert plan_quotas({TEA: 3}, stakes).closing == (key("b"), key("c"))
    half = [stake("a", 2), stake("b", 5, closing=True), stake("c", 4)]
    assert plan_quotas({TEA: 8}, half).closing == ()


def test_a_record_that_cannot_be_raised_goes_to_zero_to_come_back_with_more() -> None:
    stakes = [stake("a", 5, raisable=False), stake("b", 5)]
    plan = plan_quotas({TEA: 100}, stakes)
    assert plan.closing == (key("a"),)
    assert plan.grants == {key("b"): 45}
    # Its share waits for it, and for nobody else.
    back = [stake("a", 5, raisable=False, closing=True, returning=True), stake("b", 50)]
    assert plan_quotas({TEA: 100}, back) == QuotaPlan()
    lost = [replace(back[0], returning=False), back[1]]
    assert plan_quotas({TEA: 100}, lost).grants == {key("b"): 45}


def test_a_record_that_has_its_share_is_left_in_peace() -> None:
    stakes = [stake("a", 30, raisable=False), stake("b", 50)]
    plan = plan_quotas({TEA: 100}, stakes)
    assert plan == QuotaPlan({key("b"): 20})


def test_a_record_does_not_give_up_units_that_others_wait_for() -> None:
    needy = stake("a", 2, raisable=False, needs={TEA: 1, MUG: 1})
    plan = plan_quotas({TEA: 10, MUG: 10}, [needy, stake("b", 8)])
    assert plan.closing == ()


# Whatever happens


stakes = st.builds(
    Stake,
    st.just(("", "")),
    st.sampled_from([{TEA: 1}, {TEA: 3}, {MUG: 1}, {TEA: 2, MUG: 1}]),
    st.integers(0, 12),
    closing=st.booleans(),
    raisable=st.booleans(),
    settled=st.booleans(),
    rested=st.booleans(),
    returning=st.booleans(),
    weight=st.integers(0, 5),
    units_max=st.none() | st.integers(0, 20),
)


def name_all(drawn: list[Stake]) -> list[Stake]:
    return [replace(one, key=(f"c{i}", "1")) for i, one in enumerate(drawn)]


worlds = st.tuples(
    st.fixed_dictionaries({TEA: st.integers(0, 60), MUG: st.integers(0, 60)}),
    st.lists(stakes, max_size=6).map(name_all),
    st.fixed_dictionaries(
        {}, optional={TEA: st.integers(1, 5), MUG: st.integers(1, 5)}
    ),
)


@given(worlds)
def test_no_unit_is_granted_that_is_not_free(
    world: tuple[dict[Goods, int], list[Stake], dict[Goods, int]],
) -> None:
    promisable, drawn, pools = world
    held = count_held(drawn)
    plan = plan_quotas(promisable, drawn, pool_weights=pools)
    after = count_held(
        [
            replace(one, granted=one.granted + plan.grants.get(one.key, 0))
            for one in drawn
        ]
    )
    for goods, units in promisable.items():
        assert after.get(goods, 0) <= max(units, held.get(goods, 0))
    by_key = {one.key: one for one in drawn}
    for name, sales in plan.grants.items():
        one = by_key[name]
        assert sales > 0
        assert one.raisable
        assert not one.closing
        assert name not in plan.closing
        assert one.units_max is None or one.granted + sales <= one.units_max
    assert all(not by_key[name].closing for name in plan.closing)


@given(worlds)
def test_quotas_of_too_much_come_back_within_what_there_is(
    world: tuple[dict[Goods, int], list[Stake], dict[Goods, int]],
) -> None:
    promisable, drawn, pools = world
    plan = plan_quotas(promisable, drawn, pool_weights=pools)
    left = [
        replace(one, granted=one.granted + plan.grants.get(one.key, 0))
        for one in drawn
        if not one.closing and one.key not in plan.closing
    ]
    for goods, units in count_held(left).items():
        assert units <= promisable[goods]


@given(worlds)
def test_nothing_stays_that_a_record_could_take(
    world: tuple[dict[Goods, int], list[Stake], dict[Goods, int]],
) -> None:
    promisable, drawn, _ = world
    dealt = share_out(promisable, drawn)
    left = dict(promisable)
    for one in drawn:
        for goods in one.needs:
            left[goods] -= one.holds(goods, dealt.get(one.key, 0))
    assert min(left.values()) >= 0
    for one in drawn:
        full = (
            one.units_max is not None
            and one.granted + dealt.get(one.key, 0) >= one.units_max
        )
        fits = all(left[goods] >= units for goods, units in one.needs.items())
        assert not fits or full or one.weight == 0


@given(st.integers(0, 5000), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_equal_goods_are_shared_in_proportion(units: int, weights: list[int]) -> None:
    drawn = [stake(f"c{i}", weight=weight) for i, weight in enumerate(weights)]
    dealt = share_out({TEA: units}, drawn)
    for one in drawn:
        fair = units * one.weight / sum(weights)
        assert abs(dealt.get(one.key, 0) - fair) <= max(2, 0.1 * fair) + 1


@given(worlds)
def test_once_all_is_settled_nothing_moves_any_more(
    world: tuple[dict[Goods, int], list[Stake], dict[Goods, int]],
) -> None:
    """Plan again and again, closing what is to close at once: it comes to rest."""
    promisable, drawn, pools = world
    calm = [
        replace(one, closing=False, raisable=True, settled=True, rested=True)
        for one in drawn
    ]
    plan = plan_quotas(promisable, calm, pool_weights=pools)
    for _ in range(3 * len(calm) + 3):
        calm = [
            replace(
                one,
                granted=0
                if one.key in plan.closing
                else one.granted + plan.grants.get(one.key, 0),
            )
            for one in calm
        ]
        plan = plan_quotas(promisable, calm, pool_weights=pools)
    assert plan == QuotaPlan()
