"""Which records of a page are news: the decision before anything is decoded.

A record is known by its id and the version of its content. Known versions are
duplicates; versions older than what the hub already applied are superseded. What the
records say is not looked at here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ...canonical.remembered import KnownRecord


class Verdict(StrEnum):
    """What to do with one record of a page."""

    NEWS = "news"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"


class Arrival(NamedTuple):
    """A record as it arrived: who, as of when, and what its content is called."""

    external_id: str
    updated_at: datetime
    version: str
    """The name under which the hub remembers this content of this record."""


_NOTHING = KnownRecord(frozenset(), None)


def sort_arrivals(
    arrivals: Sequence[Arrival], known: Mapping[str, KnownRecord]
) -> list[Verdict]:
    """Return a verdict for each arrival, in the same order.

    Of several versions of one record in a page only the newest is news; where two
    carry the same time the later one in the page wins. An equal time with other
    content is news: channels whose clock ticks in seconds change records within one.
    """
    newest: dict[str, int] = {}
    verdicts: list[Verdict] = []
    seen: set[tuple[str, str]] = set()
    for index, (external_id, updated_at, version) in enumerate(arrivals):
        before = known.get(external_id, _NOTHING)
        key = (external_id, version)
        if version in before.versions or key in seen:
            verdicts.append(Verdict.DUPLICATE)
            continue
        seen.add(key)
        rival = newest.get(external_id)
        newer = before.applied_at
        if rival is not None:
            newer = max(arrivals[rival].updated_at, newer or arrivals[rival].updated_at)
        if newer is not None and updated_at < newer:
            verdicts.append(Verdict.SUPERSEDED)
        else:
            if rival is not None:
                verdicts[rival] = Verdict.SUPERSEDED
            newest[external_id] = index
            verdicts.append(Verdict.NEWS)
    return verdicts
