"""A described API: mistakes are named by line, pages followed, tokens fetched."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import (
    ContractBrokenError,
    ReauthRequiredError,
    RetryLaterError,
    SettingsError,
    WebhookRefusedError,
)
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import FulfillmentPush, Outcome, StockWrite
from crossdock.connectors.conformance.bench import MemoryCredentials
from crossdock.connectors.http import load_plugin
from crossdock.connectors.quality import find_false_claims, read_scorecard
from crossdock.connectors.registry import find_plugin, find_sources, list_plugins
from crossdock.connectors.sdk import Context, capabilities_of
from crossdock.connectors.signatures import sign
from crossdock.connectors.transport import HttpTransports, NetworkPolicy

EXAMPLE = Path(__file__).parents[3] / "config" / "connectors" / "example.toml"
SHORT = """\
kind = "stall"
title = "Stall"
address = "https://stall.example"

[auth]
type = "query"
name = "key"

[account]
path = "/me"

[orders]
path = "/orders"
records = "data"
params = { sort = "changed" }

[orders.since]
parameter = "from"
format = "unix"

[orders.pages]
style = "page"
parameter = "page"
size = 2

[orders.fetch]
path = "/orders/{id}"

[orders.fields]
placed_at = "at"
updated_at = "at"

[orders.fields.lines]
at = "lines"
unit_price = "price"
"""
Answer = Callable[[httpx.Request], httpx.Response]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def describe(tmp_path: Path) -> Callable[..., Path]:
    """Write the short description, with replacements and additions."""

    def write(*changes: tuple[str, str], more: str = "") -> Path:
        text = SHORT
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "stall.toml"
        path.write_text(text + more, encoding="utf-8")
        return path

    return write


def connect(
    path: Path, answer: Answer, clock: ManualClock, **settings: Any
) -> tuple[Any, list[httpx.Request]]:
    requests: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    plugin = load_plugin(path)
    transports = HttpTransports(
        clock=clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=lambda: httpx.MockTransport(note),
    )
    values = settings or {"token": "tok-canary"}
    context = Context(clock, transports, MemoryCredentials())
    return plugin.connect(plugin.settings.model_validate(values), context), requests


def order(number: int, at: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "at": at, "lines": [], **more}


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('kind = "stall"', 'kind = "Stall!"', 1, "kind"),
        ('type = "query"', 'type = "guess"', 6, "auth.type"),
        ('path = "/me"', 'path = "me"', 10, "account.path"),
        ('path = "/me"', 'path = "/me"\nname = "a..b"', 11, "no path"),
        ("size = 2", "size = 0", 24, "size"),
        ('path = "/orders/{id}"', 'path = "/orders"', 26, "either {id} in path"),
        ('placed_at = "at"', 'colour = "red"', 30, "colour"),
        ('unit_price = "price"', "", 33, "unit_price"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    describe: Callable[..., Path], old: str, new: str, line: int, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_plugin(describe((old, new)))
    assert f"stall.toml, line {line}: " in caught.value.message
    assert said in caught.value.message


def test_what_is_no_toml_is_refused_with_its_line(
    describe: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="line 1"):
        load_plugin(describe(('kind = "stall"', "kind = stall")))
    with pytest.raises(SettingsError, match="cannot be read"):
        load_plugin(tmp_path / "gone.toml")
    (tmp_path / "huge.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(SettingsError, match="larger"):
        load_plugin(tmp_path / "huge.toml")


def test_a_blank_without_meaning_is_found_before_it_is_needed(
    describe: Callable[..., Path],
) -> None:
    more = '\n[stock.write]\npath = "/stock/{id}"\nbody = { count = "{amount}" }\n'
    with pytest.raises(SettingsError, match="means nothing here"):
        load_plugin(describe(more=more))


def test_oauth2_needs_an_address_for_its_tokens(
    describe: Callable[..., Path],
) -> None:
    with pytest.raises(SettingsError, match="token_url"):
        load_plugin(describe(('type = "query"', 'type = "oauth2"')))


def test_counted_pages_are_followed_by_time_and_end(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    base = int(START.timestamp())
    # Three in one second, and a page holds two.
    kept = [order(n, base + (n > 3)) for n in range(1, 6)]

    def answer(request: httpx.Request) -> httpx.Response:
        since, page = (int(request.url.params[name]) for name in ("from", "page"))
        matching = [one for one in kept if one["at"] >= since]
        return httpx.Response(200, json={"data": matching[(page - 1) * 2 :][:2]})

    connector, requests = connect(describe(), answer, fixed_clock)
    cursor, seen = None, list[str]()
    for _ in range(20):
        page = connector.pull_orders(cursor, since=START - timedelta(hours=1))
        seen += [record.external_id for record in page.records]
        cursor = page.cursor
        if page.complete:
            break
    assert seen == ["1", "2", "3", "4", "5"]
    assert requests[0].url.params["key"] == "tok-canary"
    assert requests[0].url.params["sort"] == "changed"
    kept.append(order(6, base + 1))
    later = []
    for _ in range(20):
        page = connector.pull_orders(cursor, since=START)
        later += [record.external_id for record in page.records]
        cursor = page.cursor
        if page.complete:
            break
    assert later == ["6"]


def test_a_counted_list_that_repeats_itself_is_left(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    base = int(START.timestamp())
    same = httpx.Response(200, json={"data": [order(1, base), order(2, base)]})
    connector, _ = connect(describe(), lambda request: same, fixed_clock)

    def walk() -> None:
        cursor = None
        for _ in range(10):
            cursor = connector.pull_orders(cursor, since=START).cursor

    with pytest.raises(ContractBrokenError, match="never end"):
        walk()


@pytest.mark.parametrize("style", ["link", "next_url"])
def test_the_next_address_gives_its_query_and_no_other_host(
    describe: Callable[..., Path], fixed_clock: ManualClock, style: str
) -> None:
    base = int(START.timestamp())
    path = describe(
        ('style = "page"', f'style = "{style}"\nnext = "next"'),
    )

    def answer(request: httpx.Request) -> httpx.Response:
        last = "at" in request.url.params
        number = 2 if last else 1
        url = "https://evil.example/other?at=two&from=x"
        headers = {"link": f'<{url}>; rel="next"'} if not last else {}
        body = {"data": [order(number, base + number)], "next": None if last else url}
        return httpx.Response(200, json=body, headers=headers)

    connector, requests = connect(path, answer, fixed_clock)
    one = connector.pull_orders(None, since=START)
    two = connector.pull_orders(one.cursor, since=START)
    assert (one.complete, two.complete) == (False, True)
    assert {request.url.host for request in requests} == {"stall.example"}
    assert requests[1].url.path == "/orders"
    assert requests[1].url.params["at"] == "two"
    connector.pull_orders(two.cursor, since=START)
    # The overlap of a minute reaches back behind the start; no further than that.
    assert requests[2].url.params["from"] == str(base)


def test_offsets_count_the_records_before(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    path = describe(
        (
            'style = "page"\nparameter = "page"',
            'style = "offset"\nparameter = "skip"\nsize_parameter = "limit"',
        ),
        more='\n[listings]\npath = "/goods"\nrecords = "data"\n'
        '[listings.pages]\nstyle = "offset"\nparameter = "skip"\nsize = 2\n'
        '[listings.fetch]\npath = "/goods/{id}"\n',
    )

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/goods/"):
            found = (
                request.url.path == "/goods/a%2Fb" or b"a%2Fb" in request.url.raw_path
            )
            return httpx.Response(200 if found else 404, json={"id": "a/b"})
        skip = int(request.url.params["skip"])
        return httpx.Response(
            200, json={"data": [{"id": n} for n in range(3)][skip:][:2]}
        )

    connector, requests = connect(path, answer, fixed_clock)
    one = connector.pull_listings(None)
    two = connector.pull_listings(one.cursor)
    assert [len(page.records) for page in (one, two)] == [2, 1]
    assert (one.complete, two.complete) == (False, True)
    assert [one.external_id for one in connector.fetch_listings(["a/b", "x"])] == [
        "a/b"
    ]
    assert requests[1].url.params["skip"] == "2"


def test_orders_are_fetched_one_by_one_where_the_path_says_so(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        known = request.url.path == "/orders/7"
        return httpx.Response(200 if known else 404, json=order(7, 1))

    connector, _ = connect(describe(), answer, fixed_clock)
    assert [one.external_id for one in connector.fetch_orders(["7", "8"])] == ["7"]
    assert connector.fetch_orders([]) == ()


@pytest.mark.parametrize(
    "body",
    [{"data": None}, {"data": [1]}, {"data": [{"at": 1}]}, {"data": [{"id": 1}]}],
)
def test_a_list_that_is_none_breaks_the_contract(
    describe: Callable[..., Path], fixed_clock: ManualClock, body: Any
) -> None:
    connector, _ = connect(
        describe(), lambda request: httpx.Response(200, json=body), fixed_clock
    )
    with pytest.raises(ContractBrokenError):
        connector.pull_orders(None, since=START)
    with pytest.raises(ContractBrokenError, match="cursor"):
        connector.pull_orders("{}", since=START)
    with pytest.raises(ContractBrokenError, match="no id"):
        connector.check()


OAUTH = (
    'type = "query"\nname = "key"',
    'type = "oauth2"\ntoken_url = "https://login.example/token"\nscope = "orders"',
)
CLIENT = {"client_id": "me", "client_secret": "sec-canary"}


def test_a_client_fetches_its_token_and_renews_a_refused_one(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    issued: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "login.example":
            assert request.headers["authorization"].startswith("Basic ")
            assert b"scope=orders" in request.content
            issued.append(f"token-{len(issued)}")
            return httpx.Response(
                200, json={"access_token": issued[-1], "expires_in": 600}
            )
        good = request.headers["authorization"] == f"Bearer {issued[-1]}"
        refused = len(issued) == 1 and fixed_clock.monotonic_seconds() > 0
        status = 200 if good and not refused else 401
        return httpx.Response(status, json={"id": "me", "name": "Me"})

    connector, _ = connect(describe(OAUTH), answer, fixed_clock, **CLIENT)
    assert connector.check().external_id == "me"
    assert issued == ["token-0"]
    fixed_clock.advance(1)
    connector.check()
    assert issued == ["token-0", "token-1"]
    fixed_clock.advance(3600)
    connector.check()
    assert len(issued) == 3


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {}, ReauthRequiredError),
        (503, {}, RetryLaterError),
        (200, {"nothing": 1}, RetryLaterError),
    ],
)
def test_a_token_address_that_gives_none_is_understood(
    describe: Callable[..., Path],
    fixed_clock: ManualClock,
    status: int,
    body: Any,
    error: type[Exception],
) -> None:
    connector, _ = connect(
        describe(OAUTH),
        lambda request: httpx.Response(status, json=body),
        fixed_clock,
        **CLIENT,
    )
    with pytest.raises(error) as caught:
        connector.check()
    assert "sec-canary" not in str(caught.value)


def test_a_login_is_basic(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    path = describe(('type = "query"\nname = "key"', 'type = "basic"'))
    connector, requests = connect(
        path,
        lambda request: httpx.Response(200, json={"id": 1, "name": "Me"}),
        fixed_clock,
        user="ada",
        password="pw-canary",
    )
    assert connector.check().external_id == "1"
    assert requests[0].headers["authorization"].startswith("Basic ")


STOCK = """
[stock.read]
path = "/stock/{id}"
quantity = "count"

