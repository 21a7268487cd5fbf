"""What one API call works with: the shop's parts, the token, and how fields get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ..faults import Fault, FaultInjector
from .announcements import Announcer
from .books import Books
from .idempotency import IdempotencyKeys
from .jobs import Jobs
from .orders import Ledger
from .records import Order

ORDER_WINDOW = timedelta(days=60)
"""How far back orders are shown to an app without ``read_all_orders``."""


@dataclass(slots=True)
class Call:
    """The context of one execution."""

    ledger: Ledger
    jobs: Jobs
    keys: IdempotencyKeys
    faults: FaultInjector
    scopes: frozenset[str]
    warnings: list[dict[str, Any]] = field(default_factory=list)
    """What the search syntax did not understand; goes into the extensions."""

    @property
    def books(self) -> Books:
        """The shop's books."""
        return self.ledger.books

    @property
    def announcer(self) -> Announcer:
        """The shop's webhooks."""
        return self.ledger.announcer

    def may_see(self, order: Order) -> bool:
        """Say whether the app's window reaches back to an order."""
        if "read_all_orders" in self.scopes:
            return True
        return order.created_at >= self.books.now() - ORDER_WINDOW

    def hides_fresh(self) -> Callable[[Any], bool]:
        """Return what a list call leaves out: fresh changes while the index lags."""
        if not self.faults.strikes(Fault.VISIBILITY_LAG):
            return lambda row: False
        lag = timedelta(seconds=self.faults.options.visibility_lag_seconds)
        edge = self.books.clock.now() - lag
        return lambda row: row.updated_at > edge


FieldReader = Callable[[Any], Any]
"""Reads a field without arguments off its row."""

FieldResolver = Callable[..., Any]
"""Resolves a field with arguments: (row, call, args)."""
