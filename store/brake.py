"""What the brake weighs: how much of a channel turns to zero, or up.

Counts and loads; whether that is too much is decided in ``sync/decide/brake``.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    func,
    select,
)

from ..canonical.remembered import Direction, Publication
from .publications import load_where
from .tables import publications


class Turning(NamedTuple):
    """How many records of a channel there are, and turn: now, or shortly before."""

    records: int
    zeroed: int
    raised: int


def count_turning(connection: Connection, channel: str, since: datetime) -> Turning:
    """Count the records that are wanted to turn, and those written since ``since``.

    What a person let through counts as neither.
    """
    parameters = {"channel": channel, "since": since}
    counts = connection.execute(_count_turning(), parameters).one()
    return Turning(*(int(count or 0) for count in counts))


@cache
def _count_turning() -> Select[Any]:
    """Return the query; it is asked before each push, and built once."""
    row = publications.c
    lately = row.sent_at > bindparam("since", type_=row.sent_at.type)
    zeroed = _is_wanted(Direction.ZERO) | (lately & (row.direction == Direction.ZERO))
    raised = _is_wanted(Direction.RAISE) | (lately & (row.direction == Direction.RAISE))
    return select(func.count(), _count_if(zeroed), _count_if(raised)).where(
        row.channel == bindparam("channel"), row.desired.is_not(None)
    )


def _count_if(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _is_wanted(direction: Direction) -> ColumnElement[bool]:
    row = publications.c
    turns = row.desired > row.expected
    if direction is Direction.ZERO:
        turns = (row.desired == 0) & (row.expected != 0)
    let_through = row.passed.is_not(None) & (row.passed == row.desired)
    return row.stopped.is_(False) & turns & ~let_through


def load_turning(
    connection: Connection, channel: str, direction: Direction, limit: int | None = None
) -> dict[str, Publication]:
    """Return the records that are wanted to turn and were not let through."""
    return load_where(connection, channel, _is_wanted(direction), limit)


def let_through(connection: Connection, channel: str, direction: Direction) -> int:
    """Let the brake pass, once, what turns now; return how many records that are."""
    done = connection.execute(
        publications.update()
        .where(publications.c.channel == channel, _is_wanted(direction))
        .values(passed=publications.c.desired)
    )
    return done.rowcount


def take_back(connection: Connection, channel: str) -> None:
    """Let the brake hold again what was let through and is not written yet."""
    connection.execute(
        publications.update()
        .where(publications.c.channel == channel)
        .values(passed=None)
    )
