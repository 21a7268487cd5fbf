"""``crossdock channels``: connecting accounts, looking after them, letting them go.

Credentials are proved with the channel before anything is saved. What the commands do
is in ``sync.accounts``; here it is asked for, shown and confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from ..canonical.errors import ChannelError, RefusedError, SettingsError
from ..canonical.pushes import Account
from ..canonical.remembered import ChannelState, DriftPolicy, KnownChannel
from ..store import conflicts, listings, publications
from ..sync import accounts
from ..sync.accounts import NewChannel
from ..sync.hub import Hub
from ..sync.hub import read_settings as check_settings
from ..sync.webhooks import end_subscriptions
from .asking import ask_settings, read_given
from .failures import explain_failure
from .output import Output, count, headline, list_facts, make_table, plain, say_time
from .session import Json, open_session
from .working import follow_steps, read_channel, show_effect

app = typer.Typer(
    no_args_is_help=True, help="Connect channels, check them, pause them, remove them."
)

Name = Annotated[str, typer.Argument(help="The channel's name.", show_default=False)]

_STATES = {
    ChannelState.ENABLED: ("enabled", "green"),
    ChannelState.PAUSED: ("paused", "yellow"),
    ChannelState.NEEDS_REAUTH: ("needs sign-in", "bold red"),
}


@app.command("add")
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="shopify, woocommerce, ...")],
    name: Annotated[
        str, typer.Option("--name", help="The channel's name; else its kind.")
    ] = "",
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A setting. VALUE may be @FILE, env:VARIABLE or - (standard input). "
            "Without any, each setting is asked for.",
        ),
    ] = None,
    buffer_units: Annotated[
        int,
        typer.Option(
            "--buffer", min=0, help="Units that it shows less than can be promised."
        ),
    ] = 0,
    on_drift: Annotated[
        DriftPolicy,
        typer.Option(
            "--on-drift",
            help="When it shows another quantity than it was given: ask a person, or "
            "write over it.",
        ),
    ] = DriftPolicy.ASK,
    catalog_source: Annotated[
        bool | None,
        typer.Option(
            "--catalog-source/--no-catalog-source",
            help="Whether its listings make SKUs and opening stock.",
            show_default="only if the hub has no SKU yet",
        ),
    ] = None,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Take in orders from then on, such as 2026-01-31 or "
            "2026-01-31T08:00:00+01:00; else from now on.",
        ),
    ] = "",
    read: Annotated[
        bool,
        typer.Option("--read/--no-read", help="Read its listings and orders at once."),
    ] = True,
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
    orders_since = _read_since(since)
    with open_session(context, output) as hub:
        values = _collect(hub, kind, given or [], output)
        new = NewChannel(
            name or _choose_name(hub, kind),
            kind,
            values,
            buffer_units=buffer_units,
            drift_policy=on_drift,
            catalog_source=catalog_source,
            orders_since=orders_since,
        )
        with output.watch(f"Trying the settings with {kind}"):
            channel, account = accounts.add_channel(hub, new)
        output.note(f"{channel.name} is connected: {account.name}.")
        _show_warnings(output, account)
        if read:
            _read_first(hub, channel, output)
        document = describe_channel(hub, channel)
        document["warnings"] = list(account.warnings)
        output.show(document, _show_channel(document))
    if not read:
        output.note("Next: crossdock run, or crossdock pull to read it now.")


def _read_since(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"--since {text} is not a date or time",
            next_step="Write it like 2026-01-31, or 2026-01-31T08:00:00+01:00.",
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _collect(
    hub: Hub, kind: str, given: list[str], output: Output
) -> Mapping[str, Any]:
    plugin = hub.find_plugin(kind)
    values = read_given(given) if given else ask_settings(plugin, output)
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


def _show_warnings(output: Output, account: Account) -> None:
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


@app.command("list")
def list_all(context: typer.Context, as_json: Json = False) -> None:
    """List the channels, whether the hub talks to them, and how far they are in step.

    Example:

        crossdock channels list
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        documents = [describe_channel(hub, one) for one in hub.load_channels()]
    table = make_table(
        "channel",
        "kind",
        "state",
        "account",
        "in step",
        "conflicts",
        numbers=("in step", "conflicts"),
    )
    for one in documents:
        table.add_row(
            Text(one["name"], "bold"),
            one["kind"],
            Text(*_STATES[ChannelState(one["state"])]),
            plain(one["account"]),
            f"{one['in_step']} of {one['published']}",
            str(one["conflicts_open"]),
        )
    output.show(documents, table if documents else "There is no channel yet.")
    for one in documents:
        if one["state"] == ChannelState.NEEDS_REAUTH:
            output.warn(f"{one['name']}: {one['state_reason']}")
    if not documents:
        output.note("Next: crossdock channels add woocommerce (or shopify)")


