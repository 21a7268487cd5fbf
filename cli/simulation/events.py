"""What happens in a simulation: a schedule of events, drawn from the seed beforehand.

An event holds its own draws and names nothing that only exists later: whom it meets is
chosen from what is there when it happens. So a schedule from which events were taken
out is a schedule still, and that is how a failing one is made small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypeVar

DRAWS = 5
SECONDS = 400.0
"""How long people are about; the hub gets its time to converge after that."""
RUSHES = 8
RUSH_SECONDS = 4.0
RUSH_SHARE = 0.7
"""How much happens in a few seconds each, while the hub is at work on it."""

_Chosen = TypeVar("_Chosen")


class Kind(StrEnum):
    """What an event is about: people first, troubles after."""

    BUY = "buy"
    CANCEL_THERE = "cancel_there"
    EDIT = "edit"
    REFUND = "refund"
    SHIP_THERE = "ship_there"
    TYPE_IN = "type_in"
    SHIP = "ship"
    CANCEL_HERE = "cancel_here"
    RECEIVE = "receive"
    COUNT = "count"
    TRANSFER = "transfer"
    EXPECT = "expect"
    POLICY = "policy"
    CLERKS = "clerks"
    RESOLVE = "resolve"
    UNDO = "undo"
    LIST = "list"
    DELIST = "delist"
    MOVE = "move"
    RENAME = "rename"
    PAUSE = "pause"
    WEATHER = "weather"
    STORM = "storm"
    CRASH = "crash"
    STALL = "stall"
    JUMP = "jump"
    DOWN = "down"
    FORGET_HOOKS = "forget_hooks"


ODDS: dict[Kind, int] = {
    Kind.BUY: 44,
    Kind.CANCEL_THERE: 6,
    Kind.EDIT: 6,
    Kind.REFUND: 6,
    Kind.SHIP_THERE: 6,
    Kind.TYPE_IN: 4,
    Kind.SHIP: 16,
    Kind.CANCEL_HERE: 4,
    Kind.RECEIVE: 6,
    Kind.COUNT: 4,
    Kind.TRANSFER: 4,
    Kind.EXPECT: 2,
    Kind.POLICY: 2,
    Kind.CLERKS: 3,
    Kind.RESOLVE: 10,
    Kind.UNDO: 2,
    Kind.LIST: 2,
    Kind.DELIST: 1,
    Kind.MOVE: 4,
    Kind.RENAME: 1,
    Kind.PAUSE: 1,
}
"""How often each thing that people do happens, against the others."""

TROUBLES: dict[Kind, int] = {
    Kind.WEATHER: 1,
    Kind.STORM: 3,
    Kind.CRASH: 6,
    Kind.STALL: 1,
    Kind.JUMP: 1,
    Kind.DOWN: 1,
    Kind.FORGET_HOOKS: 1,
}
"""How many of each trouble there are in a schedule with all of them."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens.

    ``number`` is its place in the whole schedule of its seed, and names it for good.
    """

    number: int
    at_seconds: float
    kind: Kind
    draws: tuple[float, ...]

    def choose(self, place: int, among: Sequence[_Chosen]) -> _Chosen:
        """Return one of ``among``, which must not be empty, by a draw."""
        return among[int(self.draws[place] * len(among))]

    def count(self, place: int, least: int, most: int) -> int:
        """Return a number from ``least`` to ``most`` by a draw."""
        return least + int(self.draws[place] * (most - least + 1))


def _draw_moment(randomness: Random, rushes: Sequence[float]) -> float:
    """Return when something happens: mostly when other things happen too."""
    if randomness.random() < RUSH_SHARE:
        return round(randomness.choice(rushes) + randomness.uniform(0, RUSH_SECONDS), 3)
    return round(randomness.uniform(1, SECONDS), 3)


def draw_schedule(
    seed: int, troubles: Sequence[Kind], *, people: int = 48
) -> list[Event]:
    """Return the schedule of a seed, in order of time.

    Args:
        seed: what it is drawn from.
        troubles: which of them there are.
        people: how many things people do.
    """
    randomness = Random(f"schedule {seed}")  # noqa: S311 - to be repeatable
    kinds = randomness.choices(list(ODDS), list(ODDS.values()), k=people)
    # Every trouble is drawn for, wanted or not: the others do not move.
    for kind, count in TROUBLES.items():
        kinds += [kind] * count
    rushes = [randomness.uniform(5, SECONDS - 5) for _ in range(RUSHES)]
    drawn = [
        (
            0.0 if kind is Kind.WEATHER else _draw_moment(randomness, rushes),
            kind,
            tuple(round(randomness.random(), 6) for _ in range(DRAWS)),
        )
        for kind in kinds
    ]
    drawn.sort(key=lambda one: (one[0], one[1], one[2]))
    return [
        Event(number, at_seconds, kind, draws)
        for number, (at_seconds, kind, draws) in enumerate(drawn)
        if kind in ODDS or kind in troubles
    ]
