"""What a connector may rely on when it sends a call."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import (
    ChannelError,
    ContractBrokenError,
    OutcomeUnknownError,
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
    SettingsError,
)
from crossdock.connectors.transport import (
    ATTEMPTS_MAX,
    Answer,
    Call,
    HttpTransport,
    HttpTransports,
    NetworkPolicy,
)
from hypothesis import given
from hypothesis import strategies as st

OpenTransport = Callable[..., HttpTransport]
READ = Call("GET", "/orders", safe=True)
WRITE = Call("POST", "/orders", json={"sku": "RETRO-CLOCK"})


def test_an_answer_carries_status_headers_and_parsed_body(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(200, headers={"X-Total": "1"}, json=[{"id": 1}])
    answer = open_transport().send(READ)
    assert (answer.status, answer.headers["x-total"]) == (200, "1")
    assert answer.json() == [{"id": 1}]


def test_a_body_is_parsed_once_however_often_it_is_asked_for() -> None:
    answer = Answer(200, {}, b'{"id": 1}')
    assert answer.json() is answer.json()


def test_a_call_sends_its_parameters_headers_and_json(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    route = router.post("/orders").respond(201, json={})
    call = Call(
        "POST", "/orders", params={"q": "ä&b"}, json={"n": 0}, headers={"X-Key": "k"}
    )
    open_transport().send(call)
    request = route.calls.last.request
    assert request.url.params["q"] == "ä&b"
    assert request.headers["x-key"] == "k"
    assert request.headers["content-type"] == "application/json"
    assert orjson.loads(request.content) == {"n": 0}


def test_neither_calls_nor_answers_show_customers_data_in_their_repr() -> None:
    call = Call("POST", "/x", params={"token": "t0ps3cret"}, json={"name": "Ada"})
    assert "t0ps3cret" not in repr(call)
    assert "Ada" not in repr(call)
    assert "Ada" not in repr(Answer(200, {}, b'{"name": "Ada"}'))


def test_a_safe_call_is_repeated_until_it_is_answered(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    route = router.get("/orders")
    route.side_effect = [
        httpx.Response(503),
        httpx.ReadTimeout("too slow"),
        httpx.Response(200, json=[]),
    ]
    assert open_transport().send(READ).json() == []
    assert route.call_count == 3


def test_a_safe_call_that_keeps_failing_is_given_up_after_four_attempts(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    route = router.get("/orders").respond(500)
    with pytest.raises(RetryLaterError, match=r"GET shop\.example/api/orders .* 500"):
        open_transport().send(READ)
    assert route.call_count == ATTEMPTS_MAX == 4


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("too slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("disconnected"),
        httpx.Response(500),
        httpx.Response(503, headers={"retry-after": "1"}),
        httpx.Response(408),
        httpx.Response(201, headers={"content-length": "99"}, content=b'{"id"'),
        httpx.Response(201, content=b'{"id": 1', headers={"content-type": "text/json"}),
        httpx.Response(200, html="<h1>Maintenance</h1>"),
    ],
    ids=lambda failure: (
        f"{type(failure).__name__}{getattr(failure, 'status_code', '')}"
    ),
)
def test_the_outcome_of_an_unsafe_call_without_a_usable_answer_is_unknown(
    router: respx.Router, open_transport: OpenTransport, failure: Any
) -> None:
    route = router.post("/orders")
    route.side_effect = [failure]
    with pytest.raises(OutcomeUnknownError):
        open_transport().send(WRITE)
    assert route.call_count == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("no route"),
        httpx.PoolTimeout("busy"),
        httpx.Response(429),
        httpx.Response(425),
    ],
    ids=lambda failure: (
        f"{type(failure).__name__}{getattr(failure, 'status_code', '')}"
    ),
)
def test_an_unsafe_call_that_never_took_effect_may_be_made_again_later(
    router: respx.Router, open_transport: OpenTransport, failure: Any
) -> None:
    route = router.post("/orders")
    route.side_effect = [failure]
    with pytest.raises(RetryLaterError):
        open_transport().send(WRITE)
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, ContractBrokenError),
        (302, ContractBrokenError),
        (308, ContractBrokenError),
        (400, RejectedError),
        (401, ReauthRequiredError),
        (402, RejectedError),
        (403, RejectedError),
        (404, RejectedError),
        (405, RejectedError),
        (409, RejectedError),
        (410, RejectedError),
        (413, RejectedError),
        (422, RejectedError),
        (425, RetryLaterError),
        (429, RetryLaterError),
        (500, RetryLaterError),
        (502, RetryLaterError),
        (503, RetryLaterError),
        (504, RetryLaterError),
        (520, RetryLaterError),
        (599, RetryLaterError),
    ],
)
def test_a_status_becomes_the_error_that_says_what_to_do_next(
    router: respx.Router,
    open_transport: OpenTransport,
    status: int,
    error: type[ChannelError],
) -> None:
    router.get("/orders").respond(status, json={"message": "because of reasons"})
    with pytest.raises(ChannelError) as caught:
        open_transport().send(READ)
    assert type(caught.value) is error
    assert str(status) in caught.value.message


def test_an_accepted_status_is_an_answer(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders/7").respond(404, json={"code": "gone"})
    call = Call("GET", "/orders/7", safe=True, accept_statuses=(404,))
    assert open_transport().send(call).json() == {"code": "gone"}


def test_an_accepted_status_may_come_with_a_web_page(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders/7").respond(404, html="<h1>Not here</h1>")
    call = Call("GET", "/orders/7", safe=True, accept_statuses=(404,))
    assert open_transport().send(call).status == 404


@pytest.mark.parametrize("body", [b"", b"Fatal error", b'{"id": '])
def test_a_write_whose_answer_cannot_be_read_is_never_reported_as_failed(
    router: respx.Router, open_transport: OpenTransport, body: bytes
) -> None:
    router.post("/orders").respond(200, content=body)
    answer = open_transport().send(WRITE)
    with pytest.raises(OutcomeUnknownError, match="answered with 200"):
        answer.json()


def test_an_empty_answer_is_fine_where_nobody_reads_it(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.delete("/orders/7").respond(204)
    assert open_transport().send(Call("DELETE", "/orders/7")).body == b""


def test_a_refusal_tells_the_channels_own_short_reason(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.post("/orders").respond(
        422, json={"code": "bad_sku", "message": "SKU is taken", "data": {"x": 1}}
    )
    with pytest.raises(RejectedError) as caught:
        open_transport().send(WRITE)
    assert caught.value.message == (
        "POST shop.example/api/orders was refused: 422 SKU is taken; bad_sku"
    )


class _RenewsOnce(httpx.Auth):
    """An auth flow that renews its token at a 401, as OAuth connectors do."""

    def __init__(self, renewal: str = "https://shop.example/api/token") -> None:
        self.token = "stale-token-1"
        self.renewal = renewal

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self.token}"
        response = yield request
        if response.status_code == 401:
            yield httpx.Request("POST", self.renewal)
            self.token = "fresh-token-2"
            request.headers["authorization"] = f"Bearer {self.token}"
            yield request


def test_an_auth_flow_may_renew_its_token_before_a_401_counts(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.post("/token").respond(200, json={})
    router.get("/orders", headers={"authorization": "Bearer stale-token-1"}).respond(
        401
    )
    router.get("/orders", headers={"authorization": "Bearer fresh-token-2"}).respond(
        200, json=[]
    )
    assert open_transport(_RenewsOnce()).send(READ).json() == []


def test_a_write_whose_token_could_not_be_renewed_was_never_made(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.post("/orders").respond(401)
    router.post("/token").side_effect = httpx.ReadTimeout("too slow")
    with pytest.raises(RetryLaterError, match="cannot be reached"):
        open_transport(_RenewsOnce()).send(WRITE)


def test_a_credential_that_http_cannot_carry_is_named_and_not_shown(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    # What the real wire says about a line break, with the header in its text.
    token = "line\nbreak-s3cret"
    router.get("/orders").side_effect = httpx.LocalProtocolError(
        f"Illegal header value {token!r}"
    )

    class Broken(httpx.Auth):
        def auth_flow(
            self, request: httpx.Request
        ) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["x-token"] = token
            yield request

    with pytest.raises(ReauthRequiredError) as caught:
        open_transport(Broken()).send(READ)
    assert "s3cret" not in caught.value.message
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "path", ["/orders/../admin", "/orders/..", "orders?id=1", "/a#b", "/a\\b"]
)
def test_an_id_cannot_lead_out_of_the_channels_path(
    open_transport: OpenTransport, path: str
) -> None:
    with pytest.raises(ContractBrokenError, match="API path"):
        open_transport().send(Call("GET", path, safe=True))


@pytest.mark.parametrize(
    "path", ["//elsewhere.example/x", "https://elsewhere.example", "@elsewhere.example"]
)
def test_a_path_cannot_name_another_host(
    router: respx.Router, open_transport: OpenTransport, path: str
) -> None:
    route = router.route().respond(200, json={})
    open_transport().send(Call("GET", path, safe=True))
    assert route.calls.last.request.url.host == "shop.example"


def test_cookies_of_a_channel_are_not_kept(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    route = router.get("/orders").respond(
        200, json=[], headers={"set-cookie": "session=abc"}
    )
    transport = open_transport()
    transport.send(READ)
    transport.send(READ)
    assert "cookie" not in route.calls.last.request.headers


def test_transports_of_one_account_share_their_turns(fixed_clock: ManualClock) -> None:
    factory = HttpTransports(
        clock=fixed_clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=lambda: httpx.MockTransport(lambda _: httpx.Response(200, json=[])),
    )
    one, two = (
        factory.open(
            base_url="https://shop.example/api",
            auth=None,
            requests_per_second=2,
            burst=1,
        )
        for _ in range(2)
    )
    for transport in (one, two, one):
        transport.send(READ)
    assert fixed_clock.monotonic_seconds() == pytest.approx(1.0)


def test_a_turn_beyond_the_deadline_is_left_to_the_hub(
    fixed_clock: ManualClock,
) -> None:
    factory = HttpTransports(
        clock=fixed_clock,
        randomness=random.Random(7),
        network=NetworkPolicy(),
        wire=lambda: httpx.MockTransport(lambda _: httpx.Response(200, json=[])),
    )
    slow = factory.open(
        base_url="https://shop.example", auth=None, requests_per_second=0.01, burst=1
    )
    slow.send(READ)
    with pytest.raises(RetryLaterError) as caught:
        slow.send(READ)
    assert caught.value.delay_seconds == pytest.approx(100)
    assert fixed_clock.monotonic_seconds() == 0


def test_a_wrong_address_is_refused_before_any_call(fixed_clock: ManualClock) -> None:
    factory = HttpTransports(
        clock=fixed_clock, randomness=random.Random(7), network=NetworkPolicy()
    )
    with pytest.raises(SettingsError, match="https"):
        factory.open(
            base_url="http://shop.example", auth=None, requests_per_second=1, burst=1
        )
    factory.close()


def test_each_request_leaves_one_line_without_secrets(
    router: respx.Router,
    open_transport: OpenTransport,
    caplog: pytest.LogCaptureFixture,
) -> None:
    router.get("/orders").respond(200, json=[])
    call = Call(
        "GET",
        "/orders",
        params={"consumer_secret": "cs_canary"},
        headers={"authorization": "Bearer canary"},
        safe=True,
    )
    with caplog.at_level(logging.DEBUG):
        open_transport().send(call)
    assert len(caplog.records) == 1
    assert caplog.records[0].name == "crossdock.transport"
    assert "GET shop.example/api/orders answered 200" in caplog.text
    assert "canary" not in caplog.text


class _RecordingClock(ManualClock):
    """Writes down how long it was asked to let pass."""

    def __init__(self) -> None:
        super().__init__(datetime(2026, 3, 2, tzinfo=UTC))
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        super().pause(seconds)


def _send_in_vain(seed: int, response: httpx.Response) -> list[float]:
    """Send a safe call that never succeeds; return the pauses between its attempts."""
    clock = _RecordingClock()
    factory = HttpTransports(
        clock=clock,
        randomness=random.Random(seed),
        network=NetworkPolicy(),
        wire=lambda: httpx.MockTransport(lambda _: response),
    )
    transport = factory.open(
        base_url="https://shop.example",
        auth=None,
        requests_per_second=1000,
        burst=1000,
    )
    with pytest.raises(RetryLaterError):
        transport.send(READ)
    return clock.pauses


@given(seed=st.integers())
def test_e12_the_pauses_between_retries_are_anywhere_below_a_doubling_ceiling(
    seed: int,
) -> None:
    pauses = _send_in_vain(seed, httpx.Response(500))
    assert len(pauses) == ATTEMPTS_MAX - 1
    ceilings = (0.5, 1.0, 2.0)
    assert all(
        0 <= pause <= ceiling for pause, ceiling in zip(pauses, ceilings, strict=True)
    )


def test_e12_two_workers_do_not_retry_at_the_same_moments() -> None:
    one, two = (_send_in_vain(seed, httpx.Response(500)) for seed in (1, 2))
    assert set(one).isdisjoint(two)


@given(seed=st.integers(), seconds=st.integers(1, 7))
def test_e10_a_wish_to_wait_is_never_cut_short_and_little_exceeded(
    seed: int, seconds: int
) -> None:
    wish = {"retry-after": str(seconds)}
    pauses = _send_in_vain(seed, httpx.Response(429, headers=wish))
    assert len(pauses) == ATTEMPTS_MAX - 1
    assert all(seconds <= pause <= seconds * 1.1 for pause in pauses)
