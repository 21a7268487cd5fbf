"""A hub and a real server: talked to where there is one, and played back.

``./scripts/real-servers KIND`` installs a kind's server and records what hub and server
say; people (shoppers, staff) act on the server meanwhile, unrecorded. Played back,
people have acted; what they saw is kept beside the cassette. How a server is started
and asked is in the folder of its kind, which tells it with the fixture ``server``.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import vcr
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.connectors.wire import GuardedWire
from crossdock.simulators.clock import VirtualClock
from crossdock.store import figures, fsck, schema, stock
from crossdock.store.conflicts import load_many
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import MarkKind
from crossdock.store.tables import orders as order_rows
from crossdock.store.vault import Vault
from crossdock.sync.hub import Hub, Tuning
from crossdock.sync.schedule import tick
from crossdock.sync.worker import run_due
from sqlalchemy import select

REAL = "CROSSDOCK_REAL_SERVERS"
"""Names the kind whose server is to be started; set by scripts/real-servers."""
RECORD = "CROSSDOCK_RECORD"
"""Set where a new cassette is to be kept."""
REPOSITORY = Path(__file__).resolve().parents[2]
RECORDINGS = REPOSITORY / "tests" / "recordings"
HEADERS_KEPT = {"accept", "authorization", "content-type", "host"}


class RealServer(Protocol):
    """What differs between the servers: how each is run, asked, and kept."""

    kind: str
    cassette: str
    """The name of its cassette, and of what people saw."""
    public: str
    """What the hub calls the server; it stands in the cassette."""
    scheme: str
    """How the hub's requests are authorized."""
    password: str
    """Of the server's staff; it stays out of the cassette."""
    told_kept: frozenset[str]
    """The headers of its answers that go into the cassette."""

    def run(self, installed: Path, folder: Path) -> AbstractContextManager[str]:
        """Run a fresh server with what is installed; yield its address."""
        ...

    def greet(self, address: str) -> Any:
        """Return people at the server, past the cassette; they can be closed."""
        ...

    def clean_response(self, response: dict[str, Any]) -> None:
        """Take out of a response what does not belong into a cassette."""
        ...

    def clean_sight(self, sight: Any) -> Any:
        """Return what people saw as it is kept."""
        ...


class Door(GuardedWire):
    """Leads what is meant for the server's public name to where it listens."""

    def __init__(self, address: str) -> None:
        super().__init__(NetworkPolicy(allow_private_networks=True))
        self._server = httpx.URL(address)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange a request with the server on loopback."""
        url = request.url.copy_with(host=self._server.host, port=self._server.port)
        return super().handle_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


@dataclass
class Story:
    """A hub connected to the server, and what people did and saw there.

    ``people`` are there while it is recorded, and None at a replay.
    """

    hub: Hub
    clock: VirtualClock
    server: RealServer
    people: Any = None
    seen: dict[str, Any] = field(default_factory=dict)
    """What people saw at each step, when it was recorded."""

    def meanwhile(self, step: str, act: Callable[[Any], Any]) -> Any:
        """Let people act on the server; return what they saw."""
        if self.people is not None:
            sight = json.loads(json.dumps(act(self.people)))
            self.seen[step] = self.server.clean_sight(sight)
        return self.seen[step]

    def work(self, seconds: int = 60) -> None:
        """Let the hub pull and work for so long."""
        for _ in range(2):
            tick(self.hub, MarkKind.PULL, 0.001)
            run_due(self.hub, "test")
            self.clock.advance(seconds / 2)

    def count(self, sku: str) -> tuple[int, int]:
        """Return how many are on hand and allocated, by the hub's books."""
        with self.hub.store.reading() as connection:
            found = stock.load_positions(connection, [sku])
            assert fsck.check(connection) == []
        (counts,) = found.values()
        return counts.on_hand, counts.allocated

    def order(self, external_id: str) -> dict[str, Any]:
        """Return an order's row at the hub."""
        with self.hub.store.reading() as connection:
            wanted = order_rows.c.external_id == external_id
            found = connection.scalar(select(order_rows.c.id).where(wanted))
            assert found is not None, f"the hub does not know order {external_id}"
            return figures.get_order(connection, found)

    def orders(self) -> list[str]:
        """Return the orders that the hub knows, by the server's ids."""
        with self.hub.store.reading() as connection:
            query = select(order_rows.c.external_id).order_by(order_rows.c.external_id)
            return list(connection.scalars(query))

    def list_open(self) -> list[Any]:
        """Return the open conflicts."""
        with self.hub.store.reading() as connection:
            return list(load_many(connection))


