"""Faults on the way to a channel and back, by their names in the fault catalogue."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Iterator

import httpx
import pytest
import respx
from crossdock.canonical.clock import ManualClock
from crossdock.canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from crossdock.connectors.transport import (
    Answer,
    Call,
    HttpTransport,
    HttpTransports,
    NetworkPolicy,
)

OpenTransport = Callable[..., HttpTransport]
READ = Call("GET", "/orders", safe=True)
WRITE = Call("POST", "/orders", json={})
PAGE = '[{"id": 1, "note": "Grüße"}, {"id": 2, "lines": [{}, {"qty": 0}]}]'.encode()


@pytest.mark.parametrize("length_announced", [True, False])
def test_b15_a_page_cut_at_any_byte_is_a_failure_and_never_a_shorter_page(
    router: respx.Router, open_transport: OpenTransport, length_announced: bool
) -> None:
    headers = {"content-type": "application/json"}
    if length_announced:
        headers["content-length"] = str(len(PAGE))
    route = router.get("/orders")
    for cut in range(1, len(PAGE)):
        route.side_effect = [
            httpx.Response(200, stream=_Chunks([PAGE[:cut]]), headers=headers),
            httpx.Response(200, content=PAGE, headers=headers),
        ]
        assert len(open_transport().send(READ).json()) == 2
        assert route.call_count == 2 * cut


def test_b15_a_compressed_page_cut_off_is_a_failure(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    cut = gzip.compress(PAGE)[:-9]
    router.post("/orders").respond(
        200, stream=_Chunks([cut]), headers={"content-encoding": "gzip"}
    )
    with pytest.raises(OutcomeUnknownError, match="cut off"):
        open_transport().send(WRITE)


class _Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.taken += 1
            yield chunk


def test_e10_thirty_minutes_of_429_cost_few_requests(
    router: respx.Router, open_transport: OpenTransport, fixed_clock: ManualClock
) -> None:
    route = router.get("/orders").respond(429, headers={"retry-after": "10"})
    transport = open_transport()
    while fixed_clock.monotonic_seconds() < 1800:
        with pytest.raises(RetryLaterError) as caught:
            transport.send(READ)
        fixed_clock.advance(caught.value.delay_seconds or 10)
    assert route.call_count <= 1800 / 10 + 1


def test_e10_a_longer_wait_than_the_deadline_is_handed_to_the_hub_at_once(
    router: respx.Router, open_transport: OpenTransport, fixed_clock: ManualClock
) -> None:
    route = router.get("/orders").respond(429, headers={"retry-after": "120"})
    with pytest.raises(RetryLaterError) as caught:
        open_transport().send(READ)
    assert caught.value.delay_seconds == 120
    assert fixed_clock.monotonic_seconds() == 0
    assert route.call_count == 1


def test_e10_after_a_429_the_whole_account_waits(
    router: respx.Router, open_transport: OpenTransport, fixed_clock: ManualClock
) -> None:
    router.post("/orders").respond(429, headers={"retry-after": "5"})
    router.get("/orders").respond(200, json=[])
    transport = open_transport()
    with pytest.raises(RetryLaterError):
        transport.send(WRITE)
    transport.send(READ)
    assert fixed_clock.monotonic_seconds() >= 5


@pytest.mark.parametrize(
    ("header", "delay_seconds"),
    [("9999999", 3600), ("-5", 1), ("0", 1), ("Thu, 01 Jan 1970 00:00:00 GMT", 1)],
)
def test_e11_an_absurd_retry_after_is_kept_between_a_second_and_an_hour(
    router: respx.Router,
    open_transport: OpenTransport,
    header: str,
    delay_seconds: float,
) -> None:
    router.post("/orders").respond(429, headers={"retry-after": header})
    with pytest.raises(RetryLaterError) as caught:
        open_transport().send(WRITE)
    assert caught.value.delay_seconds == delay_seconds


def test_e11_a_429_without_retry_after_is_still_followed_by_a_pause(
    router: respx.Router, open_transport: OpenTransport, fixed_clock: ManualClock
) -> None:
    route = router.get("/orders")
    route.side_effect = [httpx.Response(429), httpx.Response(200, json=[])]
    open_transport().send(READ)
    assert fixed_clock.monotonic_seconds() >= 1


def test_e12_an_outage_costs_few_retries_beyond_the_calls_themselves(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    route = router.get("/orders").respond(500)
    transport = open_transport()
    for _ in range(200):
        with pytest.raises(RetryLaterError):
            transport.send(READ)
    assert route.call_count <= 200 + 200 * 0.1 + 10


def test_e18_a_web_page_instead_of_data_is_tried_again_later(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(200, html="<html>Maintenance</html>")
    with pytest.raises(RetryLaterError, match="web page") as caught:
        open_transport().send(READ)
    assert "browser" in caught.value.next_step


def test_e18_a_web_page_under_a_false_content_type_is_recognised() -> None:
    with pytest.raises(RetryLaterError, match="web page"):
        Answer(200, {}, b"<!doctype html>").json()


def test_e19_a_connector_may_take_a_refusal_as_an_answer(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders/1").respond(404)
    call = Call("GET", "/orders/1", safe=True, accept_statuses=(404,))
    assert open_transport().send(call).status == 404


@pytest.mark.parametrize("safe", [True, False])
def test_e24_a_body_that_drips_on_beyond_the_deadline_is_given_up(
    router: respx.Router,
    open_transport: OpenTransport,
    fixed_clock: ManualClock,
    safe: bool,
) -> None:
    class Dripping(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                fixed_clock.advance(7)
                yield b"x"

    router.get("/orders").respond(200, stream=Dripping())
    error = RetryLaterError if safe else OutcomeUnknownError
    with pytest.raises(error, match="deadline"):
        open_transport(deadline_seconds=20).send(Call("GET", "/orders", safe=safe))
    assert fixed_clock.monotonic_seconds() <= 21


def test_e26_a_redirect_is_not_followed_and_its_target_is_named(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(
        302, headers={"location": "https://elsewhere.example/x?token=abc"}
    )
    with pytest.raises(ContractBrokenError, match=r"elsewhere\.example") as caught:
        open_transport().send(READ)
    assert "token" not in caught.value.message


def test_e26_a_redirect_to_no_url_at_all_is_no_answer(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(302, headers={"location": "https://[::nowhere"})
    with pytest.raises(RetryLaterError, match="location header"):
        open_transport().send(READ)


def test_e26_a_redirect_within_the_host_is_not_followed_either(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(301, headers={"location": "/api/orders/"})
    with pytest.raises(ContractBrokenError, match=r"\(301\) to another path"):
        open_transport().send(READ)


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e400}'])
def test_g07_numbers_that_json_does_not_know_are_refused(body: bytes) -> None:
    with pytest.raises(ContractBrokenError, match="not JSON"):
        Answer(200, {}, body).json()


@pytest.mark.parametrize(
    "body", [b"[" * 5000 + b"]" * 5000, b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_g08_absurd_nesting_and_numbers_are_refused_without_a_crash(
    body: bytes,
) -> None:
    with pytest.raises(ContractBrokenError, match="not JSON"):
        Answer(200, {}, body).json()


def test_g09_an_announced_giant_is_refused_unread(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    stream = _Chunks([b"x"] * 10)
    router.get("/orders").respond(
        200, stream=stream, headers={"content-length": "1000000000"}
    )
    with pytest.raises(ContractBrokenError, match="more than 1000 bytes"):
        open_transport(body_bytes_max=1000).send(READ)
    assert stream.taken == 0


def test_g09_a_giant_that_hides_its_size_is_read_no_further_than_the_cap(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    stream = _Chunks([b"x" * 100] * 1000)
    router.get("/orders").respond(200, stream=stream)
    with pytest.raises(ContractBrokenError, match="more than 1000 bytes"):
        open_transport(body_bytes_max=1000).send(READ)
    assert stream.taken == 11


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_g09_a_compression_bomb_is_refused_before_it_is_inflated(
    router: respx.Router,
    open_transport: OpenTransport,
    encoding: str,
    compress: Callable[[bytes], bytes],
) -> None:
    bomb = compress(bytes(10_000_000))
    assert len(bomb) < 20_000
    router.get("/orders").respond(
        200, stream=_Chunks([bomb]), headers={"content-encoding": encoding}
    )
    with pytest.raises(ContractBrokenError, match="more than 20000 bytes"):
        open_transport(body_bytes_max=20_000).send(READ)


def test_g09_the_answer_to_a_write_that_is_too_large_leaves_its_outcome_unknown(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.post("/orders").respond(201, content=b"x" * 2000)
    with pytest.raises(OutcomeUnknownError, match="more than 1000 bytes"):
        open_transport(body_bytes_max=1000).send(WRITE)


@pytest.mark.parametrize("body", [b"not compressed at all", b""])
def test_a_wrongly_labelled_compression_is_the_channels_mistake(
    router: respx.Router, open_transport: OpenTransport, body: bytes
) -> None:
    router.get("/orders").respond(
        200, stream=_Chunks([body]), headers={"content-encoding": "gzip"}
    )
    if not body:
        assert open_transport().send(READ).body == b""
        return
    with pytest.raises(ContractBrokenError, match="decompressed"):
        open_transport().send(READ)


def test_a_compression_that_was_not_asked_for_is_refused(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(200, content=b"x", headers={"content-encoding": "br"})
    with pytest.raises(ContractBrokenError, match="'br'"):
        open_transport().send(READ)


def test_h02_a_name_that_turns_private_after_the_check_is_not_connected_to(
    fixed_clock: ManualClock,
) -> None:
    answers = iter([["127.0.0.1"]])
    policy = NetworkPolicy(resolver=lambda host, port: next(answers))
    factory = HttpTransports(
        clock=fixed_clock, randomness=random.Random(7), network=policy
    )
    transport = factory.open(
        base_url="https://shop.example", auth=None, requests_per_second=9, burst=9
    )
    with pytest.raises(RejectedError, match=r"127\.0\.0\.1 \(this machine\)"):
        transport.send(READ)
    factory.close()


def test_h03_a_redirect_into_the_private_network_is_not_followed(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(307, headers={"location": "http://169.254.169.254/"})
    with pytest.raises(ContractBrokenError, match="redirects are not followed"):
        open_transport().send(READ)


def test_h11_a_secret_that_the_channel_echoes_is_not_repeated(
    router: respx.Router, open_transport: OpenTransport
) -> None:
    router.get("/orders").respond(
        403,
        json={"message": "key hunter2canary of ada@example.com is not allowed here"},
    )
    auth = httpx.BasicAuth("hunter2canary", "passwordcanary")
    with pytest.raises(RejectedError) as caught:
        open_transport(auth).send(READ)
    assert "canary" not in caught.value.message
    assert "ada@" not in caught.value.message
    assert "is not allowed here" in caught.value.message
