"""The receiver keeps genuine deliveries once, refuses others, and tells how it is."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from crossdock.canonical.errors import (
    CrossdockError,
    SettingsError,
    StoreBusyError,
    StoreFullError,
)
from crossdock.store.marks import MarkKind
from crossdock.web import receiver as web
from crossdock.web.health import OVERDUE_SECONDS_MAX, SILENT_SECONDS_MAX
from crossdock.web.receiver import BODY_BYTES_MAX


def test_a01_a_genuine_delivery_is_kept_once_and_its_order_is_marked(
    receiver: Any,
) -> None:
    first, second = receiver.ring("1001"), receiver.ring("1001")
    assert (first.status_code, first.json()) == (200, {"outcome": "kept"})
    assert (second.status_code, second.json()) == (200, {"outcome": "known"})
    fetches = [one for one in receiver.marks() if one.kind is MarkKind.FETCH]
    assert [one.key for one in fetches] == ["bell/1001"]


def test_a12_a_forged_delivery_is_refused_and_leaves_nothing(receiver: Any) -> None:
    before = receiver.marks()
    answer = receiver.ring("1001", signature="forged")
    assert (answer.status_code, answer.json()) == (401, {"outcome": "refused"})
    assert receiver.marks() == before


def test_a15_a_forgery_does_not_block_the_genuine_delivery(receiver: Any) -> None:
    assert receiver.ring("1001", signature="forged").status_code == 401
    assert receiver.ring("1001").json() == {"outcome": "kept"}


def test_a09_deliveries_are_answered_fast_while_nobody_works(receiver: Any) -> None:
    seconds = []
    for number in range(100):
        started_at = time.perf_counter()
        assert receiver.ring(str(number)).status_code == 200
        seconds.append(time.perf_counter() - started_at)
    assert statistics.quantiles(seconds, n=100)[98] < 0.5
    assert len([one for one in receiver.marks() if one.kind is MarkKind.FETCH]) == 100


def test_a17_a_challenge_is_answered_with_the_address_as_the_channel_knows_it(
    receiver: Any,
) -> None:
    receiver.hub.tuning = replace(receiver.hub.tuning, public_url="https://hub.test/")
    path = f"/webhooks/{receiver.channel.webhook_path}"
    answer = receiver.ask("GET", path, params={"knock": "three times"})
    assert answer.status_code == 200
    assert answer.json() == {"who": f"three times at https://hub.test{path}"}


def test_a17_whatever_is_no_challenge_finds_an_address_that_only_listens(
    receiver: Any,
) -> None:
    for path in (f"/webhooks/{receiver.channel.webhook_path}", "/webhooks/guessed"):
        answer = receiver.ask("GET", path, params={"other": "thing"})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_h33_an_address_that_nobody_has_is_refused_like_a_forgery(
    receiver: Any,
) -> None:
    answer = receiver.ask("POST", "/webhooks/guessed", content=b"1001")
    assert (answer.status_code, answer.json()) == (401, {"outcome": "refused"})


def test_g09_a_body_without_measure_is_not_read(receiver: Any) -> None:
    async def pour() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES_MAX // 65_536 + 1):
            yield b"x" * 65_536

    address = f"/webhooks/{receiver.channel.webhook_path}"
    announced = receiver.ask("POST", address, content=b"x" * (BODY_BYTES_MAX + 1))
    poured = receiver.ask("POST", address, content=pour())
    assert (announced.status_code, poured.status_code) == (413, 413)


@pytest.mark.parametrize(
    "error",
    [
        StoreBusyError("held by another process"),
        StoreFullError("the disk is full"),
        SettingsError("the key is another one"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_f10_what_cannot_be_kept_now_shall_be_sent_again(
    receiver: Any, error: CrossdockError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(web, "receive_webhook", fail)
    answer = receiver.ring("1001")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json"])
def test_h31_nothing_else_is_shown_to_the_world(receiver: Any, path: str) -> None:
    assert receiver.ask("GET", path).status_code == 404


def test_a_webhook_address_does_not_answer_to_looking(receiver: Any) -> None:
    address = f"/webhooks/{receiver.channel.webhook_path}"
    assert receiver.ask("GET", address).status_code == 405


def test_a_working_hub_is_healthy_and_tells_no_secret(receiver: Any) -> None:
    receiver.health.note_sweep()
    receiver.clock.advance(2)
    answer = receiver.ask("GET", "/healthz")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["healthy"], told["problems"], told["database"]) == (True, [], True)
    assert told["seconds_since_sweep"] == 2
    assert told["overdue_seconds"] == {"bell": 2}
    assert told["channels"] == {"bell": "enabled"}
    assert receiver.channel.webhook_path not in answer.text


def test_an_engine_that_fell_silent_is_not_healthy(receiver: Any) -> None:
    receiver.health.note_sweep()
    receiver.clock.advance(SILENT_SECONDS_MAX + 6)
    answer = receiver.ask("GET", "/healthz")
    assert answer.status_code == 503
    assert "silent" in answer.json()["problems"][0]


def test_an_engine_that_never_began_is_not_healthy_for_long(receiver: Any) -> None:
    assert receiver.ask("GET", "/healthz").json()["seconds_since_sweep"] is None
    receiver.clock.advance(SILENT_SECONDS_MAX + 6)
    assert receiver.ask("GET", "/healthz").status_code == 503


def test_a_lane_that_stands_still_is_not_healthy(receiver: Any) -> None:
    receiver.clock.advance(OVERDUE_SECONDS_MAX + 1)
    receiver.health.note_sweep()
    answer = receiver.ask("GET", "/healthz")
    assert answer.status_code == 503
    assert "bell has had work due" in answer.json()["problems"][0]


def test_a_database_that_cannot_be_read_is_said_without_its_address(
    receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def refuse(_: object) -> Iterator[None]:
        raise StoreBusyError("postgresql://user@host is held")
        yield

    monkeypatch.setattr(type(receiver.hub.store), "reading", refuse)
    answer = receiver.ask("GET", "/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] is False
    assert "postgresql" not in answer.text
