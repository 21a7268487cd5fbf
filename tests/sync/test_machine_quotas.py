"""Escrow against a model: channels that sell, a hub that hears of it late.

The rules are those of ``docs/oversell.md``: who may be raised, what closing waits for.
The decision is the product's own; the shops, their lag and the hub's steps are a model
small enough to be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from crossdock.sync.decide.escrow import Goods, Stake, plan_quotas
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

TEA: Goods = ("TEA", ())
LAG = 3
"""Ticks in which a sale may be missing from a shop's orders, at most."""


@dataclass
class Shop:
    """A channel: its counter, and orders that become visible some time after."""

    compares: bool
    units: int
    shown: int = 0
    sold: list[tuple[int, int]] = field(default_factory=list)
    """Of each unread order: when it can be seen, and how many."""
    granted: int = 0
    closing: bool = True
    expected: int = 0
    zeroed_at: int | None = None

    @property
    def exposure(self) -> int:
        return self.shown + sum(sales for _, sales in self.sold)


class Escrow(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.stock = 0
        self.shops: list[Shop] = []

    @initialize(
        stock=st.integers(0, 30),
        kinds=st.lists(
            st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=4
        ),
    )
    def open(self, stock: int, kinds: list[tuple[bool, int]]) -> None:
        """Enter escrow as it is entered: at zero, with nothing sold before."""
        self.stock = stock
        self.shops = [Shop(*kind) for kind in kinds]

    def choose(self, number: int) -> Shop:
        return self.shops[number % len(self.shops)]

    @property
    def promisable(self) -> int:
        return self.stock

    # What happens outside

    @rule(number=st.integers(0, 3), wanted=st.integers(1, 9), late=st.integers(0, LAG))
    def buy(self, number: int, wanted: int, late: int) -> None:
        shop = self.choose(number)
        sales = min(wanted, shop.shown)
        if sales:
            shop.shown -= sales
            shop.sold.append((self.now + late, sales))

    @rule(units=st.integers(1, 20))
    def receive(self, units: int) -> None:
        self.stock += units

    @rule(ticks=st.integers(1, 3))
    def wait(self, ticks: int) -> None:
        self.now += ticks

    # What the hub does, one step at a time

    @rule(number=st.integers(0, 3))
    def read_orders(self, number: int) -> None:
        shop = self.choose(number)
        seen = [sales for at, sales in shop.sold if at <= self.now]
        shop.sold = [one for one in shop.sold if one[0] > self.now]
        self.stock -= sum(seen) * shop.units
        shop.granted -= sum(seen)
        shop.expected -= sum(seen)

    @rule(number=st.integers(0, 3), lost=st.booleans())
    def write(self, number: int, lost: bool) -> None:
        """Write what is wanted; where an answer is lost, close instead of repeating."""
        shop = self.choose(number)
        wanted = 0 if shop.closing else shop.granted
        if wanted == shop.expected:
            if shop.closing and shop.zeroed_at is None and not shop.shown:
                shop.zeroed_at = self.now
            return
        if shop.compares and shop.shown != shop.expected:
            return  # refused: something was sold
        if not shop.compares and wanted and (shop.shown or shop.expected):
            shop.closing, shop.zeroed_at = True, None
            return
        shop.shown = wanted
        if lost and wanted:
            # The hub cannot tell it from a write that never was.
            shop.closing, shop.zeroed_at = True, None
            shop.expected = -1
            return
        shop.expected = wanted
        shop.zeroed_at = self.now if not wanted else None

    @rule(number=st.integers(0, 3))
    def look(self, number: int) -> None:
        """Read a record of which the last write is not known to have worked."""
        shop = self.choose(number)
        if shop.expected < 0:
            shop.expected = shop.shown
            shop.zeroed_at = self.now if shop.closing and not shop.shown else None

    @rule(number=st.integers(0, 3))
    def free(self, number: int) -> None:
        shop = self.choose(number)
        if not shop.closing or shop.zeroed_at is None:
            return
        if self.now >= shop.zeroed_at + LAG:
            self.read_orders(number)
            shop.closing, shop.granted, shop.zeroed_at = False, 0, None

    @rule()
    def share_out(self) -> None:
        stakes = [
            Stake(
                (f"{index}", ""),
                {TEA: shop.units},
                shop.granted,
                shop.closing,
                raisable=shop.compares or (shop.granted == shop.expected == 0),
                settled=shop.expected >= 0,
            )
            for index, shop in enumerate(self.shops)
        ]
        plan = plan_quotas({TEA: self.promisable}, stakes)
        for index, shop in enumerate(self.shops):
            shop.granted += plan.grants.get((f"{index}", ""), 0)
            if (f"{index}", "") in plan.closing:
                shop.closing, shop.zeroed_at = True, None

    # What must hold

    @invariant()
    def every_unit_on_offer_or_sold_unread_is_there(self) -> None:
        at_risk = sum(shop.exposure * shop.units for shop in self.shops)
        assert at_risk <= self.promisable

    @invariant()
    def no_record_can_sell_more_than_its_quota(self) -> None:
        for shop in self.shops:
            assert shop.exposure <= shop.granted

    @invariant()
    def quotas_are_of_units_that_exist(self) -> None:
        held = sum(shop.granted * shop.units for shop in self.shops)
        assert held <= self.promisable


class CarelessRaise(Escrow):
    """A planted defect: a record that does not compare is raised over what it shows."""

    @rule(number=st.integers(0, 3))
    def raise_blindly(self, number: int) -> None:
        shop = self.choose(number)
        if not shop.closing:
            shop.shown = shop.expected = shop.granted


class HastyClosing(Escrow):
    """A planted defect: units of a closing record are free once it shows zero."""

    def free(self, number: int) -> None:
        shop = self.choose(number)
        if shop.closing and shop.zeroed_at is not None:
            shop.closing, shop.granted, shop.zeroed_at = False, 0, None


def sell_out_behind_a_lost_answer(escrow: Escrow) -> None:
    """Two shops open; one sells all it was given, and the hub has no answer yet."""
    escrow.open(stock=6, kinds=[(False, 1), (False, 1)])
    for number in (0, 1):
        escrow.write(number, lost=False)
    escrow.wait(LAG)
    for number in (0, 1):
        escrow.free(number)
    escrow.share_out()
    escrow.write(0, lost=True)
    escrow.buy(0, wanted=9, late=LAG)
    escrow.look(0)
    escrow.free(0)
    escrow.share_out()
    for number in (0, 1):
        escrow.write(number, lost=False)


def test_a_record_that_shows_zero_may_have_sold_what_it_held() -> None:
    careful, hasty = Escrow(), HastyClosing()
    sell_out_behind_a_lost_answer(careful)
    assert careful.shops[0].sold
    careful.every_unit_on_offer_or_sold_unread_is_there()
    sell_out_behind_a_lost_answer(hasty)
    with pytest.raises(AssertionError):
        hasty.every_unit_on_offer_or_sold_unread_is_there()


TestEscrow = Escrow.TestCase
TestEscrow.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


@pytest.mark.parametrize("careless", [CarelessRaise])
def test_the_model_notices_a_hub_that_breaks_a_rule(careless: type[Escrow]) -> None:
    quick = settings(
        max_examples=1000,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(careless, settings=quick)
