"""Walks WooCommerce's lists without losing a row, though rows move while we read.

WooCommerce pages by offset only and its times have whole seconds. Two devices make
that safe. *Keyset by second*: after a full page the next request starts at the last
second seen, inclusively. *Anchor*: inside one second (or in a list that is not sorted
by time) the next page repeats the last row; if that row is not there, rows before it
have left, and the walk starts again. Pure; the requests are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Record

OVERLAP_SECONDS = 60
"""How far a pull reaches back: clocks of several web servers, writes under way."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A place in a list that keeps its order: rows to skip, and the last row seen."""

    offset: int = 0
    anchor: str = ""

    def has_slipped(self, ids: Sequence[str], page_size: int) -> bool:
        """Say whether rows before the anchor have left since the last page.

        Raises:
            ContractBrokenError: the last page came again, so the list never ends.
        """
        if not self.anchor:
            return False
        if len(ids) >= page_size and ids[-1] == self.anchor:
            raise ContractBrokenError(
                "the shop gave the same page of its list twice; it would never end"
            )
        return self.anchor not in ids

    def advance(self, ids: Sequence[str], page_size: int) -> Walk:
        """Return the place of the next page, which begins with this page's last row."""
        if not ids:  # rows that our key may not read take places and are not shown
            return Walk(self.offset + page_size)
        return Walk(self.offset + len(ids) - 1, ids[-1])


def has_more(walk: Walk, row_count: int, page_size: int, total: int | None) -> bool:
    """Say whether rows follow this page; ``total`` is the shop's own count, if told."""
    if total is None:
        return row_count >= page_size
    return walk.offset + page_size < total


@dataclass(frozen=True, slots=True)
class Lane:
    """How far one list of orders (those alive, or the trash) has been read.

    ``since`` is the first second to ask for. ``seen`` is the newest second seen in
    this pull. ``bound`` is the shop's time when a walk by offset began: what changed
    after it may have been missed and must be asked for again. ``by_id`` marks a shop
    that does not sort by time.
    """

    since: datetime
    seen: datetime | None = None
    bound: datetime | None = None
    walk: Walk = Walk()
    by_id: bool = False

    def advance(
        self,
        records: Sequence[Record],
        *,
        page_size: int,
        total: int | None,
        asked_at: datetime,
    ) -> tuple[Lane, bool]:
        """Return the lane after a page, and whether it has been read to its end."""
        times = [record.updated_at for record in records]
        seen = max([*times, *([self.seen] if self.seen else [])], default=None)
        here = replace(self, seen=seen)
        ids = [record.external_id for record in records]
        if self.walk.has_slipped(ids, page_size):
            return replace(here, walk=Walk(), bound=asked_at), False
        if not has_more(self.walk, len(records), page_size, total):
            return _begin_next_pull(here), True
        by_time = not self.by_id and times == sorted(times)
        if by_time and times and times[-1] > self.since:
            return Lane(times[-1], seen, self.bound), False
        walk = self.walk.advance(ids, page_size)
        return replace(here, walk=walk, bound=self.bound or asked_at), False


def _begin_next_pull(lane: Lane) -> Lane:
    """Return where the pull after this one begins; without any row, where it did."""
    if lane.seen is None:
        return Lane(lane.since)
    reached = min(lane.seen, lane.bound) if lane.bound else lane.seen
    return Lane(reached - timedelta(seconds=OVERLAP_SECONDS))


def format_after(since: datetime) -> str:
    """Return ``modified_after`` for rows from ``since`` on, inclusively.

    The shop compares with "later than", in whole seconds. With ``dates_are_gmt`` a
    stamp without a zone is read as UTC; one with a zone would be converted twice.
    """
    before = since.astimezone(UTC).replace(microsecond=0) - timedelta(seconds=1)
    return before.strftime("%Y-%m-%dT%H:%M:%S")


def refuse_cursor() -> ContractBrokenError:
    """Return the error for a cursor that this connector did not write."""
    return ContractBrokenError(
        "a saved cursor cannot be read",
        next_step="Reset the cursor; what was pulled before is recognised.",
    )
