"""The checkers with a memory: what must not go backwards from one step to the next.

They ask the database and the wires, one function for each invariant, and keep what they
saw. Nothing here knows how the hub works inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ...simulators.switchboard import Passage
from ...store.engine import Connection
from ...store.leases import Lease

Report = Callable[[str, str, str], None]
"""Takes rule, subject and message of what does not hold."""

MARKS_MAX = 120
"""More pieces of work than a day with so few goods can be about."""
REQUESTS_MAX = 240
"""More requests to one shop within a minute than anything there could ask for."""
_MINUTE_SECONDS = 60.0
_DAY_SECONDS = 86_400.0

_MOVEMENTS = """
    SELECT id, sku, location, kind, on_hand_change, allocated_change FROM movements"""
_ORDERS = "SELECT id, channel, external_id, updated_at FROM orders"
_TOLD = "SELECT id, order_id, told_at FROM fulfillments WHERE told_at IS NOT NULL"
_TOKENS = "SELECT lane, token FROM leases"
_HOLDER = "SELECT holder, token FROM leases WHERE lane = ?"
_MARKS = "SELECT count(*) FROM marks"


@dataclass(slots=True)
class Watch:
    """What was seen so far, and whom to tell what went backwards."""

    report: Report
    movements: frozenset[tuple[Any, ...]] = frozenset()
    versions: dict[Any, tuple[Any, ...]] = field(default_factory=dict)
    told: dict[Any, tuple[Any, ...]] = field(default_factory=dict)
    tokens: dict[Any, tuple[Any, ...]] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    """By credentials: the host that they were shown to first."""
    revisions: dict[str, list[float]] = field(default_factory=dict)
    """By listing: when it was written to."""
    minutes: dict[tuple[str, int], int] = field(default_factory=dict)
    """By host and minute: requests."""

    def look(self, connection: Connection) -> None:
        """Look at a state of the database between two transactions."""
        self._look_at_movements(connection)
        self._look_at_orders(connection)
        self._look_at_leases(connection)
        self._look_at_work(connection)

    def _look_at_movements(self, connection: Connection) -> None:
        """I1: rows of the ledger are added and never changed or taken out."""
        rows = connection.exec_driver_sql(_MOVEMENTS)
        now = frozenset(tuple(row) for row in rows)
        for lost in sorted(self.movements - now):
            self.report("movements_are_only_added", f"movement {lost[0]}", f"{lost}")
        self.movements = now

    def _look_at_orders(self, connection: Connection) -> None:
        """I4: an order's version only grows, and a parcel that was told stays told."""
        versions = _read(connection, _ORDERS)
        for id_, (channel, external_id, version) in self.versions.items():
            now = versions.get(id_)
            if now is None or now[:2] != (channel, external_id) or now[2] < version:
                self.report(
                    "no_older_version_overwrites",
                    f"{channel}/order/{external_id}",
                    f"it was of {version} and is {now}",
                )
        self.versions = versions
        told = _read(connection, _TOLD)
        for id_ in self.told.keys() - told.keys():
            self.report("what_was_told_stays_told", f"parcel {id_}", "forgotten")
        self.told = told

    def _look_at_leases(self, connection: Connection) -> None:
        """I7: a lane's fencing token never falls."""
        tokens = _read(connection, _TOKENS)
        for lane, (token,) in self.tokens.items():
            now = tokens.get(lane, (0,))[0]
            if now < token:
                self.report("fencing_tokens_only_grow", lane, f"{token}, then {now}")
        self.tokens = tokens

    def _look_at_work(self, connection: Connection) -> None:
        """I11: work is coalesced, so there is never much of it."""
        count = int(connection.exec_driver_sql(_MARKS).scalar() or 0)
        if count > MARKS_MAX:
            self.report("work_stays_bounded", "marks", f"{count} of them")

    def hear_hold(self, connection: Connection, lease: Lease) -> None:
        """I7: a transaction that goes by a lease is its holder's, by the row itself."""
        row = connection.exec_driver_sql(_HOLDER, (lease.lane,)).first()
        if row is None or tuple(row) != (lease.holder, lease.token):
            self.report(
                "nothing_is_written_under_a_lost_lease",
                lease.lane,
                f"{lease.holder} writes by token {lease.token}; the lane is {row}",
            )

    def hear_revision(self, listing: str, seconds: float, budget: int) -> None:
        """I11: a shop that counts writes is not written to more than it allows."""
        times = self.revisions.setdefault(listing, [])
        times.append(seconds)
        today = sum(one > seconds - _DAY_SECONDS for one in times)
        if today > budget:
            self.report("revisions_stay_in_budget", listing, f"{today} in a day")

    def hear_passage(self, passage: Passage, seconds: float) -> None:
        """I8, I9 and I11: what goes over the wires."""
        if passage.status is not None:
            return
        if "canary" in passage.path.lower():
            self.report("no_secret_is_in_an_address", passage.host, passage.path)
        if passage.credentials:
            first = self.hosts.setdefault(passage.credentials, passage.host)
            if first != passage.host:
                self.report(
                    "credentials_go_to_their_own_shop",
                    passage.host,
                    f"it was shown what {first} knows the hub by",
                )
        minute = (passage.host, int(seconds // _MINUTE_SECONDS))
        self.minutes[minute] = self.minutes.get(minute, 0) + 1
        if self.minutes[minute] == REQUESTS_MAX:
            self.report(
                "requests_stay_bounded", passage.host, f"{REQUESTS_MAX} in a minute"
            )


def _read(connection: Connection, query: str) -> dict[Any, tuple[Any, ...]]:
    """Return the rows of a query by their first column."""
    rows = connection.exec_driver_sql(query)
    return {row[0]: tuple(row[1:]) for row in rows}
