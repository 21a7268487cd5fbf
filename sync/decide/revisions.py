"""When a channel that limits its revisions may be written to: at once, or later.

A budget of so many writes a day for each stock record is spent where it matters. Far
from zero a quantity may be a little wrong for a while, so changes are gathered, for
longer the less is left. Near zero every unit counts: reductions go at once, and a
reserve is theirs alone. Writing zero is always possible, because nothing but a raise
makes another zero necessary and raises stop before the reserve is touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...canonical.remembered import Publication

DAY = timedelta(days=1)
RESERVE_SHARE = 0.1
RESERVE_MIN = 6
"""The fewest writes kept back: one for each unit of a reduction near zero, and two for
zeroes whose answer is lost."""
NEAR_ZERO = 3
"""Units at and below which a reduction does not wait."""
FAR_FROM_ZERO = 20
"""Units from which on a small change can wait longer."""
SMALL_SHARE = 0.1
FAR_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent on one record a day, and what was spent in the last one."""

    per_day_max: int
    spent: int
    last_at: datetime | None

    @property
    def reserve(self) -> int:
        """Writes that only zeroes, and reductions near zero, may use."""
        wanted = max(RESERVE_MIN, int(self.per_day_max * RESERVE_SHARE))
        return min(wanted, self.per_day_max)

    @property
    def free(self) -> int:
        """Writes that are left to everything."""
        return max(0, self.per_day_max - self.reserve - self.spent)


def plan_revision(
    publication: Publication, budget: Budget, now: datetime
) -> datetime | None:
    """Return when a record may be written: None if at once, else the earliest moment.

    Args:
        publication: the record; what it should show and what it shows.
        budget: its writes.
        now: the present moment.
    """
    left = budget.per_day_max - budget.spent
    desired, shown = publication.desired or 0, publication.expected
    lowers = shown is None or desired < shown
    if lowers and desired <= NEAR_ZERO:
        # The last one is for zero: what is above may have to be followed by it.
        if left >= (1 if desired == 0 else 2):
            return None
        return _next_hour(now)
    if not budget.free:
        return _next_hour(now)
    if budget.last_at is None:
        return None
    due = budget.last_at + find_spacing(budget) * _weigh(desired, shown)
    return None if due <= now else due


def find_spacing(budget: Budget) -> timedelta:
    """Return how far apart writes are kept: nothing at first, then ever more.

    What is left is spread over a day, the more strictly the more was spent.
    """
    usable = budget.free + budget.spent
    return DAY * (budget.spent / usable) / max(1, budget.free)


def _weigh(desired: int, shown: int | None) -> int:
    """Return how much longer than others a change can wait."""
    if shown is None or min(desired, shown) < FAR_FROM_ZERO:
        return 1
    small = abs(desired - shown) <= SMALL_SHARE * shown
    return FAR_FACTOR if small else 1


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
