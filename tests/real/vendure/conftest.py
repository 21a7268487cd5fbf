"""A hub and a real Vendure server: talked to where there is one, and played back.

``./scripts/real-servers vendure`` installs the server of ``server.js`` and records what
hub and server say; people (shoppers, staff) act on the server meanwhile, unrecorded.
Played back, people have acted; what they saw is kept beside the cassette.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.transport import HttpTransports
from crossdock.connectors.wire import GuardedWire
from crossdock.simulators.clock import VirtualClock
from crossdock.store import figures, fsck, schema, stock
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
REPOSITORY = Path(__file__).resolve().parents[3]
INSTALLED = REPOSITORY / ".build" / "real" / "vendure"
RECORDINGS = REPOSITORY / "tests" / "recordings"
START_SECONDS_MAX = 120
PUBLIC = "http://vendure.example"
"""What the hub calls the server; it stands in the cassette."""
USERNAME, PASSWORD = "superadmin", "canary-of-a-loopback-server"
HEADERS_KEPT = {"accept", "authorization", "content-type", "host"}
TOLD_KEPT = {"content-type", "date", "vendure-auth-token"}


class Door(GuardedWire):
    """Leads what is meant for the server's public name to where it listens."""

    def __init__(self, server: str) -> None:
        super().__init__(NetworkPolicy(allow_private_networks=True))
        self._server = httpx.URL(server)

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


