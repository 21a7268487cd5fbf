"""Where a connector is put to the test: its transport, a wire that listens, its logs.

The wire stands between the transport and the simulated channel. It writes down every
request, and can answer in the channel's place or lose the channel's answer.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import orjson
from pydantic import SecretStr

from ...canonical.errors import ChannelError
from ...canonical.pages import Page, Record
from ..netguard import NetworkPolicy
from ..sdk import ConnectorSettings, Context, Credentials
from ..transport import HttpTransports
from .case import ConformanceCase

PAGES_MAX = 200
"""A walk that is longer than this has no end."""

CARELESS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a connector raises that took the shape of an answer on trust."""

Stand = Callable[[httpx.Request], httpx.Response | None]
Loss = Callable[[httpx.Request], bool]


class NonconformityError(AssertionError):
    """A connector breaks a promise of the SDK; the text says which, and how."""


def demand(kept: bool, promise: str) -> None:
    """Return if a promise is kept.

    Raises:
        NonconformityError: it is not.
    """
    if not kept:
        raise NonconformityError(promise)


class ListeningWire(httpx.BaseTransport):
    """Passes requests on, writes them down, and interferes where it is told to."""

    def __init__(self, channel: httpx.BaseTransport) -> None:
        self._channel = channel
        self.requests: list[httpx.Request] = []
        self.answers: list[tuple[httpx.Request, httpx.Response]] = []
        self.stand_in: Stand = lambda request: None
        """Answers instead of the channel, where it returns a response."""
        self.loses: Loss = lambda request: False
        """Whether the channel's answer to a request never arrives."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or lose the answer after the channel has acted on it."""
        request.read()
        self.requests.append(request)
        response = self.stand_in(request)
        if response is None:
            response = self._channel.handle_request(request)
            response.read()
        self.answers.append((request, response))
        if self.loses(request):
            raise httpx.ReadError("the answer was lost", request=request)
        return response


def _hang_up(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("the channel speaks no HTTP", request=request)


class MemoryCredentials:
    """A credential store for one test."""

    def __init__(self) -> None:
        self._current = Credentials(0, {})

    def load(self) -> Credentials:
        """Return the current tokens."""
        return self._current

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        """Store tokens if nobody was faster."""
        if version != self._current.version:
            return False
        self._current = Credentials(version + 1, dict(values))
        return True


class _Ears(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Bench:
    """One fresh channel with one connected connector; a context manager."""

    def __init__(self, case: ConformanceCase) -> None:
        self.case = case
        self.plugin = case.plugin
        self.channel = case.start()
        self.clock = self.channel.clock
        self.started_at = self.clock.now()
        self.wire = ListeningWire(self.channel.wire() or httpx.MockTransport(_hang_up))
        self.settings = case.plugin.settings.model_validate(dict(case.settings))
        self.connector: Any = self.connect()
        self._ears = _Ears()
        self._level = logging.NOTSET

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._level = root.level
        root.addHandler(self._ears)
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        root = logging.getLogger()
        root.setLevel(self._level)
        root.removeHandler(self._ears)

    @property
    def log_text(self) -> str:
        """Everything logged so far, at any level."""
        return "\n".join(self._ears.lines)

    def connect(self) -> Any:
        """Return another instance of the connector, as after a restart."""
        transports = HttpTransports(
            clock=self.clock,
            randomness=random.Random(7),  # noqa: S311 - to be repeatable
            network=NetworkPolicy(self.case.allow_private_networks),
            wire=lambda: self.wire,
        )
        context = Context(self.clock, transports, MemoryCredentials())
        return self.plugin.connect(self.settings, context)

    def settle(self) -> None:
        """Let enough time pass for what was changed to be visible everywhere."""
        traits = self.plugin.traits
        self.clock.pause(traits.visibility_lag_seconds + traits.settle_seconds + 2)

    def pull_page(self, cursor: str | None, connector: Any = None) -> Page:
        """Return the page of orders after a cursor."""
        page: Page = (connector or self.connector).pull_orders(
            cursor, since=self.started_at - timedelta(days=1)
        )
        return page

    def walk(self, cursor: str | None = None, connector: Any = None) -> list[Page]:
        """Return all pages of orders after a cursor.

        Raises:
            NonconformityError: there is no end to them.
        """
        pages: list[Page] = []
        while not pages or not pages[-1].complete:
            demand(len(pages) < PAGES_MAX, f"a pull ends ({PAGES_MAX} pages did not)")
            pages.append(self.pull_page(cursor, connector))
            cursor = pages[-1].cursor
        return pages

    def pull_order(self, external_id: str) -> Record:
        """Return one order's record as it is now.

        Raises:
            NonconformityError: the connector does not find it.
        """
        records = self.connector.fetch_orders([external_id])
        demand(len(records) == 1, f"fetch_orders finds the order {external_id}")
        record: Record = records[0]
        return record


def ids_of(pages: list[Page]) -> set[str]:
    """Return the external ids on some pages."""
    return {record.external_id for page in pages for record in page.records}


def secrets_in(settings: ConnectorSettings) -> list[str]:
    """Return the plain text of every secret setting."""
    values = [getattr(settings, name) for name in type(settings).model_fields]
    found = [v.get_secret_value() for v in values if isinstance(v, SecretStr)]
    return [secret for secret in found if secret]


def expect_error(
    promise: str, kinds: tuple[type[ChannelError], ...], act: Callable[[], object]
) -> ChannelError:
    """Return the error of one of these kinds that ``act`` raises.

    Raises:
        NonconformityError: it raises another one, or none.
    """
    try:
        act()
    except kinds as error:
        return error
    except (ChannelError, *CARELESS) as error:
        raise NonconformityError(
            f"{promise}; it raised {type(error).__name__}: {error}"
        ) from error
    raise NonconformityError(f"{promise}; it raised nothing")


def always(
    status: int,
    *,
    json: Any = None,
    content: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Stand:
    """Return a stand-in that answers everything in the same way."""
    kind = {"content-type": "application/json"}
    return lambda request: httpx.Response(
        status,
        headers={**kind, **(headers or {})},
        content=content if json is None else orjson.dumps(json),
        request=request,
    )


def tell(error: BaseException) -> str:
    """Return everything that a log would show of an error, its causes included."""
    return "".join(traceback.format_exception(error)) + repr(error)