@app.command("check")
def check(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Prove a channel's credentials and permissions again, with the channel itself.

    A channel that waited for somebody to sign in is enabled again where they work.

    Example:

        crossdock channels check shop
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        with output.watch(f"Asking {name}"):
            account = accounts.check_channel(hub, name)
        channel = hub.load_channel(name)
    output.show(
        {
            "name": name,
            "account": account.name,
            "account_id": account.external_id,
            "currency": account.currency,
            "state": channel.state,
            "warnings": account.warnings,
        },
        headline(f"{name} works.", f"{account.name} {account.currency}".strip()),
    )
    _show_warnings(output, account)


@app.command("pause")
def pause(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Stop talking to a channel. Its orders stay; what it should show is remembered.

    Example:

        crossdock channels pause shop
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        news = accounts.pause_channel(hub, name)
    _show_state(output, name, ChannelState.PAUSED, news)


@app.command("resume")
def resume(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Talk to a channel again, and catch up with what happened meanwhile.

    Example:

        crossdock channels resume shop
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        news = accounts.resume_channel(hub, name)
        show_effect(hub, output, f"Catching up with {name}")
        state = hub.load_channel(name).state
    _show_state(output, name, state, news)


def _show_state(output: Output, name: str, state: ChannelState, news: bool) -> None:
    words = _STATES[state][0]
    output.show(
        {"name": name, "state": state, "changed": news},
        headline(f"{name}: {words}{'' if news else ', as before'}."),
    )


@app.command("remove")
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a channel with its orders, listings and conflicts.

    What its orders had claimed from stock is free again; goods that left have left.
    It is asked to stop calling this hub, if it can be reached.

    Example:

        crossdock channels remove shop
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        channel = hub.load_channel(name)
        if not yes:
            _confirm_removal(channel, output)
        ended = _end_subscriptions(hub, channel, output)
        accounts.remove_channel(hub, name)
        show_effect(hub, output, "Bringing stock in step")
    output.show(
        {"name": name, "removed": True, "subscriptions_ended": ended},
        headline(f"{name} is removed."),
    )


def _confirm_removal(channel: KnownChannel, output: Output) -> None:
    question = (
        f"Forget {channel.name} ({channel.account_name}) with its orders, listings "
        "and conflicts?"
    )
    if output.as_json:
        raise RefusedError(
            f"{channel.name} was not removed: nobody confirmed it.",
            next_step="Add --yes.",
        )
    typer.confirm(question, abort=True, err=True)


def _end_subscriptions(hub: Hub, channel: KnownChannel, output: Output) -> int | None:
    """Return how many webhook subscriptions ended; None if the channel did not say."""
    try:
        return end_subscriptions(hub, channel)
    except (ChannelError, SettingsError) as error:
        output.warn(
            f"{channel.name} was not asked to stop calling: "
            f"{explain_failure(error).message}"
        )
        return None


def describe_channel(hub: Hub, channel: KnownChannel) -> dict[str, Any]:
    """Return what may be shown of a channel: no setting, no webhook address."""
    name = channel.name
    with hub.store.reading() as connection:
        in_step, published = publications.count_in_step(connection, name)
        listed = len(listings.load_channel_listings(connection, name))
        waiting = conflicts.load_many(connection)
    return {
        "name": name,
        "kind": channel.kind,
        "state": channel.state,
        "state_reason": channel.state_reason,
        "account": channel.account_name,
        "account_id": channel.account_external_id,
        "buffer": channel.buffer_units,
        "on_drift": channel.drift_policy,
        "catalog_source": channel.catalog_source,
        "orders_since": channel.orders_since,
        "added_at": channel.added_at,
        "listings": listed,
        "published": published,
        "in_step": in_step,
        "conflicts_open": sum(one.channel == name for one in waiting),
    }


def _show_channel(one: Mapping[str, Any]) -> Any:
    conflicts_open = one["conflicts_open"]
    hint = "  crossdock conflicts list" if conflicts_open else ""
    return list_facts(
        [
            ("channel", Text(one["name"], "bold")),
            ("account", plain(one["account"])),
            ("orders since", say_time(one["orders_since"])),
            ("listings", str(one["listings"])),
            ("in step", f"{one['in_step']} of {one['published']}"),
            ("open conflicts", f"{conflicts_open}{hint}"),
        ]
    )