class People:
    """Shoppers and staff of a real server, past the cassette."""

    def __init__(self, server: str) -> None:
        self._client = httpx.Client(base_url=server, headers={"x-people": "yes"})
        self._token = ""

    def close(self) -> None:
        self._client.close()

    def manage(self, document: str, **variables: Any) -> Any:
        """Do something in the dashboard."""
        if not self._token:
            body = {
                "query": "mutation($u:String!,$p:String!)"
                "{login(username:$u,password:$p){__typename}}",
                "variables": {"u": USERNAME, "p": PASSWORD},
            }
            answer = self._client.post("/admin-api", json=body)
            self._token = answer.headers["vendure-auth-token"]
        return self._ask("/admin-api", self._token, document, variables)[0]

    def _ask(
        self, path: str, token: str, document: str, variables: dict[str, Any]
    ) -> tuple[Any, str]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": document, "variables": variables}
        answer = self._client.post(path, json=body, headers=headers)
        told = answer.json()
        assert "errors" not in told, told
        return told["data"], answer.headers.get("vendure-auth-token", token)

    def offer(self, name: str, skus: dict[str, int], price: int) -> dict[str, str]:
        """Put a product on sale; return the ids of its variants by SKU."""
        text = [{"languageCode": "en", "name": name, "slug": name, "description": ""}]
        product = self.manage(
            "mutation($i:CreateProductInput!){createProduct(input:$i){id}}",
            i={"translations": text},
        )["createProduct"]["id"]
        options: list[list[str]] = [[] for _ in skus]
        if len(skus) > 1:
            group = self.manage(
                "mutation($i:CreateProductOptionGroupInput!)"
                "{createProductOptionGroup(input:$i){id options{id}}}",
                i={
                    "code": name,
                    "translations": [{"languageCode": "en", "name": "Colour"}],
                    "options": [
                        {
                            "code": sku,
                            "translations": [{"languageCode": "en", "name": sku}],
                        }
                        for sku in skus
                    ],
                },
            )["createProductOptionGroup"]
            self.manage(
                "mutation($p:ID!,$g:ID!)"
                "{addOptionGroupToProduct(productId:$p,optionGroupId:$g){id}}",
                p=product,
                g=group["id"],
            )
            options = [[option["id"]] for option in group["options"]]
        made = self.manage(
            "mutation($i:[CreateProductVariantInput!]!)"
            "{createProductVariants(input:$i){id sku}}",
            i=[
                {
                    "productId": product,
                    "sku": sku,
                    "price": price,
                    "stockOnHand": units,
                    "optionIds": chosen,
                    "translations": [{"languageCode": "en", "name": f"{name} {sku}"}],
                }
                for (sku, units), chosen in zip(skus.items(), options, strict=True)
            ],
        )
        return {one["sku"]: one["id"] for one in made["createProductVariants"]}

    def fill_cart(self, basket: dict[str, int]) -> Callable[..., Any]:
        """Fill a cart and leave it; return a way to go on with it."""
        token = ""

        def ask(document: str, **variables: Any) -> Any:
            nonlocal token
            data, token = self._ask("/shop-api", token, document, variables)
            return data

        for variant, units in basket.items():
            ask(
                "mutation($v:ID!,$n:Int!)"
                "{addItemToOrder(productVariantId:$v,quantity:$n){__typename}}",
                v=variant,
                n=units,
            )
        return ask

    def buy(self, basket: dict[str, int], *, promise: bool = False) -> str:
        """Buy and pay, or promise to; return the order's id."""
        ask = self.fill_cart(basket)
        ask(
            "mutation($i:CreateCustomerInput!){setCustomerForOrder(input:$i){__typename}}",
            i={
                "firstName": "Zoë",
                "lastName": "Ångström 🫖",
                "emailAddress": f"{min(basket)}.{sum(basket.values())}@example.com",
            },
        )
        ask(
            "mutation($i:CreateAddressInput!)"
            "{setOrderShippingAddress(input:$i){__typename}}",
            i={
                "fullName": "Zoë Ångström 🫖",
                "streetLine1": "Kai 1",
                "city": "Hamburg",
                "postalCode": "20457",
                "countryCode": "DE",
            },
        )
        (way,) = ask("{eligibleShippingMethods{id}}")["eligibleShippingMethods"]
        ask(
            "mutation($m:[ID!]!){setOrderShippingMethod(shippingMethodId:$m){__typename}}",
            m=[way["id"]],
        )
        ask('mutation{transitionOrderToState(state:"ArrangingPayment"){__typename}}')
        (method,) = ask("{eligiblePaymentMethods{code}}")["eligiblePaymentMethods"]
        paid = ask(
            "mutation($i:PaymentInput!)"
            "{addPaymentToOrder(input:$i){__typename ... on Order{id state}}}",
            i={"method": method["code"], "metadata": {"promise": promise}},
        )["addPaymentToOrder"]
        return str(paid["id"])

    def look(self, order_id: str) -> Any:
        """Return an order as the dashboard shows it."""
        return self.manage(
            "query($id:ID!){order(id:$id){state totalWithTax updatedAt orderPlacedAt "
            "lines{id quantity productVariant{sku}} "
            "payments{id state refunds{total reason state}} "
            "fulfillments{id state method trackingCode lines{quantity}}}}",
            id=order_id,
        )["order"]

    def count(self) -> dict[str, list[int]]:
        """Return what of each SKU lies there, what is allocated, and its price."""
        found = self.manage(
            "{productVariants{items{sku price "
            "stockLevels{stockOnHand stockAllocated}}}}"
        )["productVariants"]["items"]
        return {
            one["sku"]: [
                one["stockLevels"][0]["stockOnHand"],
                one["stockLevels"][0]["stockAllocated"],
                one["price"],
            ]
            for one in found
        }


@dataclass
class Story:
    """A hub connected to the server, and what people did and saw there.

    ``people`` are there while it is recorded, and None at a replay.
    """

    hub: Hub
    clock: VirtualClock
    people: People | None
    seen: dict[str, Any] = field(default_factory=dict)
    """What people saw at each step, when it was recorded."""

    def meanwhile(self, step: str, act: Callable[[People], Any]) -> Any:
        """Let people act on the server; return what they saw."""
        if self.people is not None:
            self.seen[step] = json.loads(json.dumps(act(self.people)))
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


