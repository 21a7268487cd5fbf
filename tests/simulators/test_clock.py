"""The simulators' two clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from crossdock.simulators.clock import VirtualClock, WallClock


def test_a_virtual_clock_moves_only_when_told_to() -> None:
    clock = VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.pause(1.5)
    clock.advance(0.5)
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC)
    assert clock.monotonic_seconds() == 2.0


def test_a_virtual_clock_does_not_go_back_and_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="cannot go back"):
        VirtualClock().advance(-1)
    with pytest.raises(ValueError, match="time zone"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_the_wall_clock_is_the_systems() -> None:
    clock = WallClock()
    before, reading = clock.now(), clock.monotonic_seconds()
    clock.pause(0.01)
    assert (clock.now() - before).total_seconds() >= 0.01
    assert clock.monotonic_seconds() - reading >= 0.01
