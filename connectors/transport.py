"""The one door to the network: every request of every connector goes through here.

It paces, waits out Retry-After, retries safe reads, keeps deadlines and byte caps,
refuses private addresses and redacts. It knows no channel; the connectors do. What a
call and an answer are is in ``calls``, and importable from here.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import orjson
import tenacity

from ..canonical.clock import Clock
from ..canonical.errors import ContractBrokenError, RetryLaterError
from .calls import Answer, Call, Transport, TransportFactory
from .deadline import Deadline, in_progress
from .failures import Attempt
from .netguard import NetworkPolicy
from .pacing import Pace, RetryBudget
from .redaction import silence_wire_logs
from .statuses import DELAY_SECONDS_MIN, Meaning, meaning_of, read_retry_after
from .wire import GuardedWire, WholeAnswers

logger = logging.getLogger("crossdock.transport")

ATTEMPTS_MAX = 4
BACKOFF_SECONDS_FIRST = 0.5
BACKOFF_SECONDS_MAX = 8.0
DEADLINE_SECONDS = 30.0
BODY_BYTES_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Account:
    """What all transports of one account share."""

    pace: Pace
    budget: RetryBudget


@dataclass(kw_only=True)
class HttpTransports:
    """The hub's factory of transports: one wire, one pace for each account.

    ``wire`` makes the lowest layer (tests and simulations hand in theirs); without it
    real sockets are used, under ``network``. ``deadline_seconds`` is for a whole call,
    its waiting and its retries included. Close it when the hub stops.
    """

    clock: Clock
    randomness: random.Random
    network: NetworkPolicy
    wire: Callable[[], httpx.BaseTransport] | None = None
    user_agent: str = "Crossdock"
    deadline_seconds: float = DEADLINE_SECONDS
    body_bytes_max: int = BODY_BYTES_MAX
    attempts_max: int = ATTEMPTS_MAX
    """Most attempts of a call that is safe to repeat."""
    _accounts: dict[tuple[str, str, float, int], _Account] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        silence_wire_logs()
        lowest = self.wire() if self.wire else GuardedWire(self.network)
        self._wire = WholeAnswers(lowest, body_bytes_max=self.body_bytes_max)

    def open(
        self,
        *,
        base_url: str,
        auth: httpx.Auth | None,
        requests_per_second: float,
        burst: int,
        headers: Mapping[str, str] | None = None,
        account: str = "",
    ) -> HttpTransport:
        """Return a transport for the account at ``base_url``. Does no I/O.

        Transports opened for the same address and account at the same pace share their
        turns.

        Raises:
            SettingsError: the address cannot be used.
        """
        root = str(self.network.check_base_url(base_url)).rstrip("/")
        shared = self._accounts.setdefault(
            (root, account, requests_per_second, burst),
            _Account(
                Pace(self.clock, requests_per_second=requests_per_second, burst=burst),
                RetryBudget(),
            ),
        )
        client = httpx.Client(
            transport=self._wire,
            auth=auth,
            headers={
                "accept": "application/json",
                "accept-encoding": "gzip, deflate",
                "user-agent": self.user_agent,
                **(headers or {}),
            },
            follow_redirects=False,
            trust_env=False,
        )
        return HttpTransport(self, root, client, shared)

    def close(self) -> None:
        """Close all connections of all transports."""
        self._wire.close()


class HttpTransport:
    """Sends the calls of one account over HTTP; see ``Transport`` for the promises."""

    def __init__(
        self,
        factory: HttpTransports,
        root: str,
        client: httpx.Client,
        account: _Account,
    ) -> None:
        self._factory = factory
        self._root = root
        self._client = client
        self._account = account

    def send(self, call: Call) -> Answer:
        """Send a call within one deadline, retrying it only if it is safe."""
        deadline = Deadline(self._factory.clock, self._factory.deadline_seconds)
        token = in_progress.set(deadline)
        try:
            self._account.budget.earn()
            if not call.safe:
                return self._attempt(call, deadline)
            return self._retrying(deadline)(self._attempt, call, deadline)
        finally:
            in_progress.reset(token)

    def _retrying(self, deadline: Deadline) -> tenacity.Retrying:
        def must_stop(state: tenacity.RetryCallState) -> bool:
            return (
                state.attempt_number >= self._factory.attempts_max
                or state.upcoming_sleep >= deadline.remaining_seconds
                or not self._account.budget.spend()
            )

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(RetryLaterError),
            wait=self._choose_wait,
            stop=must_stop,
            sleep=self._factory.clock.pause,
            reraise=True,
        )

    def _choose_wait(self, state: tenacity.RetryCallState) -> float:
        """Return the channel's wish, or full jitter under a doubling ceiling."""
        error = state.outcome.exception() if state.outcome else None
        wish = error.delay_seconds if isinstance(error, RetryLaterError) else None
        if wish is not None:
            return wish + self._factory.randomness.uniform(0, wish / 10)
        ceiling = BACKOFF_SECONDS_FIRST * 2 ** (state.attempt_number - 1)
        return self._factory.randomness.uniform(0, min(ceiling, BACKOFF_SECONDS_MAX))

    def _attempt(self, call: Call, deadline: Deadline) -> Answer:
        self._wait_for_turn(deadline)
        attempt = Attempt(self._build(call), call.safe)
        started_at = self._factory.clock.monotonic_seconds()
        try:
            response = self._client.send(attempt.request)
        except httpx.TransportError as error:
            raise attempt.explain_exception(error) from None
        except ContractBrokenError as error:
            if call.safe:
                raise
            raise attempt.explain_lost_answer(error.message) from error
        # httpx ties a response and its stream to one another. The body has been read,
        # and megabytes shall not wait for the collector of cycles.
        del response.stream
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s answered %d, %d bytes, %.3f s",
                attempt.label,
                response.status_code,
                len(response.content),
                self._factory.clock.monotonic_seconds() - started_at,
            )
        return self._judge(call, attempt, response)

    def _wait_for_turn(self, deadline: Deadline) -> None:
        taken, wait_seconds = self._account.pace.take_turn(deadline.remaining_seconds)
        if not taken:
            raise RetryLaterError(
                f"{self._root} may not be asked again for {wait_seconds:.0f} s",
                delay_seconds=wait_seconds,
            )
        if wait_seconds > 0:
            self._factory.clock.pause(wait_seconds)

    def _build(self, call: Call) -> httpx.Request:
        path = call.path.lstrip("/")
        if {"?", "#", "\\"} & set(path) or ".." in path.split("/"):
            raise ContractBrokenError(
                "a record's id would lead out of the channel's API path",
                next_step="Ids that go into a path must be percent-encoded.",
            )
        headers = dict(call.headers)
        content = call.content
        if call.json is not None:
            content = orjson.dumps(call.json)
            headers.setdefault("content-type", "application/json")
        elif call.form is not None:
            content = urlencode(call.form).encode()
            headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return self._client.build_request(
            call.method,
            f"{self._root}/{path}",
            params=call.params or None,
            content=content,
            headers=headers,
        )

    def _judge(self, call: Call, attempt: Attempt, response: httpx.Response) -> Answer:
        status, headers = response.status_code, response.headers
        meaning = meaning_of(status)
        if meaning is Meaning.ANSWERED:
            self._account.pace.speed_up()
            answer = Answer(status, headers, response.content, repeatable=call.safe)
            return _require_usable(answer)
        if status in call.accept_statuses:
            self._account.pace.speed_up()
            return Answer(status, headers, response.content)
        now = self._factory.clock.now()
        wish = read_retry_after(headers, now)
        if meaning is Meaning.TURNED_AWAY or wish is not None:
            self._account.pace.slow_down(wish or DELAY_SECONDS_MIN)
        raise attempt.explain_status(response, now)


def _require_usable(answer: Answer) -> Answer:
    """Return the answer, if its body is what its content type says.

    A page cut off without a Content-Length shows only when it is parsed. Parsing here
    rather than in the connector lets a safe call be repeated.
    """
    content_type = answer.headers.get("content-type", "").lower()
    if answer.body and ("json" in content_type or "html" in content_type):
        answer.json()
    return answer


__all__ = [
    "Answer",
    "Call",
    "HttpTransport",
    "HttpTransports",
    "NetworkPolicy",
    "Transport",
    "TransportFactory",
]
