"""Stock while a page is being decided: positions in memory, and the movements made.

The rows were locked before they came here and are written after; in between this is
the only truth. It never allocates what is not available, and it never decides who
shall have stock: its callers do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ...canonical.stock import Cause, Movement, MovementKind, StockKey


class Account:
    """One position while it is being worked on."""

    __slots__ = ("allocated", "on_hand", "reserved")

    def __init__(self, on_hand: int, allocated: int, reserved: int) -> None:
        self.on_hand = on_hand
        self.allocated = allocated
        self.reserved = reserved

    @property
    def available(self) -> int:
        """Units that nobody has a claim on; never below zero."""
        return max(0, self.on_hand - self.allocated - self.reserved)

    @property
    def overdrawn(self) -> int:
        """Allocated units that are no longer on hand."""
        return max(0, self.allocated + self.reserved - max(0, self.on_hand))


class Ledger:
    """A working set of positions, and the movements that changed them."""

    def __init__(self, positions: Mapping[StockKey, tuple[int, int, int]]) -> None:
        """Take (on hand, allocated, reserved) per position; others start at zero."""
        self._accounts = {key: Account(*row) for key, row in positions.items()}
        self.movements: list[Movement] = []

    def account(self, key: StockKey) -> Account:
        """Return the position as it stands now."""
        found = self._accounts.get(key)
        if found is None:
            found = self._accounts[key] = Account(0, 0, 0)
        return found

    def allocate(self, key: StockKey, units: int, cause: Cause) -> int:
        """Allocate up to ``units`` of what is available; return how many it were."""
        account = self.account(key)
        granted = min(units, account.available)
        if granted <= 0:
            return 0
        account.allocated += granted
        self._move(key, MovementKind.ALLOCATED, cause, 0, granted)
        return granted

    def release(self, key: StockKey, units: int, cause: Cause) -> None:
        """Give up ``units`` of an allocation; the goods stay on hand."""
        if units > 0:
            self.account(key).allocated -= units
            self._move(key, MovementKind.RELEASED, cause, 0, -units)

    def ship(
        self, key: StockKey, units: int, cause: Cause, *, from_allocated: int
    ) -> None:
        """Let ``units`` leave, ``from_allocated`` of them out of an allocation."""
        if units > 0:
            account = self.account(key)
            account.on_hand -= units
            account.allocated -= from_allocated
            self._move(key, MovementKind.SHIPPED, cause, -units, -from_allocated)

    def change_on_hand(
        self,
        key: StockKey,
        units: int,
        kind: MovementKind,
        cause: Cause,
        *,
        as_of: datetime | None = None,
    ) -> None:
        """Add ``units`` (which may be negative) to what is on hand.

        ``as_of`` is the moment that a count speaks of, where that has passed.
        """
        self.account(key).on_hand += units
        self.movements.append(Movement(key, kind, cause, units, 0, as_of))

    def overdrawn(self) -> dict[StockKey, int]:
        """Return the positions whose allocations exceed what is on hand, and by how
        much; somebody's allocation has to be withdrawn there.
        """
        return {
            key: account.overdrawn
            for key, account in self._accounts.items()
            if account.overdrawn
        }

    def changed_positions(self) -> dict[StockKey, Account]:
        """Return the positions that a movement touched, in lock order."""
        keys = sorted({movement.key for movement in self.movements})
        return {key: self._accounts[key] for key in keys}

    def _move(
        self,
        key: StockKey,
        kind: MovementKind,
        cause: Cause,
        on_hand_change: int,
        allocated_change: int,
    ) -> None:
        movement = Movement(key, kind, cause, on_hand_change, allocated_change)
        self.movements.append(movement)
