"""One stock record of a channel against a model: shoppers, late news, lost answers.

The channel's counter falls with each sale, of which the hub hears some time after. Its
writes are accepted, refused, or nobody knows. The decisions are the product's own; the
steps between them are those of ``push`` and ``settle``, small enough to be read.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from crossdock.canonical.drifts import Drift
from crossdock.canonical.remembered import DriftPolicy, Publication
from crossdock.sync.decide.drift import Sight, judge_drift
from crossdock.sync.decide.publish import (
    OpenWrite,
    Step,
    StockPlan,
    believe_write,
    needs_write,
    settle_by_reading,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

LAG = 3
"""Seconds in which a sale may be missing from the channel's orders, at most."""
PATIENCE = timedelta(seconds=LAG + 1)
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)

units = st.integers(1, 5)
lateness = st.integers(0, LAG)


@dataclass
class Channel:
    """Its counter, and its orders by when they can be seen."""

    shown: int = 0
    unread: list[tuple[int, int]] = field(default_factory=list)

    @property
    def sold_unread(self) -> int:
        return sum(sold for _, sold in self.unread)


class Record(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    compares = False

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0
        self.stock = 0
        self.read_at = 0
        self.channel = Channel()
        self.known = Publication("record", None, None)
        self.open: OpenWrite | None = None
        self.drifts: dict[int, Drift] = {}
        self.ids = itertools.count()

    @initialize(stock=st.integers(0, 9), shown=st.integers(0, 9))
    def open_shop(self, stock: int, shown: int) -> None:
        """The hub has looked at what the shop shows; nothing was sold before."""
        self.stock, self.channel.shown = stock, shown
        self.known = Publication("record", stock, shown, believed=shown)

    @property
    def now(self) -> datetime:
        return MOMENT + timedelta(seconds=self.seconds)

    def want(self) -> None:
        self.known = replace(self.known, desired=max(0, self.stock))

    # What happens outside

    @rule(wanted=units, late=lateness)
    def buy(self, wanted: int, late: int) -> None:
        sold = min(wanted, self.channel.shown)
        if self.open and self.channel.shown - sold == self.open.quantity:
            return  # the coincidence that docs/oversell.md names: nobody can tell
        if sold:
            self.channel.shown -= sold
            self.channel.unread.append((self.seconds + late, sold))

    @rule(wanted=units)
    def sell_elsewhere(self, wanted: int) -> None:
        self.stock -= min(wanted, max(0, self.stock))
        self.want()

    @rule(more=units)
    def receive(self, more: int) -> None:
        self.stock += more
        self.want()

    @rule(seconds=st.integers(1, LAG))
    def wait(self, seconds: int) -> None:
        self.seconds += seconds

    # What the hub does

    @rule()
    def read_orders(self) -> None:
        self.read_at = self.seconds
        seen = [sold for at, sold in self.channel.unread if at <= self.seconds]
        self.channel.unread = [
            one for one in self.channel.unread if one[0] > self.seconds
        ]
        taken = sum(seen)
        self.stock -= taken
        known = self.known
        if known.expected is not None:
            known = replace(known, expected=known.expected - taken)
        if known.replaced is not None:
            known = replace(known, replaced=known.replaced - taken)
        self.known = known
        self.want()

    @rule(fate=st.sampled_from(["accepted", "lost", "unheard"]), sale=units)
    def push(self, fate: str, sale: int) -> None:
        """Settle, look, write; an answer may get lost, with the write or without."""
        if not self.compares or self.open:
            self.read_orders()
        if self.open:
            self.settle()
        if self.open or not needs_write(self.known):
            return
        plan = StockPlan(Step.WRITE, self.known.expected)
        if not self.compares or self.known.drifting_since is not None:
            plan = self.look()
        if plan.step is Step.WRITE:
            if self.compares and fate == "accepted" and sale > LAG:
                self.buy(1, LAG)  # between the look and the write
            self.write(plan, fate)

    @rule()
    def read_back(self) -> None:
        """Look at it although nothing is to be written; not while a write is open."""
        self.read_orders()
        if self.open is None:
            self.look()

    def look(self) -> StockPlan:
        shown = self.channel.shown
        read_at = MOMENT + timedelta(seconds=self.read_at)
        history = list(self.drifts.values())
        verdict = judge_drift(
            Sight(self.known, shown, history, self.now, PATIENCE, read_at),
            DriftPolicy.ASK,
            adoptable=True,
            take_id=self.ids.__next__,
        )
        assert verdict.conflict is None, "nobody touched the counter by hand"
        self.drifts |= {row.id: row for row in verdict.rows}
        plan = verdict.plan
        self.known = replace(
            self.known,
            expected=plan.expected,
            believed=plan.expected,
            drifting_since=plan.drifting_since,
            replaced=None if plan.expected == shown else self.known.replaced,
        )
        return plan

    def write(self, plan: StockPlan, fate: str) -> None:
        quantity = self.known.desired or 0
        if self.compares and self.channel.shown != plan.shown:
            self.known = replace(self.known, drifting_since=self.now)
            return  # refused as stale
        if fate != "lost":
            self.set(quantity)
        if fate != "accepted":
            self.open = OpenWrite(quantity, plan.shown, plan.unexplained)
            return
        expected, replaced = believe_write(self.known, plan, quantity)
        self.known = replace(
            self.known,
            expected=expected,
            believed=expected,
            replaced=replaced,
            drifting_since=plan.drifting_since,
        )

    def set(self, quantity: int) -> None:
        """The channel takes the write: a raise must not cover a sale that is unread."""
        raised = quantity > self.channel.shown
        self.channel.shown = quantity
        if raised:
            assert quantity + self.channel.sold_unread <= self.stock

    def settle(self) -> None:
        """Find out what became of the open write, as ``settle`` does."""
        assert self.open is not None
        known = self.known
        settled = settle_by_reading(known, self.open, self.channel.shown, self.now)
        self.known = replace(
            known,
            expected=settled.expected,
            believed=settled.expected,
            replaced=settled.replaced,
            drifting_since=settled.drifting_since,
        )
        self.open = None

    # What holds

    @invariant()
    def it_never_shows_less_than_nothing(self) -> None:
        assert self.channel.shown >= 0

    @rule()
    def it_ends_with_what_is_wanted(self) -> None:
        """Some quiet rounds, and the channel shows what the hub wants."""
        for _ in range(4):
            self.seconds += LAG + 2
            self.read_back()
            self.push("accepted", 1)
        assert self.open is None
        assert self.channel.shown == self.known.desired == max(0, self.stock)


class ComparingRecord(Record):
    """A channel that sets a quantity only where it is what was expected."""

    compares = True


@pytest.mark.parametrize("kind", [Record, ComparingRecord])
def test_no_raise_covers_an_unread_sale_and_all_ends_well(kind: type[Record]) -> None:
    run_state_machine_as_test(
        kind,
        settings=settings(max_examples=150, stateful_step_count=30, deadline=None),
    )
