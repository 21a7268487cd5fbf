"""Amazon's usage plans: a bucket of requests for each operation."""

from __future__ import annotations

from .errors import ApiError
from .state import State

PLANS: dict[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "confirmShipment": (2, 10),
    "searchListingsItems": (5, 5),
    "getListingsItem": (5, 10),
    "patchListingsItem": (5, 5),
    "createFeedDocument": (0.5, 15),
    "getFeedDocument": (0.0222, 10),
    "createFeed": (0.0083, 15),
    "getFeed": (2, 15),
    "getMarketplaceParticipations": (0.016, 15),
    "getInventorySummaries": (2, 2),
}
"""Requests a second, and how many at once, by operation."""


def take_turn(state: State, operation: str) -> None:
    """Take a request out of an operation's bucket.

    Raises:
        ApiError: it is empty. Amazon does not say how long to wait.
    """
    if not state.settings.usage_plans:
        return
    rate, burst = PLANS[operation]
    now = state.now()
    left, at = state.turns.get(operation, (float(burst), now))
    left = min(float(burst), left + (now - at).total_seconds() * rate)
    if left < 1:
        state.turns[operation] = (left, now)
        raise ApiError(
            429,
            "QuotaExceeded",
            "You exceeded your quota for the requested resource.",
            headers={"x-amzn-ratelimit-limit": str(rate)},
        )
    state.turns[operation] = (left - 1, now)