def make_recorder(server: RealServer, mode: str) -> vcr.VCR:
    """Return a recorder that keeps only what belongs into the cassette."""

    def clean_request(request: Any) -> Any:
        if "x-people" in {name.lower() for name in request.headers}:
            return None
        struck = f"{server.scheme} struck-out"
        request.headers = {
            name.lower(): struck if name.lower() == "authorization" else text
            for name, text in request.headers.items()
            if name.lower() in HEADERS_KEPT
        }
        request.uri = re.sub(r"^https?://[^/]+", server.public, request.uri)
        if request.body:
            secret = server.password.encode()
            request.body = request.body.replace(secret, b"struck-out")
        return request

    def clean_response(response: dict[str, Any]) -> dict[str, Any]:
        response["headers"] = {
            name.lower(): told
            for name, told in response["headers"].items()
            if name.lower() in server.told_kept
        }
        server.clean_response(response)
        return response

    return vcr.VCR(
        match_on=("method", "uri", "body", "headers"),
        before_record_request=clean_request,
        before_record_response=clean_response,
        record_mode=mode,
    )


@contextmanager
def open_hub(folder: Path, clock: VirtualClock, address: str = "") -> Iterator[Hub]:
    """Open a hub with a database of its own; without an address it plays back."""
    chance = random.Random(7)
    transports = HttpTransports(
        clock=clock,
        randomness=chance,
        network=NetworkPolicy(allow_private_networks=True),
        wire=(lambda: Door(address)) if address else None,
    )
    store = Store(f"sqlite:///{folder / 'crossdock.sqlite3'}")
    with closing(transports), closing(store):
        schema.upgrade(store)
        yield Hub(
            store,
            Vault(Vault.generate_key()),
            clock,
            IdSource(clock, chance),
            transports,
            find_plugin,
            lambda: f"hook-{chance.getrandbits(64):016x}",
            Tuning(),
        )


def require_installed(kind: str) -> Path:
    """Return where a server is installed; skip where it is not wanted or missing."""
    if os.environ.get(REAL) != kind:
        pytest.skip(f"./scripts/real-servers {kind} runs this with a real server")
    installed = REPOSITORY / ".build" / "real" / kind
    if shutil.which("node") is None or not (installed / "node_modules").is_dir():
        pytest.skip(f"needs Node, and ./scripts/real-servers {kind} to install it")
    return installed


@contextmanager
def tell_from_cassette(server: RealServer, folder: Path) -> Iterator[Story]:
    """Tell a story as it was recorded."""
    name = server.cassette
    text = (RECORDINGS / f"{name}.understood.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    clock = VirtualClock(datetime.fromisoformat(kept["started_at"]))
    recorder = make_recorder(server, "none")
    with (
        recorder.use_cassette(str(RECORDINGS / f"{name}.yaml")),
        open_hub(folder, clock) as hub,
    ):
        yield Story(hub, clock, server, seen=kept["seen"])


@contextmanager
def tell_with_server(server: RealServer, folder: Path) -> Iterator[Story]:
    """Tell a story with a server, and keep it where that is asked for."""
    installed = require_installed(server.kind)
    home, name = RECORDINGS if os.environ.get(RECORD) else folder, server.cassette
    (home / f"{name}.yaml").unlink(missing_ok=True)
    began = datetime.now(UTC).replace(microsecond=0)
    clock = VirtualClock(began)
    recorder = make_recorder(server, "all")
    with (
        server.run(installed, folder) as address,
        recorder.use_cassette(str(home / f"{name}.yaml")),
        closing(server.greet(address)) as people,
        open_hub(folder, clock, address) as hub,
    ):
        story = Story(hub, clock, server, people)
        yield story
    kept = {"started_at": began.isoformat(), "seen": story.seen}
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (home / f"{name}.understood.json").write_text(text + "\n", encoding="utf-8")


@pytest.fixture(scope="module", params=["with a server", "from the cassette"])
def story(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    server: RealServer,
) -> Iterator[Story]:
    """A hub and a server that have not met yet; both ways of telling, in turn."""
    folder = tmp_path_factory.mktemp(server.kind)
    tell = tell_with_server if "server" in request.param else tell_from_cassette
    with tell(server, folder) as begun:
        yield begun
