"""A file that describes a REST API, at a terminal: is it right, and what would be sent.

A dry run: the requests are written down where they would leave, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..canonical.clock import ManualClock
from ..canonical.errors import RetryLaterError
from ..canonical.orders import FulfilledLine
from ..canonical.pushes import FulfillmentPush, StockWrite
from ..connectors.calls import Answer, Call
from ..connectors.http import load_plugin
from ..connectors.sdk import Context, Credentials, Plugin, capabilities_of
from .asking import describe_settings
from .output import Output, headline, indent, list_facts, make_table, plain

_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class _Notebook:
    """A transport and its factory: writes calls down instead of sending them."""

    calls: list[Call] = field(default_factory=list)

    def open(self, **_: Any) -> _Notebook:
        return self

    def send(self, call: Call) -> Answer:
        self.calls.append(call)
        raise RetryLaterError("a dry run sends nothing")


class _NoCredentials:
    def load(self) -> Credentials:
        return Credentials(0, {})

    def replace(self, *, version: int, values: Mapping[str, str]) -> bool:
        return False


def show_described(output: Output, path: Path) -> None:
    """Check a file and show what the kind can do, asks for, and would send."""
    plugin = load_plugin(path)
    requests = _try_out(plugin)
    settings = describe_settings(plugin.settings)
    document = {
        "kind": plugin.kind,
        "title": plugin.title,
        "api_version": plugin.api_version,
        "capabilities": capabilities_of(plugin),
        "settings": settings,
        "requests": requests,
    }
    table = make_table("for", "request", "parameters", "body")
    for one in requests:
        table.add_row(
            one["for"],
            plain(f"{one['method']} {one['path']}"),
            plain(", ".join(f"{k}={v}" for k, v in one["params"].items())),
            plain("" if one["body"] is None else str(one["body"])),
        )
    facts = list_facts(
        [
            ("can", ", ".join(capabilities_of(plugin))),
            ("asks for", ", ".join(one["name"] for one in settings)),
        ]
    )
    title = headline(plugin.title, f"{plugin.kind} · the file is right")
    output.show(document, title, facts, "", indent(table))


def _try_out(plugin: Plugin) -> list[dict[str, Any]]:
    """Return the first request of everything that the kind can do."""
    values = {
        name: "https://api.example.com" if name == "address" else "sample"
        for name in plugin.settings.model_fields
    }
    notebook = _Notebook()
    context = Context(ManualClock(_MOMENT), notebook, _NoCredentials())
    connector: Any = plugin.connect(plugin.settings.model_validate(values), context)
    requests: list[dict[str, Any]] = []
    for name, act in _list_acts(connector).items():
        if not hasattr(connector, name):
            continue
        notebook.calls.clear()
        with suppress(RetryLaterError):
            act()
        requests += [
            {
                "for": name,
                "method": call.method,
                "path": call.path,
                "params": dict(call.params),
                "body": call.json,
            }
            for call in notebook.calls
        ]
    return requests


def _list_acts(connector: Any) -> dict[str, Callable[[], object]]:
    write = StockWrite("STOCK-ID", 5, 4, "key")
    push = FulfillmentPush(
        "REFERENCE",
        "ORDER-ID",
        (FulfilledLine(line_external_id="LINE-ID", quantity=1),),
        "CARRIER",
        "TRACKING",
        "https://track.example.com",
        _MOMENT,
        True,
        "key",
    )
    return {
        "check": connector.check,
        "pull_orders": lambda: connector.pull_orders(None, since=_MOMENT),
        "fetch_orders": lambda: connector.fetch_orders(["ORDER-ID"]),
        "pull_listings": lambda: connector.pull_listings(None),
        "fetch_listings": lambda: connector.fetch_listings(["LISTING-ID"]),
        "read_stock": lambda: connector.read_stock(["STOCK-ID"]),
        "push_stock": lambda: connector.push_stock([write]),
        "push_fulfillment": lambda: connector.push_fulfillment(push),
        "find_fulfillment": lambda: connector.find_fulfillment(push),
        "list_subscriptions": lambda: connector.list_subscriptions(),  # noqa: PLW0108 - not all have it
    }
