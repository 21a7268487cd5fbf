"""A virtual clock, and a world on it."""

from __future__ import annotations

import pytest
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.world import World


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that only the test moves; 2026-11-02 09:00 UTC."""
    return VirtualClock()


@pytest.fixture
def world(clock: VirtualClock) -> World:
    """The books over all channels of the test."""
    return World(clock, seed=7)
