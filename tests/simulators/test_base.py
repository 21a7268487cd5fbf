"""Faults around a simulator's answers, the same in process and over real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest
from crossdock.simulators.base import Simulator
from crossdock.simulators.clock import VirtualClock, WallClock
from crossdock.simulators.faults import Fault, Faults
from crossdock.simulators.serve import Server
from crossdock.simulators.webhooks import Envelope
from crossdock.simulators.wire import Request, Response, json_response
from crossdock.simulators.world import World


class Till(Simulator):
    """A channel that counts what is written to it and echoes what it was asked."""

    def __init__(self, world: World) -> None:
        super().__init__("till", world=world)
        self.written = 0

    def answer(self, request: Request) -> Response:
        if self.is_write(request):
            self.written += 1
        return json_response(
            {
                "method": request.method,
                "path": request.path,
                "query": [list(pair) for pair in request.query],
                "trace": request.headers.get("x-trace"),
                "body": request.body.decode(),
                "scheme": request.scheme,
                "host": request.host,
            }
        )


@pytest.fixture
def till(world: World) -> Till:
    return Till(world)


@pytest.fixture
def client(till: Till) -> httpx.Client:
    return httpx.Client(transport=till.wire(), base_url="https://till.example")


@pytest.fixture
def served() -> Iterator[tuple[Till, str]]:
    """A till on real loopback HTTP, and its address."""
    till = Till(World(WallClock()))
    with Server(till) as server:
        yield till, server.url


def test_a_request_arrives_as_it_was_sent(client: httpx.Client) -> None:
    answer = client.post("/a%20b?x=1&x=2", content="é", headers={"X-Trace": "t1"})
    assert answer.json() == {
        "method": "POST",
        "path": "/a b",
        "query": [["x", "1"], ["x", "2"]],
        "trace": "t1",
        "body": "é",
        "scheme": "https",
        "host": "till.example",
    }


def test_every_answer_carries_the_date_of_the_channels_own_clock(
    client: httpx.Client, clock: VirtualClock
) -> None:
    clock.advance(60)
    assert client.get("/").headers["date"] == "Mon, 02 Nov 2026 09:01:00 GMT"


def test_a_dropped_answer_comes_after_the_write_took_effect(
    till: Till, client: httpx.Client
) -> None:
    till.faults.arm_once(Fault.DROPPED)
    with pytest.raises(httpx.ReadError):
        client.post("/")
    assert till.written == 1
    assert client.post("/").status_code == 200


def test_an_error_after_the_write_took_effect_looks_like_any_server_error(
    till: Till, client: httpx.Client
) -> None:
    till.faults.arm_once(Fault.ERROR_AFTER)
    assert client.post("/").status_code == 502
    assert till.written == 1


def test_an_error_before_the_write_has_no_effect(
    till: Till, client: httpx.Client
) -> None:
    till.faults.arm_once(Fault.ERROR_BEFORE)
    assert client.post("/").status_code == 502
    assert till.written == 0


@pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.ERROR_AFTER])
def test_a_fault_of_writes_waits_for_a_write(
    till: Till, client: httpx.Client, fault: Fault
) -> None:
    till.faults.arm_once(fault)
    assert client.get("/").status_code == 200
    assert till.faults.struck[fault] == 0


def test_too_many_requests_says_how_long_to_wait_or_does_not(
    till: Till, client: httpx.Client
) -> None:
    till.faults.arm_once(Fault.THROTTLED)
    answer = client.get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    till.faults.arm_once(Fault.THROTTLED_BARE)
    answer = client.get("/")
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers
    assert till.written == 0


def test_an_expired_token_is_refused_before_any_effect(
    till: Till, client: httpx.Client
) -> None:
    till.faults.arm_once(Fault.EXPIRED_TOKEN)
    assert client.post("/").status_code == 401
    assert till.written == 0


def test_a_truncated_body_is_half_of_the_whole(
    till: Till, client: httpx.Client
) -> None:
    whole = client.get("/").content
    till.faults.arm_once(Fault.TRUNCATED)
    assert client.get("/").content == whole[: len(whole) // 2]


def test_a_slow_answer_lets_time_pass(
    till: Till, client: httpx.Client, clock: VirtualClock
) -> None:
    till.faults.use(Faults(slow=1.0, slow_seconds=3.0))
    before = clock.now()
    assert client.get("/").status_code == 200
    assert (clock.now() - before).total_seconds() == 3.0


def test_an_answer_slower_than_the_clients_patience_is_a_timeout_after_the_effect(
    till: Till, client: httpx.Client, clock: VirtualClock
) -> None:
    till.faults.use(Faults(slow=1.0, slow_seconds=30.0))
    before = clock.now()
    with pytest.raises(httpx.ReadTimeout):
        client.post("/", timeout=5.0)
    assert till.written == 1
    assert (clock.now() - before).total_seconds() == 5.0


def test_requests_of_many_threads_are_answered_one_at_a_time(
    till: Till, client: httpx.Client
) -> None:
    def write() -> None:
        for _ in range(50):
            client.post("/")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert till.written == till.requests_handled == 200


def test_real_http_gives_the_same_answers(served: tuple[Till, str]) -> None:
    till, url = served
    answer = httpx.post(f"{url}/a%20b?x=1&x=2", content="é", headers={"X-Trace": "t"})
    assert answer.json()["path"] == "/a b"
    assert answer.json()["query"] == [["x", "1"], ["x", "2"]]
    assert answer.json()["body"] == "é"
    assert till.written == 1


def test_real_http_breaks_the_connection_of_a_dropped_answer(
    served: tuple[Till, str],
) -> None:
    till, url = served
    till.faults.arm_once(Fault.DROPPED)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(url)
    assert till.written == 1
    assert httpx.get(url).status_code == 200


def test_a_server_posts_webhooks_by_itself(served: tuple[Till, str]) -> None:
    till, _url = served
    receiver = Till(World(WallClock()))
    heard = threading.Event()
    till.deliverer.report = lambda outcome: heard.set()
    with Server(receiver) as listening:
        envelope = Envelope(f"{listening.url}/hook", {"x-trace": "w"}, b"hello")
        till.deliverer.enqueue("1", lambda: envelope)
        assert heard.wait(5.0)
    assert receiver.written == 1


def test_a_stopped_server_frees_its_port_and_may_be_stopped_again() -> None:
    server = Server(Till(World(WallClock())))
    server.start()
    port = int(server.url.rpartition(":")[2])
    server.stop()
    server.stop()
    again = Server(Till(World(WallClock())), port=port)
    again.start()
    assert httpx.get(again.url).status_code == 200
    again.stop()
