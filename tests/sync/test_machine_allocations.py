"""Claims on stock at several places against a model: what is there, and who wants it.

Goods arrive, get lost and leave; lines come, change their mind and are served. The
decisions are the product's own; the model counts units by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.canonical.remembered import Holding
from crossdock.canonical.stock import Cause, MovementKind, StockKey
from crossdock.sync.decide.ledger import Ledger
from crossdock.sync.decide.routing import fill_claims, settle_wanted, withdraw
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

PLACES = ("main", "annex", "outlet")
TEA = "TEA"

places = st.sampled_from(PLACES)
numbers = st.integers(0, 5)


class Line:
    """A line, as the model sees it, and the claims that the product keeps for it."""

    def __init__(self, wanted: int, each: int, usable: Sequence[str]) -> None:
        self.wanted = wanted
        self.each = each
        self.usable = usable
        self.shipped = 0
        self.claims = [Holding(StockKey(TEA, usable[0]), each)]

    @property
    def allocated(self) -> int:
        return sum(one.allocated for one in self.claims)


class Warehouse(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0
        self.there = dict.fromkeys(PLACES, 0)
        self.ledger = Ledger({})
        self.lines: list[Line] = []

    def cause(self) -> Cause:
        self.steps += 1
        return Cause("step", str(self.steps))

    @initialize(units=st.tuples(numbers, numbers, numbers))
    def open(self, units: tuple[int, int, int]) -> None:
        self.there = dict(zip(PLACES, units, strict=True))
        self.ledger = Ledger(
            {StockKey(TEA, place): (n, 0, 0) for place, n in self.there.items()}
        )

    # What happens

    @rule(place=places, units=st.integers(1, 6))
    def receive(self, place: str, units: int) -> None:
        self.there[place] += units
        key = StockKey(TEA, place)
        kind = MovementKind.RECEIVED
        self.ledger.change_on_hand(key, units, kind, self.cause())

    @rule(place=places, units=st.integers(1, 6))
    def lose(self, place: str, units: int) -> None:
        """A count finds fewer: claims that no longer fit give way, the last first."""
        self.there[place] -= units
        key = StockKey(TEA, place)
        kind = MovementKind.COUNTED
        self.ledger.change_on_hand(key, -units, kind, self.cause())
        over = self.ledger.overdrawn().get(key, 0)
        rivals = [line.claims for line in reversed(self.lines)]
        withdraw(key, over, rivals, self.ledger, self.cause())

    @rule(
        wanted=st.integers(1, 4),
        each=st.integers(1, 3),
        usable=st.permutations(PLACES).flatmap(
            lambda order: st.integers(1, 3).map(lambda count: order[:count])
        ),
    )
    def order(self, wanted: int, each: int, usable: list[str]) -> None:
        self.lines.append(Line(wanted, each, usable))
        self.settle(self.lines[-1])

    @precondition(lambda self: self.lines)
    @rule(number=st.integers(0, 50), wanted=numbers)
    def edit(self, number: int, wanted: int) -> None:
        """Another quantity; none is a cancellation."""
        line = self.lines[number % len(self.lines)]
        line.wanted = max(wanted, line.shipped)
        self.settle(line)

    @precondition(lambda self: self.lines)
    @rule(number=st.integers(0, 50), pick=numbers)
    def ship(self, number: int, pick: int) -> None:
        """What one of a line's claims holds leaves, in whole units of the line."""
        line = self.lines[number % len(self.lines)]
        claim = line.claims[pick % len(line.claims)]
        whole = claim.allocated // line.each * line.each
        if not whole:
            return
        self.there[claim.key.location] -= whole
        self.ledger.ship(claim.key, whole, self.cause(), from_allocated=whole)
        claim.allocated -= whole
        claim.shipped += whole
        line.shipped += whole // line.each

    @precondition(lambda self: self.lines)
    @rule(number=st.integers(0, 50))
    def serve(self, number: int) -> None:
        self.settle(self.lines[number % len(self.lines)])

    def settle(self, line: Line) -> None:
        units, cause = line.wanted * line.each, self.cause()
        settle_wanted(line.claims, units, self.ledger, cause)
        fill_claims(line.claims, line.usable, self.ledger, cause)
        assert line.allocated + line.shipped * line.each <= units
        if line.claims[0].short:
            free = [
                self.ledger.account(StockKey(TEA, place)).available
                for place in line.usable
            ]
            assert not any(free), "it waits although there are units for it"

    # What holds

    @invariant()
    def positions_are_what_the_model_counts(self) -> None:
        for place, units in self.there.items():
            account = self.ledger.account(StockKey(TEA, place))
            held = sum(
                one.allocated
                for line in self.lines
                for one in line.claims
                if one.key.location == place
            )
            assert (account.on_hand, account.allocated) == (units, held)
            assert held <= max(0, units)

    @invariant()
    def what_lines_want_does_not_depend_on_where_it_lies(self) -> None:
        for line in self.lines:
            wanted = sum(one.wanted for one in line.claims)
            assert wanted == line.wanted * line.each
            assert all(one.short == 0 for one in line.claims[1:])
            assert all(one.allocated >= 0 for one in line.claims)
            assert sum(one.shipped for one in line.claims) == line.shipped * line.each


def test_claims_at_several_places_add_up_whatever_happens() -> None:
    run_state_machine_as_test(
        Warehouse,
        settings=settings(max_examples=60, stateful_step_count=40, deadline=None),
    )
