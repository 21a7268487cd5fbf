"""Whether orders were read recently enough to raise a quantity.

After a downtime, or while a channel cannot be reached, sales are unread. A reduction
is none too many then; a raise may put a sold unit back on offer. So raises wait until
every channel's orders were read to their end, or a channel has failed for so long that
waiting for it costs more than it saves.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FRESH = timedelta(minutes=2)
"""How old the last reading of a channel's orders may be."""


def find_age_max(pull_pause_seconds: int) -> timedelta:
    """Return how old the orders of a channel may be that bears a pull so often only."""
    return max(FRESH, 2 * timedelta(seconds=pull_pause_seconds))


def is_fresh(
    caught_up_at: datetime | None, now: datetime, age_max: timedelta = FRESH
) -> bool:
    """Say whether orders were read to their end lately."""
    return caught_up_at is not None and now - caught_up_at <= age_max


def may_pull(
    caught_up_at: datetime | None, now: datetime, pull_pause_seconds: int
) -> bool:
    """Say whether a channel's allowance bears another pull."""
    if caught_up_at is None or caught_up_at > now:
        return True
    return now - caught_up_at >= timedelta(seconds=pull_pause_seconds)


def is_waited_for(
    *,
    caught_up_at: datetime | None,
    failing_since: datetime | None,
    failed_at: datetime | None,
    now: datetime,
    hold: timedelta,
    age_max: timedelta = FRESH,
) -> bool:
    """Say whether raises have to wait for a channel.

    Args:
        caught_up_at: when its orders were last read to their end.
        failing_since: the first attempt since then that failed, if any did.
        failed_at: the last attempt that failed.
        now: the present moment.
        hold: how long a channel that fails is waited for. It counts only where it was
            tried lately: while the hub was down, the channel may have come back.
        age_max: how old its orders may be.
    """
    if is_fresh(caught_up_at, now, age_max):
        return False
    if failing_since is None or failed_at is None:
        return True
    return now - failed_at > age_max or now - failing_since < hold
