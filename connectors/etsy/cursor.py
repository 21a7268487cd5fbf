"""Where a pull of receipts has come to. Pure; the requests are made in ``orders``.

Two walks share one cursor. The *fresh* one follows ``updated_timestamp``, as far as
Etsy tells changes at all. A refund and a new dispatch date do not move that moment, and
Etsy says that this is intended (open-api issues 232, 513, 604). So every few hours the
receipts of the last 30 days are *read again*, by when they were created: one page at
the end of each pull, after everything fresh, until the walk is through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Self

from pydantic import TypeAdapter, ValidationError

from ...canonical.errors import ContractBrokenError
from ...mapping.etsy_wire import WireReceiptHead

PAGE_SIZE = 50
"""Of at most 100: receipts carry all of their lines."""
OVERLAP_SECONDS = 120
"""How far every pull reaches back: a change may show late."""
WINDOW_SECONDS = 30 * 86_400
"""How old a receipt may be to be read again."""
REREAD_EVERY_SECONDS = 6 * 3600
"""How long after the start of one walk over the window the next one starts."""
EPOCH_MIN = 946_684_800
"""Etsy takes no moment before the year 2000."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far receipts have been read; moments are epoch seconds.

    ``moment``, ``seen`` and ``offset`` are where the next fresh page starts, and
    ``reached`` is the newest moment ever read. ``pulling`` says that fresh pages of a
    pull are still to come, ``turn`` that a page of the window is next. ``rereading`` is
    where the walk over the window goes on; None while there is none.
    """

    version: Literal[1]
    begun: int
    moment: int
    reached: int
    reread_at: int
    seen: tuple[int, ...] = ()
    offset: int = 0
    pulling: bool = True
    turn: bool = False
    rereading: int | None = None

    @classmethod
    def begin(cls, since: int, now: int) -> Self:
        """Return the place of the very first pull."""
        since = max(since, EPOCH_MIN)
        return cls(1, begun=since, moment=since, reached=since, reread_at=now)

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the place that a cursor names.

        Raises:
            ContractBrokenError: it cannot be read.
        """
        try:
            return TypeAdapter(cls).validate_json(cursor)
        except ValidationError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None

    def encode(self) -> str:
        """Return the place as a cursor."""
        return TypeAdapter(type(self)).dump_json(self).decode()

    def start(self) -> Self:
        """Return the place of a page: the first of a later pull reaches back."""
        if self.pulling or self.turn:
            return self
        moment = max(self.reached - OVERLAP_SECONDS, EPOCH_MIN)
        return replace(self, moment=moment, seen=(), offset=0, pulling=True)

    def is_seen(self, head: WireReceiptHead) -> bool:
        """Say whether the page before had this receipt already."""
        return _second_of(head) == self.moment and head.receipt_id in self.seen

    def advance(self, heads: Sequence[WireReceiptHead]) -> Self:
        """Return the place after a fresh page; not ``pulling`` after the last one.

        Raises:
            ContractBrokenError: the page is not what was asked for, or holds nothing
                new although it is full.
        """
        seconds = [_second_of(head) for head in heads]
        if seconds != sorted(seconds) or (seconds and seconds[0] < self.moment):
            raise ContractBrokenError(
                "Etsy's list of receipts is not sorted by its changes"
            )
        last = seconds[-1] if seconds else self.moment
        reached = max(self.reached, last)
        if len(heads) < PAGE_SIZE:
            return replace(self, reached=reached, seen=(), offset=0, pulling=False)
        here = {head.receipt_id for head in heads if _second_of(head) == last}
        if last > self.moment:
            seen = tuple(sorted(here))
            return replace(self, moment=last, reached=reached, seen=seen, offset=0)
        if self.offset and here <= set(self.seen):
            raise ContractBrokenError("Etsy's list of receipts does not get on")
        # A whole page of one second: half a page on, because rows can leave it.
        return replace(
            self,
            reached=reached,
            seen=tuple(sorted(here | set(self.seen))),
            offset=self.offset + PAGE_SIZE // 2,
        )

    def plan_reread(self, now: int, *, affordable: bool) -> Self:
        """Return the place at the end of what is fresh: a page of the window, or none.

        Args:
            now: the present moment.
            affordable: whether enough of the day's requests is left for it.
        """
        due = now - self.reread_at >= REREAD_EVERY_SECONDS
        if not affordable or (self.rereading is None and not due):
            return self
        if self.rereading is not None:
            return replace(self, turn=True)
        # Nothing from before the day on which the hub was told to start.
        start = max(self.begun, now - WINDOW_SECONDS)
        return replace(self, turn=True, rereading=start, reread_at=now)

    def advance_reread(self, heads: Sequence[WireReceiptHead]) -> Self:
        """Return the place after a page of the window."""
        following = None
        if len(heads) >= PAGE_SIZE and self.rereading is not None:
            last = int(heads[-1].created_at.timestamp())
            following = max(last, self.rereading + 1)
        return replace(self, turn=False, rereading=following)


def _second_of(head: WireReceiptHead) -> int:
    return int(head.updated_at.timestamp())
