"""Recorded conversations between a connector and its channel, kept and replayed.

vcrpy keeps them as cassettes beside this file. Played back, the connector has the hub's
own transport under it, down to where a socket would be opened: vcrpy steps in there.
``./scripts/record`` holds the conversations anew, with simulated shops over HTTP.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
import vcr
from crossdock.connectors.conformance.bench import MemoryCredentials
from crossdock.connectors.registry import find_plugin
from crossdock.connectors.sdk import Context, Plugin
from crossdock.connectors.transport import HttpTransports, NetworkPolicy
from crossdock.connectors.wire import GuardedWire
from crossdock.simulators import shopify, woocommerce
from crossdock.simulators.base import Simulator
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.faults import Faults
from crossdock.simulators.serve import Server
from crossdock.simulators.world import World
from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from vcr.cassette import Cassette
from vcr.errors import CannotOverwriteExistingCassetteException

FOLDER = Path(__file__).resolve().parent
RECORD = "CROSSDOCK_RECORD"
"""Set by scripts/record: hold the conversations instead of replaying them."""
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECRET = "canary"
"""Part of every credential here, so that a test can look for it in what is kept."""
HEADERS_KEPT = frozenset(
    {"accept", "authorization", "content-type", "x-shopify-access-token"}
)
"""Headers of requests that a channel acts upon; the others say who asks, and when."""
FLEETING = frozenset(
    {"oauth_consumer_key", "oauth_nonce", "oauth_signature", "oauth_timestamp"}
)
"""Query arguments that are secret, or another each time a request is signed."""
NO_WEBHOOKS = Faults(webhook_loss=1.0)
"""The shops post nothing: a cassette holds what the connector asks, and not more."""

ANEW = "If that is meant, run ./scripts/record and look at the difference it makes."


@dataclass(frozen=True)
class Place:
    """A shop to talk to: how it is reached, and how it is opened for a recording."""

    kind: str
    settings: dict[str, Any]
    open: Callable[[VirtualClock], Any]


def open_woocommerce(clock: VirtualClock, *, native: bool) -> Any:
    """Open a shop in Tokyo with a simple product and one with variations."""
    shop = woocommerce.WooCommerceShop(
        "woo",
        world=World(clock, seed=7),
        faults=NO_WEBHOOKS,
        settings=woocommerce.ShopSettings(
            consumer_key=f"ck_{SECRET}",
            consumer_secret=f"cs_{SECRET}",
            time_zone="Asia/Tokyo",
            native_fulfillments=native,
        ),
    )
    shop.add_product(
        woocommerce.NewProduct(
            name="Retro clock", price=Decimal("19.99"), sku="RETRO-CLOCK", stock=10
        )
    )
    colours = [
        woocommerce.NewVariation(
            options={"Colour": colour},
            price=Decimal("7.77"),
            sku=f"SQUEAKY-TEAPOT-{colour.upper()}",
            stock=20,
        )
        for colour in ("Mauve", "Chartreuse")
    ]
    shop.add_variable_product("Squeaky teapot", colours, sku="SQUEAKY-TEAPOT")
    return shop


def open_shopify(clock: VirtualClock) -> Any:
    """Open a shop in Berlin with a plain product and one with variants."""
    shop = shopify.ShopifyShop(
        "shopify",
        world=World(clock, seed=7),
        faults=NO_WEBHOOKS,
        settings=shopify.ShopSettings(
            currency="EUR",
            time_zone="Europe/Berlin",
            client_id=f"client-{SECRET}",
            client_secret=f"shpss_{SECRET}",
        ),
    )
    shop.add_variant(shop.add_product("Retro clock"), "RETRO-CLOCK", price_minor=1999)
    teapot = shop.add_product("Squeaky teapot")
    for colour in ("Mauve", "Chartreuse"):
        sku = f"SQUEAKY-TEAPOT-{colour.upper()}"
        shop.add_variant(teapot, sku, title=colour, price_minor=777, stock=(20,))
    return shop


def woocommerce_at(shop_url: str, *, native: bool) -> Place:
    """Return a WooCommerce shop at an address, whose scheme decides how to sign."""
    settings = {
        "shop_url": shop_url,
        "consumer_key": f"ck_{SECRET}",
        "consumer_secret": f"cs_{SECRET}",
    }
    return Place(
        "woocommerce", settings, lambda clock: open_woocommerce(clock, native=native)
    )


PLACES = {
    "woocommerce-https": woocommerce_at("https://woo.example", native=True),
    "woocommerce-http": woocommerce_at("http://woo.example", native=False),
    "shopify": Place(
        "shopify",
        {
            "shop": "simulated.myshopify.com",
            "client_id": f"client-{SECRET}",
            "client_secret": f"shpss_{SECRET}",
        },
        open_shopify,
    ),
}


# -- a conversation --------------------------------------------------------------------


class Attentive:
    """A connector that remembers which of its methods were called."""

    def __init__(self, connector: Any) -> None:
        self._connector = connector
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self._connector, name)


@dataclass
class Talk:
    """One conversation: who talks, on which clock, and what the connector made of it.

    ``shop`` is there while the conversation is recorded, and None at a replay.
    """

    plugin: Plugin
    connector: Any
    clock: VirtualClock
    shop: Any = None
    understood: list[dict[str, Any]] = field(default_factory=list)
    understood_then: list[dict[str, Any]] = field(default_factory=list)
    """What was made of the same answers when they were recorded."""

    def meanwhile(self, act: Callable[[Any], object]) -> None:
        """Let people do something in the shop; at a replay they have done it."""
        if self.shop is not None:
            act(self.shop)

    def note(self, step: str, result: Any) -> None:
        """Keep what the connector made of an answer."""
        self.understood.append({"step": step, "result": _tell(result)})


def _tell(result: Any) -> Any:
    """Return a result as JSON: models without what is as it is by default."""
    if isinstance(result, list | tuple):
        return [_tell(each) for each in result]
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json", exclude_defaults=True)
    return to_jsonable_python(result, exclude_none=True)


class FrontDoor(GuardedWire):
    """The web server in front of a shop: ends TLS, and passes requests on to loopback.

    What it was asked for stays in the headers, as behind any proxy; ``clean_request``
    reads it there.
    """

    def __init__(self, server_url: str) -> None:
        super().__init__(NetworkPolicy(allow_private_networks=True))
        self._server = httpx.URL(server_url)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange a request for an address of the shop with the server behind."""
        inside = request.url.copy_with(
            scheme="http", host=self._server.host, port=self._server.port
        )
        proxied = {"x-forwarded-proto": request.url.scheme}
        return super().handle_request(
            httpx.Request(
                request.method,
                inside,
                headers={**request.headers, **proxied},
                stream=request.stream,
                extensions=request.extensions,
            )
        )