[stock.write]
method = "PATCH"
path = "/stock/{id}"
body = { count = "{quantity}", note = "by {key}" }

[fulfillment]
line = { item = "{line}", count = "{quantity}" }
[fulfillment.push]
path = "/orders/{order}/parcels"
body = { ref = "{reference}", items = "{lines}" }
[fulfillment.find]
path = "/orders/{order}/parcels"
records = "data"
reference = "ref"
"""


def test_stock_is_written_one_by_one_where_there_are_no_rows(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    statuses = {"a": 200, "b": 404, "c": 409, "d": 500}

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        body = {"id": name, "count": "7" if name == "a" else True}
        return httpx.Response(statuses[name], json=body)

    connector, requests = connect(describe(more=STOCK), answer, fixed_clock)
    writes = [StockWrite(name, 5, 4, f"key-{name}") for name in statuses]
    outcomes = [result.outcome for result in connector.push_stock(writes)]
    assert outcomes == [
        Outcome.ACCEPTED,
        Outcome.REFUSED,
        Outcome.STALE,
        Outcome.UNKNOWN,
    ]
    assert requests[0].content == b'{"count":5,"note":"by key-a"}'
    assert [one.quantity for one in connector.read_stock(["a", "b"])] == [7, None]


def test_a_parcel_names_its_lines_by_their_template(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    answers = [httpx.Response(201, json={}), httpx.Response(422, json={"error": "no"})]
    connector, requests = connect(
        describe(more=STOCK), lambda request: answers.pop(0), fixed_clock
    )
    line = FulfilledLine(line_external_id="L1", quantity=2)
    push = FulfillmentPush("r", "o/1", (line,), "", "", "", START, True, "key")
    assert connector.push_fulfillment(push).outcome is Outcome.UNKNOWN
    assert connector.push_fulfillment(push).outcome is Outcome.REFUSED
    assert requests[0].url.raw_path.startswith(b"/orders/o%2F1/parcels")
    assert requests[0].content == b'{"ref":"r","items":[{"item":"L1","count":2}]}'


def test_a_delivery_without_a_signed_time_is_held_to_its_body(
    describe: Callable[..., Path], fixed_clock: ManualClock
) -> None:
    more = (
        '\n[webhook]\ntopic = "changed"\nsignature_header = "X-Sign"\n'
        'encoding = "base64"\norder = "order.id"\nsubscriptions = "/hooks"\n'
    )
    connector, _ = connect(
        describe(more=more),
        lambda request: httpx.Response(500),
        fixed_clock,
        token="t",
        webhook_secret="s",
    )
    body = b'{"order":{"id":7}}'
    told = connector.read_webhook({"x-sign": sign(body, b"s")}, body)
    assert told.external_id == "7"
    for spoilt in (b"{", b"{}"):
        with pytest.raises(WebhookRefusedError):
            connector.read_webhook({"x-sign": sign(spoilt, b"s")}, spoilt)


def test_files_in_the_folder_are_kinds_and_a_broken_one_stops_nobody(
    describe: Callable[..., Path], tmp_path: Path
) -> None:
    describe()
    (tmp_path / "broken.toml").write_text("kind = ")
    (tmp_path / "square.toml").write_text(SHORT.replace('"stall"', '"square"'))
    sources = find_sources(tmp_path)
    assert find_plugin("stall", sources).title == "Stall"
    found = list_plugins(sources)
    broken = {one.kind: one.reason for one in found.broken}
    assert "no TOML" in broken["broken"]
    assert "several" in broken["square"]
    assert "stall" not in {source.kind for source in find_sources()}


def test_what_described_kinds_claim_is_true_of_the_example() -> None:
    plugin = load_plugin(EXAMPLE)
    assert find_false_claims(plugin, read_scorecard(plugin)) == []
    assert len(capabilities_of(plugin)) == 6
