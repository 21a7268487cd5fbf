"""A terminal in a folder of its own, and a simulated shop behind a loopback port."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.main import app
from crossdock.connectors import transport
from crossdock.simulators.clock import WallClock
from crossdock.simulators.serve import Server
from crossdock.simulators.woocommerce import WooCommerceShop
from crossdock.simulators.woocommerce.catalogue import NewProduct
from crossdock.simulators.world import World
from typer.testing import CliRunner


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON: it has to be one document and nothing else."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Terminal:
    """Runs commands in this process, as a person in ``home`` would."""

    home: Path

    def __call__(self, *words: str, answers: str = "") -> Said:
        result = CliRunner(env={"COLUMNS": "110"}).invoke(
            app, list(words), input=answers
        )
        return Said(result.exit_code, result.stdout, result.stderr)

    def add_shop(self, url: str, *words: str, name: str = "shop") -> Said:
        return self(
            *("channels", "add", "woocommerce", "--name", name),
            *("--set", f"shop_url={url}", "--set", "consumer_key=ck_simulated"),
            *("--set", "consumer_secret=cs_simulated", *words),
        )


@dataclass(frozen=True)
class Market:
    """A simulated shop, its books and its address."""

    world: World
    shop: WooCommerceShop
    url: str

    def offer(self, sku: str, stock: int = 10) -> str:
        """Put a product on sale, and as many of it into the warehouse."""
        self.world.receive(sku, stock)
        product = NewProduct(
            name=f"Fine {sku}", price=Decimal("9.90"), sku=sku, stock=stock
        )
        return self.shop.add_product(product)

    def offer_nameless(self) -> str:
        """Put a product on sale that sells TEA and carries no SKU."""
        product = NewProduct(
            name="Nameless tea", price=Decimal("9.90"), stock=10, sells={"TEA": 1}
        )
        return self.shop.add_product(product)

    def buy(self, listing: str, quantity: int = 1) -> str:
        """Let a shopper buy; return the order's number."""
        order = self.world.buy("shop", listing, quantity, "ann")
        assert order is not None
        return order


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which commands run, with nothing set from outside."""
    for name in os.environ:
        if name.startswith("CROSSDOCK_") and not name.startswith("CROSSDOCK_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CROSSDOCK_HOME", str(tmp_path))
    monkeypatch.setenv("CROSSDOCK_NETWORK__ALLOW_PRIVATE", "true")
    monkeypatch.setattr(transport, "ATTEMPTS_MAX", 1)  # no test waits for repetitions
    monkeypatch.setenv("LOGNAME", "pat")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def terminal(home: Path) -> Terminal:
    return Terminal(home)


@pytest.fixture(scope="session")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``crossdock init`` has run, to be copied and not to be used."""
    folder = tmp_path_factory.mktemp("hub")
    result = CliRunner(env={"CROSSDOCK_HOME": str(folder)}).invoke(
        app, ["--config", str(folder / "crossdock.toml"), "init"]
    )
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def hub(terminal: Terminal, set_up_once: Path) -> Terminal:
    """A terminal in a folder that ``crossdock init`` has set up."""
    shutil.copytree(set_up_once, terminal.home, dirs_exist_ok=True)
    return terminal


@pytest.fixture
def market() -> Iterator[Market]:
    """A shop that sells nothing yet, on loopback HTTP."""
    world = World(WallClock(), seed=7)
    shop = WooCommerceShop("shop", world=world)
    with Server(shop) as server:
        shop.state.site_url = server.url
        yield Market(world, shop, server.url)


@pytest.fixture
def connected(hub: Terminal, market: Market) -> Terminal:
    """A terminal whose hub is connected to the market's shop, which sells TEA.

    Orders of today count: a shop tells whole seconds, so that an order in the second of
    the connection would else be history.
    """
    market.offer("TEA")
    assert (
        hub.add_shop(market.url, "--since", f"{datetime.now(UTC):%Y-%m-%d}").code == 0
    )
    return hub


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
