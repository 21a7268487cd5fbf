"""Checks of what happens before a channel is enabled, and of what must never leak."""

from __future__ import annotations

import httpx

from ...canonical.errors import (
    ChannelError,
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
)
from .bench import Bench, always, demand, expect_error, secrets_in, tell
from .touring import tour


def settings_survive_being_saved(bench: Bench) -> None:
    """Settings come back from their JSON as they were, secrets only on request."""
    model = type(bench.settings)
    plain = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in bench.settings.model_dump().items()
    }
    demand(
        model.model_validate(plain) == bench.settings,
        "settings that are saved and loaded are the same settings",
    )


def settings_hide_their_secrets(bench: Bench) -> None:
    """No secret shows in repr, str or JSON of the settings."""
    secrets = secrets_in(bench.settings)
    shown = f"{bench.settings!r} {bench.settings} {bench.settings.model_dump_json()}"
    for secret in secrets:
        demand(secret not in shown, "a secret setting never shows in repr, str or JSON")
    secret_given = [v for v in bench.case.settings.values() if v in secrets]
    # A folder of this machine needs none.
    demand(
        bool(secret_given) or not bench.case.hosts,
        "the settings of a connector hold at least one secret",
    )


def connecting_makes_no_call(bench: Bench) -> None:
    """``connect`` does no I/O: channels are listed without being asked."""
    demand(not bench.wire.requests, "connect() makes no call")


def check_tells_one_account(bench: Bench) -> None:
    """The account's id is there, and the same at every check."""
    first, second = bench.connector.check(), bench.connect().check()
    demand(bool(first.external_id), "check() tells the account's external id")
    demand(
        first.external_id == second.external_id,
        "check() tells the same external id every time",
    )


def wrong_credentials_ask_for_new_ones(bench: Bench) -> None:
    """A 401 at ``check`` is a ReauthRequiredError."""
    bench.wire.stand_in = always(401, json={"error": "no"})
    expect_error(
        "check() answers 401 with ReauthRequiredError",
        (ReauthRequiredError,),
        bench.connector.check,
    )


def missing_permission_is_told_apart(bench: Bench) -> None:
    """A 403 at ``check`` is no reason to try again and again."""
    bench.wire.stand_in = always(403, json={"error": "no"})
    expect_error(
        "check() answers 403 with RejectedError or ReauthRequiredError",
        (RejectedError, ReauthRequiredError),
        bench.connector.check,
    )


def an_outage_is_waited_out(bench: Bench) -> None:
    """A 500, and a web page in place of data, are RetryLaterErrors at ``check``."""
    page = {"content-type": "text/html"}
    for outage in (
        always(500),
        always(200, content=b"<html>Maintenance</html>", headers=page),
    ):
        bench.wire.stand_in = outage
        expect_error(
            "check() answers an outage with RetryLaterError",
            (RetryLaterError,),
            bench.connector.check,
        )


def retry_after_is_honoured(bench: Bench) -> None:
    """A short wish is waited out; a long one goes to the hub, unasked meanwhile."""
    refusals = [httpx.Response(429, headers={"retry-after": "7"})]
    bench.wire.stand_in = lambda request: refusals.pop() if refusals else None
    before = bench.clock.monotonic_seconds()
    try:
        bench.connector.check()
    except RetryLaterError as error:
        demand(error.delay_seconds == 7, "RetryLaterError tells the channel's wish")
    else:
        waited_seconds = bench.clock.monotonic_seconds() - before
        demand(waited_seconds >= 7, "Retry-After: 7 is waited out")
    bench.wire.stand_in = always(429, headers={"retry-after": "900"})
    count_before = len(bench.wire.requests)
    long_wish = expect_error(
        "a long Retry-After becomes a RetryLaterError",
        (RetryLaterError,),
        bench.connector.check,
    )
    demand(
        getattr(long_wish, "delay_seconds", None) == 900,
        "RetryLaterError tells the channel's wish",
    )
    demand(
        len(bench.wire.requests) == count_before + 1,
        "after Retry-After: 900 nothing more is asked",
    )


def only_declared_hosts_are_called(bench: Bench) -> None:
    """Whatever the connector does, it talks to the declared hosts alone."""
    tour(bench)
    called = {request.url.host for request in bench.wire.requests}
    demand(
        called <= bench.case.hosts,
        f"only {sorted(bench.case.hosts)} are called, and not "
        f"{sorted(called - bench.case.hosts)}",
    )


def no_secret_is_told(bench: Bench) -> None:
    """No secret in any log line or error, even where the channel echoes it."""
    secrets = secrets_in(bench.settings)
    told = [repr(bench.connector)]
    tour(bench)
    for status in (400, 401, 403, 404, 409, 422, 429, 500):
        bench.wire.stand_in = always(
            status, json={"message": f"do not use {' or '.join(secrets)}"}
        )
        try:
            bench.connect().check()
        except ChannelError as error:
            told.append(tell(error))
        bench.clock.pause(4000)  # longer than any wish to wait
    told.append(bench.log_text)
    for secret in secrets:
        demand(
            not any(secret in text for text in told),
            "a secret never shows in an error, a repr or a log line",
        )
