"""Leases: one holder of a lane at a time, checked by the database on every write.

Each take-over raises the fencing token. A holder that slept through its lease finds
its token gone and loses what it was about to write.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from ..canonical.errors import LeaseLostError
from .tables import leases
from .upsert import upsert

_FAR_BEYOND = 1_000_000

# Asked several times for each push; to put a statement together takes far longer than
# to run it.
_OF_LANE = select(leases).where(leases.c.lane == bindparam("lane")).with_for_update()
_IS_THIS_ONE = (
    (leases.c.lane == bindparam("held"))
    & (leases.c.holder == bindparam("by"))
    & (leases.c.token == bindparam("under"))
)
_FIND_HELD = select(leases.c.lane).where(_IS_THIS_ONE)
_SET_END = update(leases).where(_IS_THIS_ONE).values(expires_at=bindparam("until"))


class Lease(NamedTuple):
    """The right to work on a lane."""

    lane: str
    holder: str
    token: int


def acquire(
    connection: Connection, lane: str, holder: str, now: datetime, lasting: timedelta
) -> Lease | None:
    """Take a lane that is free, expired or already ours; None where another has it.

    A lease that would last far longer than any does was taken by a clock that ran
    ahead and was set right since; the lane does not wait for it. The holder, if it
    lives, is kept out by the token.
    """
    row = connection.execute(_OF_LANE, {"lane": lane}).first()
    if row is not None and row.holder != holder:
        left = row.expires_at - now
        if timedelta(0) < left <= 2 * lasting:
            return None
    return _raise_token(connection, lane, holder, row, now + lasting)


def take_over(
    connection: Connection, lane: str, holder: str, now: datetime, lasting: timedelta
) -> Lease:
    """Take a lane from whoever has it; what they are about to write is refused."""
    row = connection.execute(_OF_LANE, {"lane": lane}).first()
    return _raise_token(connection, lane, holder, row, now + lasting)


def _raise_token(
    connection: Connection,
    lane: str,
    holder: str,
    row: Row[Any] | None,
    expires_at: datetime,
) -> Lease:
    token = 1 if row is None else row.token + 1
    values = {"holder": holder, "token": token, "expires_at": expires_at}
    upsert(
        connection,
        leases,
        [{"lane": lane, **values}],
        key=("lane",),
        change=("holder", "token", "expires_at"),
    )
    return Lease(lane, holder, token)


def require(
    connection: Connection, lease: Lease, now: datetime, lasting: timedelta
) -> None:
    """Prove inside a transaction that the lease still holds, and prolong it.

    Raises:
        LeaseLostError: another holder took the lane over.
    """
    if not _set_end(connection, lease, now + lasting):
        raise LeaseLostError(f"Another worker took over {lease.lane}.")


def is_held(connection: Connection, lease: Lease) -> bool:
    """Say whether nobody took the lane over, in whatever transaction or none."""
    return connection.scalar(_FIND_HELD, _name(lease)) is not None


def release(connection: Connection, lease: Lease, now: datetime) -> None:
    """Give a lane back, unless it was lost already."""
    _set_end(connection, lease, now)


def _set_end(connection: Connection, lease: Lease, expires_at: datetime) -> bool:
    """Let a lease end then; False where it was lost before."""
    done = connection.execute(_SET_END, {**_name(lease), "until": expires_at})
    return done.rowcount == 1


def _name(lease: Lease) -> dict[str, Any]:
    return {"held": lease.lane, "by": lease.holder, "under": lease.token}


def free_all(connection: Connection, now: datetime) -> None:
    """Free every lane, of a database that was restored.

    Tokens are raised beyond what a worker may hold that knew the one before.
    """
    connection.execute(
        update(leases).values(token=leases.c.token + _FAR_BEYOND, expires_at=now)
    )


def find_live(connection: Connection, now: datetime) -> str | None:
    """Return who holds a lane at present; None if nobody does."""
    return connection.scalar(
        select(leases.c.holder).where(leases.c.expires_at > now).limit(1)
    )
