"""Work that Shopify does after it answered: the job behind ``orderCancel``.

Nothing runs by itself: the simulator runs what is due whenever somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .books import Books
from .goods import gid


@dataclass(slots=True, eq=False)
class Job:
    """One piece of work, and whether it is done."""

    number: int
    due: datetime
    work: Callable[[], None]
    done: bool = False

    @property
    def gid(self) -> str:
        """The job's global id."""
        return gid("Job", self.number)


class Jobs:
    """The queue of jobs of one shop."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._waiting: list[Job] = []

    def start(self, work: Callable[[], None], *, delay_seconds: float) -> Job:
        """Queue work."""
        due = self._books.clock.now() + timedelta(seconds=delay_seconds)
        job = Job(self._books.number(), due, work)
        self._waiting.append(job)
        self._books.file("Job", job.number, job)
        return job

    def run_due(self) -> None:
        """Do what is due."""
        now = self._books.clock.now()
        due = [job for job in self._waiting if job.due <= now]
        self._waiting = [job for job in self._waiting if job.due > now]
        for job in due:
            job.work()
            job.done = True
            self._books.revision += 1
