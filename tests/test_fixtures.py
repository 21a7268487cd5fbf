"""The ground that the other tests stand on: closed network, clock, empty databases."""

from __future__ import annotations

import socket
import urllib.request
from datetime import UTC, datetime

import pytest
from crossdock.canonical.clock import Clock, ManualClock
from sqlalchemy import create_engine, inspect, text


def test_a_test_cannot_connect_beyond_this_machine() -> None:
    with (
        socket.socket() as one,
        pytest.raises(RuntimeError, match=r"192\.0\.2\.1"),
    ):
        one.connect(("192.0.2.1", 80))


def test_a_test_cannot_look_up_a_name_of_the_internet() -> None:
    with pytest.raises(RuntimeError, match=r"shop\.example"):
        urllib.request.urlopen("https://shop.example/")


def test_a_test_can_talk_to_a_server_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(("localhost", server.getsockname()[1])) as client:
            client.sendall(b"hello")
        connection, _ = server.accept()
        with connection:
            assert connection.recv(5) == b"hello"


def test_a_clock_moved_by_hand_stands_still_until_it_is_moved(
    fixed_clock: ManualClock,
) -> None:
    clock: Clock = fixed_clock
    assert clock.now() == clock.now() == datetime(2026, 3, 2, 9, tzinfo=UTC)
    clock.pause(1.5)
    fixed_clock.advance(60)
    assert clock.now() == datetime(2026, 3, 2, 9, 1, 1, 500_000, tzinfo=UTC)
    assert clock.monotonic_seconds() == 61.5


def test_a_clock_moved_by_hand_never_runs_backwards(fixed_clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="cannot be moved by -1"):
        fixed_clock.advance(-1)


def test_a_clock_needs_a_start_that_can_be_placed_in_time() -> None:
    with pytest.raises(ValueError, match="zone"):
        ManualClock(datetime(2026, 3, 2, 9))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_gets_an_empty_database_of_its_own(
    database_url: str, time: str
) -> None:
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE only_here (number INTEGER)"))
    assert inspect(engine).get_table_names() == ["only_here"]
    engine.dispose()
