"""The other kinds of the demonstration: a small stall on each marketplace and server.

Every stall lists the same few goods, so that each of their SKUs is for sale everywhere
at once. How a stall is opened, filled, connected and read is in the modules
``stalls_*``; here is what they have in common, and how the hub hurries with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Protocol

from ...connectors.registry import BUILT_IN_KINDS
from ...connectors.sdk import Plugin
from ...simulators.faults import FaultInjector
from ...simulators.world import World
from .goods import EVERGREEN, Good
from .stalls_at_hand import FilesStall, SquareStall
from .stalls_marketplaces import AmazonStall, EbayStall, EtsyStall
from .stalls_servers import BigCommerceStall, MedusaStall, VendureStall

WATCHED = "SCALE-BREW"
"""The SKU that is shown at the end, as every channel shows it."""
GOODS = frozenset(
    {
        EVERGREEN,
        WATCHED,
        "CADDY-TIN",
        "DRIPPER-V60",
        "HONEY-HEATH",
        "RARE-GEISHA",
        "SPOON-TEA",
        "STRAINER-FINE",
        "SUGAR-CANDY",
        "TEAPOT-GLASS",
    }
)
"""What every stall sells; only one of it is a thing of which there are few."""
_SECONDS_MAX = 2
"""How long a simulated channel takes at most to show what it was told."""


class StallShop(Protocol):
    """What a simulated shop of any kind has."""

    @property
    def channel(self) -> str:
        """The name under which the world's books know it."""
        ...

    @property
    def lock(self) -> RLock:
        """Held while its rows are read."""
        ...

    @property
    def faults(self) -> FaultInjector:
        """What goes wrong there."""
        ...

    def shown(self, listing: str, /) -> int | None:
        """Return how many of a listing shoppers may buy now."""
        ...


class Stall(Protocol):
    """One kind's part in the demonstration."""

    title: ClassVar[str]

    def __init__(self, world: World, seed: int, folder: Path) -> None: ...

    @property
    def shop(self) -> StallShop:
        """The shop itself."""
        ...

    def sell(self, good: Good, units: int) -> str:
        """Put a good on sale, that many of it; return its listing."""
        ...

    def fill_in(self, url: str) -> Mapping[str, Any]:
        """Return what a merchant enters to connect the shop that answers at ``url``."""
        ...

    def list_tracking(self) -> list[str]:
        """Return the tracking number of every parcel in the shop's books."""
        ...


STALLS: Mapping[str, type[Stall]] = {
    "amazon": AmazonStall,
    "bigcommerce": BigCommerceStall,
    "ebay": EbayStall,
    "etsy": EtsyStall,
    "files": FilesStall,
    "medusa": MedusaStall,
    "square": SquareStall,
    "vendure": VendureStall,
}
"""By kind. Shopify and WooCommerce are no stalls: they carry the whole range."""


def name_kinds() -> tuple[str, ...]:
    """Return the built-in kinds that have a stall here."""
    return tuple(kind for kind in BUILT_IN_KINDS if kind in STALLS)


def is_everywhere(good: Good) -> bool:
    """Say whether every stall sells it."""
    return good.sku in GOODS


def hasten(find_plugin: Callable[[str], Plugin]) -> Callable[[str], Plugin]:
    """Return a way to find plugins whose traits are those of a simulated channel.

    Amazon's own would let a demonstration wait for minutes: it is asked for orders
    every third minute, and shows a quantity five minutes after it was written. What is
    simulated here shows it at once, and the stalls' settings say so to the simulators.
    """

    def find(kind: str) -> Plugin:
        plugin = find_plugin(kind)
        if kind not in STALLS:
            return plugin
        told = plugin.traits
        quick = replace(
            told,
            pull_pause_seconds=0,
            settle_seconds=min(told.settle_seconds, _SECONDS_MAX),
            visibility_lag_seconds=min(told.visibility_lag_seconds, _SECONDS_MAX),
        )
        return replace(plugin, traits=quick)

    return find
