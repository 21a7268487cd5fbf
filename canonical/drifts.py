"""Drift: a channel shows another quantity than the hub expected, and why it did.

Each row of the drift ledger is one difference, with its cause and what was done about
it. What the cause is, is decided in ``sync/decide/drift``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DriftCause(StrEnum):
    """Why a channel showed something else than expected."""

    UNSEEN_SALE = "unseen_sale"
    """An order explained it that had not been read yet."""
    UNSEEN_CANCELLATION = "unseen_cancellation"
    """Units given back by an order whose change had not been read yet."""
    LATE_WRITE = "late_write"
    """The last write showed later than the channel is known for."""
    LOST_WRITE = "lost_write"
    """The channel confirmed a write and went on to show what that write replaced."""
    HAND_EDIT = "hand_edit"
    """No order explains it: somebody, or another program, set it on the channel."""
    CAP = "cap"
    """Different quantities were written, and the channel made one lower one of them."""
    FIGHT = "fight"
    """It was written over again and again: another program sets it too."""
    RESTORED = "restored"
    """The hub was restored from a backup while it was open."""


class DriftAction(StrEnum):
    """What the hub did about a drift."""

    NONE = "none"
    """Nothing, or nothing yet: it was explained or went away by itself."""
    OVERWRITTEN = "overwritten"
    """The hub's quantity was written again."""
    ADOPTED = "adopted"
    """The difference was taken as a count."""
    ASKED = "asked"
    """A conflict is open about it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between what a channel showed and what was expected of it.

    ``units`` is what it showed beyond (negative: short of) what was expected, and not
    explained by another row.
    """

    id: int
    stock_external_id: str
    units: int
    expected: int
    observed: int
    replaced: int | None
    """What the record would have shown if the last write had been lost."""
    found_at: datetime
    cause: DriftCause | None = None
    action: DriftAction = DriftAction.NONE
    settled_at: datetime | None = None

    @property
    def looks_lost(self) -> bool:
        """Whether the record showed what the last write had replaced."""
        return self.observed == self.replaced
