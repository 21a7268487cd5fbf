"""Any road to an order's last version ends where that version alone would have led.

A small channel makes up the life of an order: edits, parcels, refunds, cancellation.
The hub sees any of its versions, each any number of times, and must end with what the
channel knows to be true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crossdock.canonical.money import Money
from crossdock.canonical.orders import (
    FulfilledLine,
    Fulfillment,
    FulfillmentState,
    Order,
    OrderLine,
    Refund,
    RefundLine,
)
from crossdock.canonical.stock import StockKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CLOCK = StockKey("CLOCK", "main")
HAND = StockKey("HAND", "main")
NO_MONEY = Money(0, "EUR")

Make = Callable[..., Any]


@dataclass
class TrueLine:
    """One line as the channel's books have it. Units of the listing."""

    listing: str
    ordered: int
    removed: int = 0
    shipped: int = 0
    restocked: int = 0
    returned: int = 0

    @property
    def open(self) -> int:
        return self.ordered - self.removed - self.shipped

    def show(self, name: str) -> OrderLine:
        return OrderLine(
            external_id=name,
            listing_external_id=self.listing,
            quantity=self.ordered,
            quantity_current=self.ordered - self.removed,
            quantity_taken=self.ordered - self.restocked - self.returned,
            unit_price=NO_MONEY,
            total=NO_MONEY,
            tax=NO_MONEY,
        )