def clean_request(request: Any) -> Any:
    """Return a request as it goes into the cassette; what people ask stays out."""
    if "x-people" in {name.lower() for name in request.headers}:
        return None
    request.headers = {
        name.lower(): "Bearer struck-out" if name.lower() == "authorization" else text
        for name, text in request.headers.items()
        if name.lower() in HEADERS_KEPT
    }
    request.uri = re.sub(r"^https?://[^/]+", PUBLIC, request.uri)
    request.body = (request.body or b"").replace(PASSWORD.encode(), b"struck-out")
    return request


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response as it goes into the cassette: without the session's token."""
    response["headers"] = {
        name.lower(): ["struck-out"] if name.lower() == "vendure-auth-token" else told
        for name, told in response["headers"].items()
        if name.lower() in TOLD_KEPT
    }
    return response


@contextmanager
def open_hub(folder: Path, clock: VirtualClock, server: str = "") -> Iterator[Hub]:
    """Open a hub with a database of its own; without a server it plays back."""
    chance = random.Random(7)
    transports = HttpTransports(
        clock=clock,
        randomness=chance,
        network=NetworkPolicy(allow_private_networks=True),
        wire=(lambda: Door(server)) if server else None,
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


@contextmanager
def run_server(folder: Path) -> Iterator[str]:
    """Start a server with an empty database; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    shutil.copy(Path(__file__).with_name("server.js"), INSTALLED)
    with (folder / "server.log").open("w+") as log:
        process = subprocess.Popen(
            ["node", "server.js", str(port), str(folder / "vendure.sqlite")],
            cwd=INSTALLED,
            env={**os.environ, "PASSWORD": PASSWORD},
            stdout=log,
            stderr=log,
        )
        try:
            wait_for_server(process, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def wait_for_server(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while "ready" not in log.read_text(encoding="utf-8"):
        told = log.read_text(encoding="utf-8")
        assert process.poll() is None, f"the server gave up:\n{told}"
        assert time.monotonic() < deadline, f"the server did not start:\n{told}"
        time.sleep(0.2)


def require_server() -> None:
    """Skip where no server is wanted, or none can be started."""
    if os.environ.get(REAL) != "vendure":
        pytest.skip("./scripts/real-servers vendure runs this with a real server")
    if shutil.which("node") is None or not (INSTALLED / "node_modules").is_dir():
        pytest.skip("needs Node, and ./scripts/real-servers vendure to install it")


@contextmanager
def tell_from_cassette(folder: Path, name: str) -> Iterator[Story]:
    """Tell a story as it was recorded."""
    text = (RECORDINGS / f"{name}.understood.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    clock = VirtualClock(datetime.fromisoformat(kept["started_at"]))
    recorder = make_recorder("none")
    with (
        recorder.use_cassette(str(RECORDINGS / f"{name}.yaml")),
        open_hub(folder, clock) as hub,
    ):
        yield Story(hub, clock, None, kept["seen"])


@contextmanager
def tell_with_server(folder: Path, name: str) -> Iterator[Story]:
    """Tell a story with a server, and keep it where that is asked for."""
    require_server()
    home = RECORDINGS if os.environ.get(RECORD) else folder
    (home / f"{name}.yaml").unlink(missing_ok=True)
    began = datetime.now(UTC).replace(microsecond=0)
    clock = VirtualClock(began)
    recorder = make_recorder("all")
    with (
        run_server(folder) as server,
        recorder.use_cassette(str(home / f"{name}.yaml")),
        closing(People(server)) as people,
        open_hub(folder, clock, server) as hub,
    ):
        story = Story(hub, clock, people)
        yield story
    kept = {"started_at": began.isoformat(), "seen": story.seen}
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    (home / f"{name}.understood.json").write_text(text + "\n", encoding="utf-8")


def make_recorder(mode: str) -> vcr.VCR:
    return vcr.VCR(
        match_on=("method", "uri", "body", "headers"),
        before_record_request=clean_request,
        before_record_response=clean_response,
        record_mode=mode,
    )


@pytest.fixture(scope="module", params=["with a server", "from the cassette"])
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """A hub and a server that have not met yet; both ways of telling, in turn."""
    folder = tmp_path_factory.mktemp("vendure")
    tell = tell_with_server if "server" in request.param else tell_from_cassette
    with tell(folder, "vendure") as begun:
        yield begun
