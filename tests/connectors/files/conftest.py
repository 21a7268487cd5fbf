"""A simulated shop that exchanges files, and a connector to its folder."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.connectors.conformance.bench import MemoryCredentials
from crossdock.connectors.files import plugin
from crossdock.connectors.files.connector import FilesConnector
from crossdock.connectors.sdk import Context
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import NO_FAULTS, Faults
from crossdock.simulators.files import FilesShop, NewProduct
from crossdock.simulators.files.dropping import write
from crossdock.simulators.world import World

HEADER = "order,sku,quantity,price,status"


@dataclass
class Stand:
    """A folder with a shop at its other end."""

    clock: VirtualClock
    folder: Path
    shop: FilesShop
    settings: Mapping[str, Any]

    def connect(self, **changes: Any) -> FilesConnector:
        settings = plugin.settings.model_validate(
            {"location": str(self.folder), **self.settings, **changes}
        )
        transports = HttpTransports(
            clock=self.clock,
            randomness=random.Random(7),
            network=NetworkPolicy(allow_private_networks=True),
        )
        context = Context(self.clock, transports, MemoryCredentials())
        made = plugin.connect(settings, context)
        assert isinstance(made, FilesConnector)
        return made

    def drop(
        self, name: str, *lines: str, place: str = "orders", at: datetime | None = None
    ) -> Path:
        """Put a file there, of the time that it is now unless another is given."""
        path = self.folder / place / name
        write(path, "\n".join([*lines, ""]).encode(), at or self.clock.now())
        return path


@pytest.fixture
def open_folder(tmp_path: Path) -> Callable[..., Stand]:
    """Open a shop with three products in an empty folder."""

    def build(seed: int = 7, faults: Faults = NO_FAULTS, **settings: Any) -> Stand:
        clock = VirtualClock()
        world = World(clock, seed=seed)
        folder = tmp_path / "exchange"
        shop = FilesShop("files", world=world, folder=folder, seed=seed, faults=faults)
        for sku in ("RETRO-CLOCK", "BRASS-LAMP", "OAK-STOOL"):
            shop.add_product(NewProduct(sku.title(), Decimal(10), sku, 2000))
        clock.advance(60)
        return Stand(clock, folder, shop, settings)

    return build


@pytest.fixture
def stand(open_folder: Callable[..., Stand]) -> Stand:
    """A folder with ordinary settings."""
    return open_folder()