@contextmanager
def talking(
    place: Place, clock: VirtualClock, server_url: str = "", shop: Any = None
) -> Iterator[Talk]:
    """Connect to a shop: over a server on loopback, or by the hub's own wire."""
    plugin = find_plugin(place.kind)
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(7),
        network=NetworkPolicy(allow_private_networks=True),
        wire=(lambda: FrontDoor(server_url)) if server_url else None,
    )
    context = Context(clock, transports, MemoryCredentials())
    settings = plugin.settings.model_validate(place.settings)
    with closing(transports):
        yield Talk(plugin, Attentive(plugin.connect(settings, context)), clock, shop)


# -- cassettes -------------------------------------------------------------------------


def clean_request(request: Any) -> Any:
    """Return a request as it goes into a cassette, and as it is compared with one.

    Credentials are struck out, and so is what differs each time: nonces, the signatures
    over them, stamps, and the port of the loopback server. What kind of credential was
    shown stays.
    """
    parts = urlsplit(request.uri)
    scheme = request.headers.get("x-forwarded-proto", parts.scheme)
    host = request.headers.get("host", parts.netloc)
    query = [
        (name, "struck-out" if name in FLEETING else text)
        for name, text in parse_qsl(parts.query, keep_blank_values=True)
    ]
    query_text = f"?{urlencode(query)}" if query else ""
    request.uri = f"{scheme}://{host}{parts.path}{query_text}"
    request.headers = {
        name.lower(): _strike_out(name, text)
        for name, text in request.headers.items()
        if name.lower() in HEADERS_KEPT
    }
    request.body = _clean_body(request.body or b"")
    return request


def _strike_out(name: str, text: str) -> str:
    if name.lower() == "authorization":
        return f"{text.partition(' ')[0]} struck-out"
    return "struck-out" if name.lower() == "x-shopify-access-token" else text


