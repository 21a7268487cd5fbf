"""``crossdock channels add``: asking, trying, saving, reading for the first time.

What is saved, and when, is decided in ``sync.accounts``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from ..canonical.errors import SettingsError
from ..canonical.pushes import Account
from ..canonical.remembered import DriftPolicy, KnownChannel
from ..sync import accounts
from ..sync.accounts import NewChannel
from ..sync.hub import Hub
from ..sync.hub import read_settings as check_settings
from .asking import ask_settings, read_given
from .describing import describe_channel, render_channel
from .output import Output, count
from .session import Json, open_session, read_moment
from .working import follow_steps, read_channel, show_effect

Kind = Annotated[str, typer.Argument(help="shopify, woocommerce, ...")]
NewName = Annotated[
    str, typer.Option("--name", help="The channel's name; else its kind.")
]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting. VALUE may be @FILE, env:VARIABLE or - (standard input). "
        "Without any, each setting is asked for.",
    ),
]
Buffer = Annotated[
    int,
    typer.Option(
        "--buffer", min=0, help="Units that it shows less than can be promised."
    ),
]
OnDrift = Annotated[
    DriftPolicy,
    typer.Option(
        "--on-drift",
        help="When it shows what no order explains: ask a person, write over it, or "
        "adopt the difference as a stock count.",
    ),
]
CatalogSource = Annotated[
    bool | None,
    typer.Option(
        "--catalog-source/--no-catalog-source",
        help="Whether its listings make SKUs and opening stock.",
        show_default="only if the hub has no SKU yet",
    ),
]
Since = Annotated[
    str,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Take in orders from then on, such as 2026-01-31 or "
        "2026-01-31T08:00:00+01:00; else from now on.",
    ),
]
OpeningBalance = Annotated[
    str,
    typer.Option(
        "--opening-balance",
        metavar="TIME",
        help="Take along orders placed since then that are still to be shipped: they "
        "ship through the hub, and their units count as on hand.",
    ),
]
Hold = Annotated[
    bool,
    typer.Option(
        "--hold",
        help="Write nothing to it before `crossdock channels release`; "
        "`crossdock restore review` shows what would be written.",
    ),
]
Read = Annotated[
    bool,
    typer.Option("--read/--no-read", help="Read its listings and orders at once."),
]


def add(
    context: typer.Context,
    kind: Kind,
    name: NewName = "",
    given: Given = None,
    buffer_units: Buffer = 0,
    on_drift: OnDrift = DriftPolicy.ASK,
    catalog_source: CatalogSource = None,
    since: Since = "",
    opening_balance: OpeningBalance = "",
    hold: Hold = False,
    read: Read = True,
    as_json: Json = False,
) -> None:
    """Connect a channel: its settings are tried with the channel before they are saved.

    Asks for each setting, secrets unseen. For scripts give them with `--set`, secrets
    from a file or a variable so that they stay out of the shell's history.

    Example:

        crossdock channels add woocommerce
        crossdock channels add woocommerce --name shop \\
            --set shop_url=https://example.com \\
            --set consumer_key=@key.txt --set consumer_secret=env:SHOP_SECRET
    """
    output = Output(as_json=as_json)
    orders_since = read_moment("--since", since)
    with open_session(context, output) as hub:
        new = NewChannel(
            name or _choose_name(hub, kind),
            kind,
            _collect(hub, kind, given or [], output),
            buffer_units=buffer_units,
            drift_policy=on_drift,
            catalog_source=catalog_source,
            orders_since=orders_since,
            opening_since=read_moment("--opening-balance", opening_balance),
            held=hold,
        )
        _connect(hub, new, output, read=read)


def _connect(hub: Hub, new: NewChannel, output: Output, *, read: bool) -> None:
    with output.watch(f"Trying the settings with {new.kind}"):
        channel, account = accounts.add_channel(hub, new)
    output.note(f"{channel.name} is connected: {account.name}.")
    show_warnings(output, account)
    if read:
        _read_first(hub, channel, output)
    document = describe_channel(hub, channel)
    document["warnings"] = list(account.warnings)
    output.show(document, render_channel(document))
    output.note("Next: crossdock run" + ("" if read else ", or crossdock pull"))


def _collect(
    hub: Hub, kind: str, given: list[str], output: Output
) -> Mapping[str, Any]:
    plugin = hub.find_plugin(kind)
    values = read_given(given) if given else ask_settings(plugin, output)
    known = plugin.settings.model_fields
    unknown = [name for name in values if name not in known]
    if unknown:
        raise SettingsError(
            f"{kind} has no setting {', '.join(unknown)}; it has {', '.join(known)}",
            next_step=f"crossdock connectors {kind} explains each.",
        )
    check_settings(plugin, values)
    return values


def _choose_name(hub: Hub, kind: str) -> str:
    taken = {channel.name for channel in hub.load_channels()}
    number = 1
    while True:
        name = kind if number == 1 else f"{kind}-{number}"
        if name not in taken:
            return name
        number += 1


def show_warnings(output: Output, account: Account) -> None:
    """Say what will not work with these credentials."""
    for warning in account.warnings:
        output.warn(warning)


def _read_first(hub: Hub, channel: KnownChannel, output: Output) -> None:
    """Read a new channel in front of a person; the channel is saved whatever happens.

    Raises:
        ChannelError: it cannot be read after all; a running hub goes on trying.
    """
    with output.watch(f"Reading {channel.name}") as note, follow_steps(hub, note):
        reading = read_channel(hub, channel, everything=True)
    if reading.left_to_other:
        output.note("The hub that runs already reads it now.")
        return
    listed = count(reading.listings or 0, "listing")
    output.note(f"Read {listed} and {count(reading.orders.received, 'order')}.")
    show_effect(hub, output, "Bringing stock in step")
