"""What a process has used so far: processor time and memory. Not what others use."""

from __future__ import annotations

import resource
import sys


def read_processor_seconds() -> float:
    """Return the processor time that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_peak_memory_mb() -> float:
    """Return the most memory that this process has held, in mebibytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes elsewhere
    return peak * unit / 2**20
