"""Making a failing schedule small: events are left out while it fails the same way.

Delta debugging: halves first, then smaller parts, down to single events, until the time
is over. What stays is enough to fail, and each part of it seems needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def shrink(
    numbers: Sequence[int],
    fails: Callable[[frozenset[int]], bool],
    is_time_over: Callable[[], bool],
) -> tuple[int, ...]:
    """Return fewer of ``numbers`` that still fail.

    Args:
        numbers: the events of a schedule that fails.
        fails: plays a schedule of these events alone, and says whether it fails the
            same way.
        is_time_over: asked before each play.
    """
    kept = list(numbers)
    parts = 2
    while len(kept) > 1:
        size = max(1, len(kept) // parts)
        for start in range(0, len(kept), size):
            if is_time_over():
                return tuple(kept)
            rest = kept[:start] + kept[start + size :]
            if fails(frozenset(rest)):
                kept = rest
                parts = max(2, parts - 1)
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), 2 * parts)
    return tuple(kept)
