"""``crossdock run`` as a real process: webhooks come in, signals end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from crossdock.cli.failures import ExitCode
from crossdock.simulators.wire import Response

COMMAND = [sys.executable, "-c", "from crossdock.cli.main import main; main()"]
START_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 15.0


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail(f"waited in vain: {what}")
        time.sleep(0.05)


@contextmanager
def running(port: int, *words: str, **environment: str) -> Iterator[Any]:
    """Start a hub in the present folder, and be sure that it is gone afterwards."""
    process = subprocess.Popen(
        [*COMMAND, "run", "--json", *words],
        env={**os.environ, "CROSSDOCK_SERVER__PORT": str(port), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def stop(process: Any, number: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=STOP_SECONDS_MAX)
    return process.returncode, out, err


def test_f06_a_webhook_brings_an_order_in_and_sigterm_ends_it_cleanly(
    connected: Any, market: Any, free_port: int
) -> None:
    url = f"http://127.0.0.1:{free_port}"
    quiet = {
        "CROSSDOCK_SERVER__PUBLIC_URL": url,
        "CROSSDOCK_SCHEDULE__PULL_SECONDS": "86400",  # nothing but a webhook helps
    }
    with running(free_port, **quiet) as process:
        assert json.loads(process.stdout.readline())["listening"] == url
        webhooks = market.shop.state.webhooks
        wait_until(lambda: len(webhooks) >= 4, "the hub subscribes")
        wait_until(
            lambda: ask(f"{url}/healthz")["overdue_seconds"] == {}, "the first pull"
        )
        order = market.buy("101", 2)
        wait_until(
            lambda: connected("explain", "order", order).code == 0, "the order is in"
        )
        health = ask(f"{url}/healthz")
        assert (health["healthy"], health["channels"]) == (True, {"shop": "enabled"})
        code, out, err = stop(process, signal.SIGTERM)
    assert (code, out) == (0, "")
    assert "Traceback" not in err
    assert connected("fsck").code == 0


def test_ctrl_c_ends_it_and_a_second_hub_on_its_port_is_refused(
    hub: Any, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(free_port) as process:
        assert process.stdout.readline()
        monkeypatch.setenv("CROSSDOCK_SERVER__PORT", str(free_port))
        second = hub("run")
        assert second.code == ExitCode.USAGE
        errors = [line for line in second.err.splitlines() if "error: " in line]
        assert len(errors) == 1
        assert f"Port {free_port}" in errors[0]
        assert "CROSSDOCK_SERVER__PORT" in second.err
        code, _, err = stop(process, signal.SIGINT)
    assert code == 0
    assert "Traceback" not in err


def test_without_webhooks_no_port_is_opened(hub: Any, free_port: int) -> None:
    with running(free_port, "--no-webhooks") as process:
        assert json.loads(process.stdout.readline())["listening"] == ""
        with pytest.raises(OSError, match="refused"):
            ask(f"http://127.0.0.1:{free_port}/healthz")
        assert stop(process, signal.SIGTERM)[0] == 0


def test_f06_a_channel_that_never_answers_does_not_keep_it_from_ending(
    connected: Any, market: Any, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    enough = threading.Event()

    def think(request: Any) -> Response:
        asked.append(request)
        enough.wait(60)
        return Response(200, {}, b"")

    monkeypatch.setattr(market.shop, "handle", think)
    with running(free_port) as process:
        assert process.stdout.readline()
        wait_until(lambda: bool(asked), "the hub asks the shop")
        code, _, err = stop(process, signal.SIGTERM)
    enough.set()
    assert code == 0
    assert "does not answer" in err
