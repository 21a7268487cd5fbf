"""What there is to see of a demonstration: acts write it, views read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

from ...config.settings import HubSettings
from ...sync.hub import Hub
from .figures import Figures
from .people import Street
from .stage import Stage


@dataclass(frozen=True, slots=True)
class Programme:
    """What is to be shown."""

    orders: int = 300
    seed: int = 7
    faults: str = "none"
    database_url: str = ""
    """An empty database; the empty text is a file of the demonstration's own."""
    kinds: tuple[str, ...] = ()
    """Which stalls are opened beside Shopify and WooCommerce."""


@dataclass(slots=True)
class Scene:
    """What can be seen at any moment, from any thread."""

    programme: Programme
    stage: Stage
    hub: Hub
    settings: HubSettings
    urls: dict[str, str]
    """Of the shops, by channel; or the folder of one that speaks no HTTP."""
    started_seconds: float
    street: Street = field(default_factory=Street)
    act: str = "opening"
    overdrawn_peak: int = 0
    figures: Figures | None = None
    interrupted: Event = field(default_factory=Event)
    """Set when nobody wants to see the end."""

    @property
    def seconds(self) -> float:
        """How long the demonstration has run."""
        return self.hub.clock.monotonic_seconds() - self.started_seconds
