"""The ledger: never more allocated than there is, and every change a movement."""

from __future__ import annotations

from crossdock.canonical.stock import Cause, MovementKind, StockKey
from crossdock.sync.decide.ledger import Ledger
from hypothesis import given
from hypothesis import strategies as st

CLOCK = StockKey("CLOCK", "main")
HAND = StockKey("HAND", "main")
CAUSE = Cause("order", "1")

steps = st.lists(
    st.tuples(
        st.sampled_from(["allocate", "release", "ship", "receive", "lose"]),
        st.sampled_from([CLOCK, HAND]),
        st.integers(0, 8),
    ),
    max_size=25,
)


def walk(ledger: Ledger, made: list[tuple[str, StockKey, int]]) -> None:
    """Do what journeys may do: give up and ship no more than is allocated."""
    for step, key, units in made:
        account = ledger.account(key)
        if step == "allocate":
            before = account.available
            assert ledger.allocate(key, units, CAUSE) == min(units, before)
        elif step == "release":
            ledger.release(key, min(units, account.allocated), CAUSE)
        elif step == "ship":
            taken = min(units, account.allocated)
            ledger.ship(key, taken, CAUSE, from_allocated=taken)
        elif step == "receive":
            ledger.change_on_hand(key, units, MovementKind.RECEIVED, CAUSE)
        else:
            lost = min(units, account.available)
            ledger.change_on_hand(key, -lost, MovementKind.ADJUSTED, CAUSE)


@given(st.integers(-3, 10), steps)
def test_a_ledger_never_allocates_more_than_is_on_hand(
    on_hand: int, made: list[tuple[str, StockKey, int]]
) -> None:
    ledger = Ledger({CLOCK: (on_hand, 0, 0)})
    walk(ledger, made)
    for key in (CLOCK, HAND):
        account = ledger.account(key)
        assert account.allocated == 0 or account.allocated <= account.on_hand
    assert ledger.overdrawn() == {}


@given(st.integers(0, 10), steps)
def test_a_position_is_what_it_was_plus_its_movements(
    on_hand: int, made: list[tuple[str, StockKey, int]]
) -> None:
    ledger = Ledger({CLOCK: (on_hand, 0, 0)})
    walk(ledger, made)
    for key, before in ((CLOCK, on_hand), (HAND, 0)):
        moved = [one for one in ledger.movements if one.key == key]
        account = ledger.account(key)
        assert account.on_hand == before + sum(one.on_hand_change for one in moved)
        assert account.allocated == sum(one.allocated_change for one in moved)


def test_reserved_units_are_not_available() -> None:
    ledger = Ledger({CLOCK: (10, 3, 4)})
    assert ledger.account(CLOCK).available == 3
    assert ledger.allocate(CLOCK, 5, CAUSE) == 3


def test_nothing_moves_where_no_units_do() -> None:
    ledger = Ledger({})
    assert ledger.allocate(CLOCK, 5, CAUSE) == 0
    ledger.release(CLOCK, 0, CAUSE)
    ledger.ship(CLOCK, 0, CAUSE, from_allocated=0)
    assert ledger.movements == []
    assert ledger.changed_positions() == {}


def test_goods_that_vanish_leave_a_position_overdrawn_by_what_was_promised() -> None:
    ledger = Ledger({CLOCK: (10, 8, 0), HAND: (5, 5, 0)})
    ledger.change_on_hand(CLOCK, -12, MovementKind.COUNTED, CAUSE)
    assert ledger.account(CLOCK).on_hand == -2
    assert ledger.overdrawn() == {CLOCK: 8}


def test_changed_positions_come_in_the_order_in_which_they_are_locked() -> None:
    ledger = Ledger({HAND: (1, 0, 0), CLOCK: (1, 0, 0)})
    ledger.allocate(HAND, 1, CAUSE)
    ledger.allocate(CLOCK, 1, CAUSE)
    assert list(ledger.changed_positions()) == [CLOCK, HAND]
