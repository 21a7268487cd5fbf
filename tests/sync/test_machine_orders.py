"""Versions of orders as they may arrive, against a model: the latest one counts.

A channel changes its orders; what it said at any time reaches the hub late, again, or
in another order, in pages of any size. Whatever the road, the hub ends with what the
last version says, and each version is looked at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crossdock.canonical.remembered import KnownRecord
from crossdock.sync.decide.intake import Arrival, Verdict, sort_arrivals
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

ON_HAND = 12
NAMES = ("1001", "1002", "1003")
Make = Callable[..., Any]


@dataclass
class Version:
    """What a channel said about an order once."""

    name: str
    minute: int
    quantity: int

    @property
    def arrival(self) -> Arrival:
        at = datetime.fromisoformat("2026-03-02T09:00Z") + timedelta(
            minutes=self.minute
        )
        return Arrival(self.name, at, f"{self.minute}")


@dataclass
class Memory:
    """What the hub remembers of the versions of one order."""

    versions: set[str] = field(default_factory=set)
    applied_at: datetime | None = None


def make_machine(
    make_desk: Make, make_order: Make, make_line: Make
) -> type[RuleBasedStateMachine]:
    """Return the machine at a desk of its own."""

    class Merge(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.desk = make_desk(clocks=ON_HAND)
            self.said: list[Version] = []
            self.latest: dict[str, Version] = {}
            self.known: dict[str, Memory] = {name: Memory() for name in NAMES}
            self.seen: Counter[Verdict] = Counter()
            self.minute = 0

        @initialize()
        def place(self) -> None:
            for name in NAMES:
                self.change(name, 2)

        @rule(name=st.sampled_from(NAMES), quantity=st.integers(0, 5))
        def change(self, name: str, quantity: int) -> None:
            self.minute += 1
            version = Version(name, self.minute, quantity)
            self.said.append(version)
            self.latest[name] = version

        @precondition(lambda self: self.said)
        @rule(picks=st.lists(st.integers(0, 200), min_size=1, max_size=6))
        def deliver(self, picks: list[int]) -> None:
            """A page of any of what was ever said, repeats included."""
            self.take_in([self.said[pick % len(self.said)] for pick in picks])

        def take_in(self, page: list[Version]) -> None:
            known = {
                name: KnownRecord(frozenset(one.versions), one.applied_at)
                for name, one in self.known.items()
            }
            verdicts = sort_arrivals([one.arrival for one in page], known)
            for version, verdict in zip(page, verdicts, strict=True):
                self.seen[verdict] += 1
                memory = self.known[version.name]
                fresh = version.arrival.version not in memory.versions
                assert fresh == (verdict is not Verdict.DUPLICATE)
                memory.versions.add(version.arrival.version)
                if verdict is Verdict.NEWS:
                    before = memory.applied_at
                    assert before is None or version.arrival.updated_at > before
                    memory.applied_at = version.arrival.updated_at
                    line = make_line(version.quantity)
                    order = make_order(
                        line, external_id=version.name, minutes=version.minute
                    )
                    self.desk.take_in(order)

        @rule()
        def catch_up(self) -> None:
            """Everything that was ever said arrives, the last first."""
            self.take_in(self.said[::-1])
            for name, version in self.latest.items():
                assert self.desk.line(order=name).wanted == version.quantity

        @invariant()
        def stock_is_what_the_versions_applied_say(self) -> None:
            on_hand, allocated = self.desk.counts()
            lines = [
                line
                for order in self.desk.known.values()
                for line in order.lines.values()
            ]
            assert on_hand == ON_HAND
            assert allocated == sum(
                one.allocated for line in lines for one in line.holdings
            )
            assert allocated <= min(on_hand, sum(line.wanted for line in lines))

    return Merge


def test_versions_in_any_order_and_number_end_in_the_latest(
    make_desk: Make, make_order: Make, make_line: Make
) -> None:
    run_state_machine_as_test(
        make_machine(make_desk, make_order, make_line),
        settings=settings(max_examples=40, stateful_step_count=25, deadline=None),
    )