@dataclass
class TrueOrder:
    """An order with its history, one version for each thing that happened."""

    make: Callable[..., Order]
    says_whole: bool
    """The channel has no parcels: it only says when all has left."""
    lines: dict[str, TrueLine] = field(default_factory=dict)
    parcels: list[Fulfillment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    cancelled: bool = False
    versions: list[Order] = field(default_factory=list)

    def happen(self, step: str, name: str, units: int) -> None:
        if not self.cancelled:
            getattr(self, step)(name, units)
        self._publish()

    def _publish(self) -> None:
        all_left = bool(self.lines) and not any(
            line.open for line in self.lines.values()
        )
        whole = self.says_whole and all_left
        state = FulfillmentState.FULFILLED if whole else FulfillmentState.UNFULFILLED
        order = self.make(
            *(line.show(name) for name, line in self.lines.items()),
            minutes=len(self.versions),
            fulfillment=state,
            fulfillments=() if self.says_whole else tuple(self.parcels),
            refunds=tuple(self.refunds),
        )
        if self.cancelled:
            order = order.model_copy(update={"cancelled_at": order.updated_at})
        self.versions.append(order)

    def add(self, name: str, units: int) -> None:
        listing = {"a": "clock", "b": "set", "c": "pair"}[name]
        line = self.lines.setdefault(name, TrueLine(listing, 0))
        line.ordered += units

    def edit_down(self, name: str, units: int) -> None:
        line = self.lines.get(name)
        if line:
            line.ordered -= min(units, line.open)

    def take_off(self, name: str, units: int) -> None:
        """Refund units that have not left; the channel restocks its own counter."""
        line = self.lines.get(name)
        if line and line.open:
            gone = min(units, line.open)
            line.removed += gone
            line.restocked += gone
            self._refund(name, gone, restocked=True)

    def ship(self, name: str, units: int) -> None:
        line = self.lines.get(name)
        if not line or not line.open:
            return
        left = line.open if self.says_whole else min(units, line.open)
        line.shipped += left
        part = FulfilledLine(line_external_id=name, quantity=left)
        number = f"parcel-{len(self.parcels) + 1}"
        self.parcels.append(Fulfillment(external_id=number, lines=(part,)))

    def void(self, name: str, units: int) -> None:
        """Cancel the newest parcel, unless something of its line came back already."""
        del units
        for index, parcel in reversed(list(enumerate(self.parcels))):
            (part,) = parcel.lines
            line = self.lines[part.line_external_id]
            if part.line_external_id == name and not parcel.cancelled:
                if not line.returned and not self.says_whole:
                    line.shipped -= part.quantity
                    void = {"cancelled": True}
                    self.parcels[index] = parcel.model_copy(update=void)
                return

    def give_back(self, name: str, units: int) -> None:
        line = self.lines.get(name)
        # Without parcels the channel cannot tell what left before all had.
        if not line or (self.says_whole and line.open):
            return
        back = min(units, line.shipped - line.returned)
        if back:
            line.returned += back
            self._refund(name, back, restocked=True)

    def pay_back(self, name: str, units: int) -> None:
        """Refund money alone."""
        if name in self.lines:
            self._refund(name, 0, restocked=False)
        del units

    def cancel(self, name: str, units: int) -> None:
        del name, units
        self.cancelled = True

    def _refund(self, name: str, units: int, *, restocked: bool) -> None:
        part = RefundLine(line_external_id=name, quantity=units, restocked=restocked)
        number = f"refund-{len(self.refunds) + 1}"
        self.refunds.append(Refund(external_id=number, amount=NO_MONEY, lines=(part,)))

    def truth(self) -> dict[StockKey, tuple[int, int]]:
        """Return what must be on hand and allocated, of a hundred of each."""
        per_unit = {"clock": (1, 0), "pair": (2, 0), "set": (1, 3)}
        gone, claimed = [0, 0], [0, 0]
        for line in self.lines.values():
            for index, units in enumerate(per_unit[line.listing]):
                gone[index] += units * (line.shipped - line.returned)
                claimed[index] += 0 if self.cancelled else units * line.open
        return {
            key: (1000 - gone[index], claimed[index])
            for index, key in enumerate((CLOCK, HAND))
        }


EITHER = ("edit_down", "take_off", "ship", "ship", "give_back", "pay_back", "cancel")


def choose(names: str, *more: str) -> st.SearchStrategy[list[tuple[str, str, int]]]:
    step = st.tuples(
        st.sampled_from([*EITHER, *more]), st.sampled_from(names), st.integers(1, 5)
    )
    return st.lists(step, min_size=1, max_size=10)


steps = choose("abc", "add", "void")
# A channel without parcels forgets what had left when something is added afterwards.
lives = st.tuples(st.just(False), steps) | st.tuples(st.just(True), choose("a"))
# Fixtures only make values here: sharing them between examples is harmless.
shared_fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def live(
    make_order: Make, happened: list[tuple[str, str, int]], *, whole: bool = False
) -> TrueOrder:
    order = TrueOrder(make_order, whole)
    order.happen("add", "a", 3)
    for step, name, units in happened:
        order.happen(step, name, units)
    return order


@shared_fixtures
@given(data=st.data(), life=lives)
def test_a03_any_selection_of_versions_ends_in_what_the_last_one_says(
    make_desk: Make,
    make_order: Make,
    data: st.DataObject,
    life: tuple[bool, list[tuple[str, str, int]]],
) -> None:
    whole, happened = life
    order = live(make_order, happened, whole=whole)
    seen = data.draw(st.lists(st.sampled_from(range(len(order.versions)))))
    desk = make_desk(clocks=1000, hands=1000)
    for index in [*sorted(seen), len(order.versions) - 1]:
        desk.take_in(order.versions[index])
    expected = order.truth()
    assert {key: desk.counts(key) for key in expected} == expected
    for name, line in order.lines.items():
        known = desk.line(name)
        assert (known.shipped, known.returned) == (line.shipped, line.returned)
        assert known.wanted == max(
            line.shipped, 0 if order.cancelled else line.shipped + line.open
        )
    shown = [line.quantity_taken for line in order.versions[-1].lines]
    assert sum(desk.effects.taken.values()) == sum(shown)


@shared_fixtures
@given(happened=steps)
def test_the_same_version_again_moves_nothing(
    make_desk: Make, make_order: Make, happened: list[tuple[str, str, int]]
) -> None:
    order = live(make_order, happened)
    desk = make_desk(clocks=1000, hands=1000)
    for version in order.versions:
        desk.take_in(version)
        made = len(desk.ledger.movements)
        desk.take_in(version)
        assert len(desk.ledger.movements) == made


@shared_fixtures
@given(happened=steps, clocks=st.integers(0, 12), hands=st.integers(0, 12))
def test_however_little_there_is_no_more_is_allocated_than_is_on_hand(
    make_desk: Make,
    make_order: Make,
    happened: list[tuple[str, str, int]],
    clocks: int,
    hands: int,
) -> None:
    desk = make_desk(clocks=clocks, hands=hands)
    unshipped = [one for one in happened if one[0] != "ship"]
    for version in live(make_order, unshipped).versions:
        desk.take_in(version)
        for key in (CLOCK, HAND):
            on_hand, allocated = desk.counts(key)
            assert 0 <= allocated <= on_hand
    claims = [
        held for line in desk.known["1001"].lines.values() for held in line.holdings
    ]
    for key, units in ((CLOCK, clocks), (HAND, hands)):
        wanted = sum(held.wanted for held in claims if held.key == key)
        held = sum(held.allocated for held in claims if held.key == key)
        assert held == min(wanted, units)
