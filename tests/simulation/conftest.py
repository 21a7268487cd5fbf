"""What the tests of the simulation share: playing a few events of a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from crossdock.cli.simulation.play import Outcome
from crossdock.cli.simulation.seeds import Task, list_troubles, play_seed

PlaySeed = Callable[..., Outcome]


@pytest.fixture
def play() -> PlaySeed:
    """Play a seed, whole or some of its events, in this process."""

    def play(
        seed: int,
        troubles: str = "none",
        *,
        only: Iterable[int] | None = None,
        keep_trace: bool = False,
    ) -> Outcome:
        kept = None if only is None else frozenset(only)
        return play_seed(Task(seed, list_troubles(troubles), kept, keep_trace))

    return play
