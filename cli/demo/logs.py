"""Where the demonstration's log goes: into a file of its home, not over the show."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LEVELS = {
    "crossdock": logging.INFO,
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "pgqueuer": logging.WARNING,
    "uvicorn": logging.WARNING,
}


@contextmanager
def write_logs(path: Path) -> Iterator[None]:
    """Send what the hub logs to a file while the block runs."""
    handler = logging.FileHandler(path, encoding="utf-8")
    form = "%(asctime)s %(levelname)s %(name)s %(threadName)s: %(message)s"
    handler.setFormatter(logging.Formatter(form))
    kept = []
    for name, level in _LEVELS.items():
        logger = logging.getLogger(name)
        kept.append((logger, logger.level, logger.propagate))
        logger.addHandler(handler)
        logger.setLevel(level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, level_before, propagate in kept:
            logger.removeHandler(handler)
            logger.setLevel(level_before)
            logger.propagate = propagate
        handler.close()
