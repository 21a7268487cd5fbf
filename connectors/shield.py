"""Keeps what a connector of somebody else does wrong inside that connector.

Wrapped around every plugin that is not built in. Whatever it raises becomes one of the
hub's own errors without the text that it brought (nobody knows what is in it); a
``ChannelError`` keeps its text, less the channel's secrets; an answer of another type
or number than promised is no answer. It is no sandbox: such code has all rights of the
hub, can open sockets of its own, and can hang; docs/connectors/writing.md says what
then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import SecretStr

from ..canonical.errors import (
    ChannelError,
    ContractBrokenError,
    OutcomeUnknownError,
    StoreError,
    WebhookRefusedError,
)
from ..canonical.listings import Listing
from ..canonical.orders import Order
from ..canonical.pages import Delivery, Page, Record
from ..canonical.pushes import Account, PushResult, Subscription
from ..canonical.stock import StockReading
from .redaction import redact
from .sdk import Connector, ConnectorSettings, Context, Plugin, Translator

RECORDS_MAX = 10_000
"""The most that one page may hold; the largest page of a built-in kind has 250."""

_ONE: Mapping[str, type | tuple[type, ...]] = {
    "check": Account,
    "pull_orders": Page,
    "pull_listings": Page,
    "push_fulfillment": PushResult,
    "find_fulfillment": (str, type(None)),
    "push_cancellation": PushResult,
    "push_refund": PushResult,
    "find_refund": (str, type(None)),
    "read_webhook": Delivery,
    "subscribe": Subscription,
    "unsubscribe": type(None),
    "answer_challenge": Mapping,
}
"""By method: what it answers."""
_MANY: Mapping[str, type] = {
    "fetch_orders": Record,
    "fetch_listings": Record,
    "read_stock": StockReading,
    "push_stock": PushResult,
    "push_prices": PushResult,
    "read_submissions": PushResult,
    "list_subscriptions": Subscription,
}
"""By method: what it answers a tuple of."""
_ONE_EACH = frozenset({"read_stock", "push_stock", "push_prices", "read_submissions"})
_AT_MOST_ONE_EACH = frozenset({"fetch_orders", "fetch_listings"})
_WRITES = frozenset(
    {
        "push_stock",
        "push_prices",
        "push_fulfillment",
        "push_cancellation",
        "push_refund",
    }
)
"""Where a failure may have come after the deed."""
_HEARS = frozenset({"read_webhook", "answer_challenge"})


def shield(plugin: Plugin) -> Plugin:
    """Return the plugin with everything of it behind the shield that the hub calls."""

    def connect(settings: ConnectorSettings, context: Context) -> Connector:
        made = _call("connect", lambda: plugin.connect(settings, context), ())
        return _wrap(made, _list_secrets(settings))

    return replace(
        plugin, connect=connect, translator=_ShieldedTranslator(plugin.translator)
    )


def _list_secrets(settings: ConnectorSettings) -> tuple[str, ...]:
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return tuple(one.get_secret_value() for one in values if isinstance(one, SecretStr))


def _wrap(connector: Any, secrets: tuple[str, ...]) -> Connector:
    """Return an object whose class has the connector's capabilities, and no other."""
    members: dict[str, Any] = {
        name: _make_method(connector, name, secrets)
        for name in (*_ONE, *_MANY)
        if hasattr(type(connector), name)
    }
    if hasattr(type(connector), "topics"):
        members["topics"] = property(
            lambda self: _call("topics", lambda: tuple(connector.topics), secrets)
        )
    made: Connector = type("Shielded", (), members)()
    return made


def _make_method(
    connector: Any, name: str, secrets: tuple[str, ...]
) -> Callable[..., Any]:
    def method(_: object, *given: Any, **named: Any) -> Any:
        kept = [_freeze(one) for one in given]
        answer = _call(name, lambda: getattr(connector, name)(*kept, **named), secrets)
        asked = len(given[0]) if given and name in _MANY else 0
        problem = _find_problem(name, answer, asked)
        if problem:
            raise _make_error(name, f"{name} of the connector {problem}")
        return _tidy(answer, secrets)

    return method


def _freeze(given: Any) -> Any:
    """Return an argument that the connector cannot change for others."""
    if isinstance(given, Mapping):
        return MappingProxyType(dict(given))
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return tuple(given)
    return given


def _call(name: str, act: Callable[[], Any], secrets: tuple[str, ...]) -> Any:
    """Let the connector act; what it raises comes out as an error of the hub's own.

    Raises:
        ChannelError: the connector raised.
        StoreError: the hub's own database failed while credentials were kept.
    """
    try:
        return act()
    except StoreError:
        raise
    except ChannelError as error:
        error.message = redact(error.message, secrets)
        error.args = (error.message,)
        error.__cause__ = error.__context__ = None
        raise
    except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001 - see above
        place = _find_place(error)
        raised = f"{name} of the connector raised {type(error).__name__} at {place}"
    raise _make_error(name, raised)


def _find_place(error: BaseException) -> str:
    """Return file and line where an error was raised, which quote nothing."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "an unknown place"
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"


def _make_error(name: str, message: str) -> ChannelError:
    if name in _WRITES:
        return OutcomeUnknownError(message)
    if name in _HEARS:
        return WebhookRefusedError(message)
    return ContractBrokenError(message)


def _find_problem(name: str, answer: object, asked: int) -> str:
    """Return what is wrong with an answer; empty where nothing is."""
    if name in _ONE:
        if not isinstance(answer, _ONE[name]):
            return f"answered with a {type(answer).__name__}"
        return _find_problem_of_page(answer) if isinstance(answer, Page) else ""
    if not isinstance(answer, tuple):
        return f"answered with a {type(answer).__name__} and not a tuple"
    if not all(isinstance(one, _MANY[name]) for one in answer):
        return f"answered with something that is no {_MANY[name].__name__}"
    if name in _ONE_EACH and len(answer) != asked:
        return f"answered {len(answer)} times to {asked} questions"
    if name in _AT_MOST_ONE_EACH and len(answer) > asked:
        return f"answered with {len(answer)} records where {asked} were asked for"
    return ""


def _find_problem_of_page(page: Page) -> str:
    if not isinstance(page.records, tuple) or not isinstance(page.cursor, str):
        return "answered with a page whose records or cursor are none"
    if not all(isinstance(one, Record) for one in page.records):
        return "answered with a page of something that is no Record"
    if len(page.records) > RECORDS_MAX:
        return f"answered with {len(page.records)} records on one page"
    return ""


def _tidy(answer: Any, secrets: tuple[str, ...]) -> Any:
    """Take secrets out of the reasons that a person will read."""
    if isinstance(answer, PushResult):
        return replace(answer, reason=redact(answer.reason, secrets))
    if isinstance(answer, tuple):
        return tuple(_tidy(one, secrets) for one in answer)
    return answer


class _ShieldedTranslator:
    """The translator of a plugin: it returns what it should, or names no words."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order."""
        order = self._read("read_order", payload)
        if not isinstance(order, Order):
            raise ContractBrokenError("read_order of the translator gave no Order")
        return order

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one product record."""
        found = self._read("read_listings", payload)
        if not isinstance(found, tuple) or not all(
            isinstance(one, Listing) for one in found
        ):
            raise ContractBrokenError("read_listings of the translator gave no Listing")
        return found

    def _read(self, name: str, payload: Mapping[str, Any]) -> Any:
        read = getattr(self._translator, name)
        return _call(name, lambda: read(_freeze(payload)), ())
