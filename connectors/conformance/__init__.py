"""The conformance suite: every promise of the SDK, as a check that a connector passes.

Ships with the product, for whoever writes a connector, and is not imported by the hub.
A connector adopts it in ten lines of pytest (``docs/connectors/writing.md``).
"""

from .bench import NonconformityError
from .case import (
    ConformanceCase,
    SampleLine,
    SampleOrder,
    SignedDelivery,
    SimulatedChannel,
)
from .suite import CHECKS, Check, verify

__all__ = [
    "CHECKS",
    "Check",
    "ConformanceCase",
    "NonconformityError",
    "SampleLine",
    "SampleOrder",
    "SignedDelivery",
    "SimulatedChannel",
    "verify",
]
