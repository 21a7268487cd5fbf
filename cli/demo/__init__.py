"""``crossdock demo``: the hub between two simulated shops, judged by their books.

Real loopback HTTP, real time, real threads; only the shops are simulated. The command
is in ``command``; with the simulators it needs packages that the product does not, so
those are imported when it runs.
"""

from __future__ import annotations

from .command import demo

__all__ = ["demo"]