_SECRET_FIELDS = re.compile(
    rb'(?P<before>"(?:secret|access_token)":\s?"|client_(?:id|secret)=)'
    rb'(?P<secret>[^"&]+)'
)


def _clean_body(body: bytes) -> bytes:
    """Strike secrets out letter by letter, so that announced lengths stay true."""
    return _SECRET_FIELDS.sub(
        lambda match: match["before"] + b"x" * len(match["secret"]), body
    )


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """Return a response as it goes into a cassette: without the tokens in it."""
    response["body"]["string"] = _clean_body(response["body"]["string"])
    return response


def credentials(ours: Any, recorded: Any) -> None:
    """Compare which credentials are shown, and in which form bodies go out."""
    assert dict(ours.headers) == dict(recorded.headers), (
        f"headers {dict(ours.headers)} instead of {dict(recorded.headers)}"
    )


def make_recorder() -> vcr.VCR:
    """Return vcrpy, set up to keep and compare everything that a channel acts upon."""
    wanted = ("method", "scheme", "host", "port", "path", "query", "body")
    recorder = vcr.VCR(
        cassette_library_dir=str(FOLDER),
        match_on=(*wanted, "credentials"),
        before_record_request=clean_request,
        before_record_response=clean_response,
    )
    recorder.register_matcher("credentials", credentials)
    return recorder


@contextmanager
def replay(name: str) -> Iterator[Talk]:
    """Replay a conversation; leave it only after its last exchange.

    Raises:
        pytest.fail.Exception: the connector asks something else than it did, or in
            another order, or less.
    """
    recorder = make_recorder()
    with recorder.use_cassette(f"{name}.yaml", record_mode="none") as cassette:
        try:
            with talking(PLACES[name], VirtualClock(START)) as talk:
                yield talk
        except CannotOverwriteExistingCassetteException as error:
            told = str(error).partition("\nHow to fix:")[0]
            pytest.fail(f"{told}\n{ANEW}", pytrace=False)
    _require_order(name, cassette)


def _require_order(name: str, cassette: Cassette) -> None:
    played = list(cassette.play_counts)
    if played == list(range(len(cassette))):
        return
    left_out = [
        f"{request.method} {request.uri}"
        for number, request in enumerate(cassette.requests)
        if number not in played
    ]
    told = "\n".join(left_out) or "none, but the order is another one"
    pytest.fail(f"{name}: requests that were not made:\n{told}\n{ANEW}", pytrace=False)


@contextmanager
def record(name: str) -> Iterator[Talk]:
    """Hold a conversation with a simulated shop and keep it in a new cassette."""
    place, clock = PLACES[name], VirtualClock(START)
    shop: Simulator = place.open(clock)
    (FOLDER / f"{name}.yaml").unlink(missing_ok=True)
    recorder = make_recorder()
    with (
        Server(shop) as server,
        recorder.use_cassette(f"{name}.yaml", record_mode="all"),
        talking(place, clock, server.url, shop) as talk,
    ):
        yield talk


def hold(name: str, converse: Callable[[Talk], None]) -> Talk:
    """Replay a conversation, or hold it where recording was asked for."""
    recording = bool(os.environ.get(RECORD))
    with record(name) if recording else replay(name) as talk:
        converse(talk)
    kept = FOLDER / f"{name}.understood.json"
    if recording:
        text = json.dumps(talk.understood, ensure_ascii=False, indent=1)
        kept.write_text(text + "\n", encoding="utf-8")
    talk.understood_then = json.loads(kept.read_text(encoding="utf-8"))
    return talk


@pytest.fixture(params=sorted(PLACES))
def place_name(request: pytest.FixtureRequest) -> Any:
    """The name of each recorded conversation in turn."""
    return request.param


@pytest.fixture
def hold_talk() -> Callable[[str, Callable[[Talk], None]], Talk]:
    """Replay a conversation, or hold it anew; see ``hold``."""
    return hold


@pytest.fixture
def replay_part() -> Callable[[str, Callable[[Talk], None]], None]:
    """Replay a conversation that is another one; see ``replay``."""

    def replayed(name: str, converse: Callable[[Talk], None]) -> None:
        with replay(name) as talk:
            converse(talk)

    return replayed
