"""The brake: whether so much of a channel changes at once that a person should look.

A wrong import, an empty catalogue, a bad count: each would be pushed within minutes to
every channel. What sets listings to zero and what raises them is weighed apart, over
some minutes, because a large change arrives in pieces. Other reductions always go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ...canonical.remembered import Direction, Publication

WINDOW = timedelta(minutes=10)
"""How long a write counts together with those after it."""
OPENING = timedelta(hours=1)
"""How long after it was added a channel is exempt: its first publication may change
everything, in front of the person who connected it."""


@dataclass(frozen=True, slots=True)
class BrakeLimits:
    """How much of a channel may turn at once."""

    share: float = 0.5
    listings_min: int = 20
    """Below this many listings nothing is held."""


def turn(publication: Publication) -> Direction:
    """Say where writing a record takes it, as far as is known."""
    desired, expected = publication.desired or 0, publication.expected
    if desired == 0:
        return Direction.ZERO
    if expected is not None and desired > expected:
        return Direction.RAISE
    return Direction.LOWER


def is_let_through(publication: Publication) -> bool:
    """Say whether a person let exactly this quantity through."""
    return publication.passed is not None and publication.passed == publication.desired


def is_too_much(turning: int, records: int, limits: BrakeLimits) -> bool:
    """Say whether so many of a channel's records must not turn at once."""
    return turning >= limits.listings_min and turning > limits.share * records
