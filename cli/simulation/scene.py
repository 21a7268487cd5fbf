"""What everybody in a simulation shares: the town, who did what, and the trace of it.

State only; the doing is in the modules beside this one.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from ...simulators.faults import NO_FAULTS, Faults
from ...sync.hub import Hub
from .customs import Customs
from .invariants import Invariant, find_invariant
from .shops import Shop
from .town import Town, Worker
from .watch import Watch

LOGGER = "crossdock"


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that did not hold: which, for what, when and after which event."""

    invariant: Invariant
    rule: str
    subject: str
    message: str
    at_seconds: float = 0.0
    event: int | None = None


class Trace:
    """Everything that happened, as lines, and their hash."""

    def __init__(self, *, keep: bool) -> None:
        self._hash = hashlib.blake2b(digest_size=12)
        self._keep = keep
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        """Add a line."""
        self._hash.update(f"{line}\n".encode())
        if self._keep:
            self.lines.append(line)

    @property
    def digest(self) -> str:
        """The hash of all lines so far."""
        return self._hash.hexdigest()


class Listener(logging.Handler):
    """Hears everything that the hub logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []
        self.unexpected: list[str] = []
        """Errors that no journey expected."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what was said."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            text = f"{text} {type(error).__name__}: {error}"
            if record.levelno >= logging.ERROR:
                self.unexpected.append(_describe(record, text))
        self.said.append(text)

    def take_unexpected(self) -> list[str]:
        """Return the unexpected errors since the last call."""
        taken, self.unexpected = self.unexpected, []
        return taken


def _describe(record: logging.LogRecord, text: str) -> str:
    traceback = record.exc_info[2] if record.exc_info else None
    place = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "crossdock" in code.co_filename or "/sync/" in code.co_filename:
            place = f"{code.co_name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return f"{text} (at {place})"


@dataclass(slots=True)
class Scene:
    """One simulation while it runs."""

    seed: int
    customs: Customs
    town: Town
    trace: Trace
    listener: Listener
    randomness: Random
    """For the order of things that nobody decides: whose lane comes first."""
    worker: Worker
    bought: list[tuple[str, str]] = field(default_factory=list)
    """Channel and order, in the order of purchase."""
    shipped_there: set[tuple[str, str]] = field(default_factory=set)
    shipped_here: set[tuple[str, str]] = field(default_factory=set)
    resolved: list[int] = field(default_factory=list)
    """Conflicts that staff settled."""
    weather: Faults = NO_FAULTS
    storms: dict[str, tuple[float, Faults]] = field(default_factory=dict)
    """By shop: until which second, and what."""
    paused: dict[str, float] = field(default_factory=dict)
    """By channel: until which second."""
    down_until_seconds: float = 0.0
    disturbed: set[str] = field(default_factory=set)
    """SKUs of which somebody, and not chance, made the figures wrong: units turned out
    to be missing, a merchant typed over a quantity, a listing was out of the hub's
    hands."""
    meanwhile: Callable[[], None] | None = None
    """What somebody does at the next step of what somebody else is doing."""
    stall_in: int | None = None
    """Steps until a worker falls asleep for longer than its lease."""
    violations: list[Violation] = field(default_factory=list)
    orders_lost: int = 0
    orders_duplicated: int = 0
    oversold_by_hub: int = 0
    event: int | None = None
    """The latest event."""
    checked: tuple[str, int] = ("", 0)
    """Process and number of its latest transaction that the checkers have seen."""
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self.watch = Watch(self.report)

    @property
    def hub(self) -> Hub:
        """The hub that is alive at present."""
        return self.worker.hub

    @property
    def shops(self) -> Sequence[Shop]:
        """All shops, in the order of their opening."""
        return tuple(self.town.shops.values())

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.town.clock.monotonic_seconds()

    def disturb(self, skus: Iterable[str]) -> None:
        """Note that SKUs may be oversold for other reasons than a race."""
        self.disturbed.update(skus)

    def report(self, rule: str, subject: str, message: str) -> None:
        """Note that a promise did not hold."""
        invariant = find_invariant(rule)
        at_seconds = round(self.seconds, 3)
        self.violations.append(
            Violation(invariant, rule, subject, message, at_seconds, self.event)
        )
