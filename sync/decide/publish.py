"""Whether to write a quantity to a channel, and what an answer meant.

The decisions behind every quantity that leaves the hub; how many it should be is for
``policies``. ``expected`` is what the channel should show now: the last acknowledged
write, less what its own counter has given up since, as far as the hub has read its
orders. A channel that shows less has probably sold something that the hub has not read
yet; raising it would sell it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ...canonical.remembered import Publication


class Step(StrEnum):
    """What to do about one stock record of a channel."""

    NOTHING = "nothing"
    WRITE = "write"
    LOOK_FOR_SALE = "look_for_sale"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class StockPlan:
    """The step for one stock record, and what to believe from now on."""

    step: Step
    expected: int | None
    drifting_since: datetime | None = None
    """Since when the record shows something else than expected; None: it is settled."""
    surprise: int = 0
    """Units that the channel shows beyond (negative: short of) what was expected."""

    @property
    def unexplained(self) -> int:
        """The part of the surprise that an order may still explain.

        A write does not undo it: when the order is read, ``expected`` moves by as much,
        and must not move away from what the record shows.
        """
        return self.surprise if self.drifting_since is not None else 0

    @property
    def shown(self) -> int | None:
        """What the record showed when it was read."""
        return None if self.expected is None else self.expected + self.unexplained


def plan_from_reading(
    publication: Publication,
    observed: int | None,
    *,
    now: datetime,
    patience: timedelta,
    read_at: datetime | None = None,
) -> StockPlan:
    """Compare what a channel shows with what it should show, and say what to do.

    Less than expected is probably a sale that was not read yet, more a cancellation, an
    edit or a lost reduction; nothing is raised over either. Until such an order had its
    time to appear, the difference stays open, even where it is written over. Then more
    is believed, less was a lost write if it is what the last write replaced, and
    anything else is for a person.

    Args:
        publication: what the hub remembers.
        observed: what the channel shows; None if it keeps no quantity any more.
        now: the present moment.
        patience: how long an unseen order may take to show up in the channel's orders.
        read_at: when these were last read to their end, if that is not now: waiting
            without reading explains nothing.
    """
    if observed is None:
        return StockPlan(Step.NOTHING, None)
    expected, desired = publication.expected, publication.desired
    surprise = 0 if expected is None else observed - expected
    # Not later than now: the clock may have been set back meanwhile.
    since = min(publication.drifting_since or now, now)
    waited = min(now, read_at or now) - since >= patience
    lost_write = observed == publication.replaced
    step = Step.NOTHING if observed == desired else Step.WRITE
    if surprise == 0 or (waited and (surprise > 0 or lost_write)):
        return StockPlan(step, observed, None, surprise)
    if surprise < 0 and (desired is None or desired >= observed):
        # Showing more would sell again what was sold; showing less never does.
        step = Step.ASK if waited else Step.LOOK_FOR_SALE
    elif desired is not None and desired > observed:
        # More than expected may be a lost reduction, and a sale hide in it.
        step = Step.LOOK_FOR_SALE
    return StockPlan(step, expected, since, surprise)


def believe_write(
    publication: Publication, plan: StockPlan, quantity: int
) -> tuple[int, int | None]:
    """Return what to expect of a record that took a write, and what it replaced.

    What is unexplained stays so. Where an earlier write seems lost it goes on to seem
    lost: the record shows ``quantity`` now, and less than expected.
    """
    looks_lost = plan.unexplained != 0 and plan.shown == publication.replaced
    replaced = quantity if looks_lost else plan.expected
    return quantity - plan.unexplained, replaced


def needs_write(publication: Publication) -> bool:
    """Say whether a record may show something else than desired.

    One that showed something else than expected may, whatever is expected of it.
    """
    differs = publication.desired != publication.expected
    drifting = publication.drifting_since is not None
    return publication.desired is not None and (differs or drifting)


@dataclass(frozen=True, slots=True)
class OpenWrite:
    """A write of which nobody knows what became of it."""

    quantity: int
    shown: int | None
    """What the record showed when it was sent."""
    unexplained: int = 0
    """How much of that no order had explained."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What to believe of a record after it was read for a write without an answer."""

    took_effect: bool
    expected: int
    replaced: int | None = None
    drifting_since: datetime | None = None


def settle_by_reading(
    publication: Publication,
    write: OpenWrite,
    observed: int,
    now: datetime,
) -> Settlement:
    """Say what to believe of a write whose answer was lost, from a later reading.

    A record that shows what it would without a reduction did not take it. One that
    shows less than a raise may have lost the raise, or have sold it already to somebody
    whose order was not read yet: the raise is believed, and the difference stays open
    as after any write that seems lost, so that it is not raised again over the sale.

    Args:
        publication: what the hub remembers; orders that were read since the write have
            moved what is expected.
        write: the write.
        observed: what the record shows now.
        now: the present moment.
    """
    without = publication.expected
    if without is None or write.shown is None:
        return Settlement(observed == write.quantity, observed)
    taken_since = write.shown - write.unexplained - without
    done = write.quantity - write.unexplained - taken_since
    since = min(publication.drifting_since or now, now)
    if write.unexplained:
        if not taken_since and observed == write.shown:
            return Settlement(False, without, publication.replaced, since)
        if observed == write.quantity:
            looks_lost = write.shown - taken_since == publication.replaced
            return Settlement(True, done, observed if looks_lost else without, since)
        # Which sales were read since, those before the write or later ones? The higher
        # figure keeps the record from being raised, and the lower one is remembered.
        return Settlement(True, max(done, without), min(done, without), since)
    if observed == done:
        return Settlement(True, observed)
    if observed == without and observed > done:
        return Settlement(False, observed)
    return Settlement(True, done, without, since)


def order_writes(publications: Sequence[Publication]) -> list[Publication]:
    """Return what to write first: zeroes, then reductions, then raises.

    A reduction that waits can oversell; a raise that waits can only undersell.
    """

    def urgency(publication: Publication) -> tuple[int, str]:
        desired = publication.desired or 0
        if desired == 0:
            rank = 0
        elif publication.expected is None or desired < publication.expected:
            rank = 1
        else:
            rank = 2
        return rank, publication.stock_external_id

    return sorted(publications, key=urgency)
