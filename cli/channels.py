"""``crossdock channels``: looking after connected accounts, letting them go.

What the commands do is in ``sync.accounts``; here it is shown and confirmed. Connecting
a new one is in ``adding``.
"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from ..canonical.errors import ChannelError, RefusedError, SettingsError
from ..canonical.remembered import ChannelState, KnownChannel
from ..sync import accounts
from ..sync.holding import hold_channel
from ..sync.hub import Hub
from ..sync.webhooks import end_subscriptions, find_callback
from .adding import add, show_warnings
from .describing import describe_channel, say_state
from .failures import explain_failure
from .output import Output, headline, make_table, plain
from .restoring import let_go
from .session import Actor, Json, Reason, open_session
from .working import show_effect

app = typer.Typer(
    no_args_is_help=True, help="Connect channels, check them, pause them, remove them."
)

Name = Annotated[str, typer.Argument(help="The channel's name.", show_default=False)]

app.command("add")(add)


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
            say_state(ChannelState(one["state"]), pushing=one["pushing"]),
            plain(one["account"]),
            f"{one['in_step']} of {one['published']}",
            str(one["conflicts_open"]),
        )
    output.show(documents, table if documents else "There is no channel yet.")
    for one in documents:
        if one["state"] == ChannelState.NEEDS_REAUTH:
            output.warn(f"{one['name']}: {one['state_reason']}")
        if not one["pushing"]:
            output.warn(f"{one['name']} is not written to: {one['pushing_reason']}.")
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
        callback_url = find_callback(hub, channel)
    output.show(
        {
            "name": name,
            "account": account.name,
            "account_id": account.external_id,
            "currency": account.currency,
            "state": channel.state,
            "callback_url": callback_url,
            "warnings": account.warnings,
        },
        headline(f"{name} works.", f"{account.name} {account.currency}".strip()),
    )
    if callback_url:
        output.note(f"It calls the hub at {callback_url}")
    show_warnings(output, account)


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


@app.command("hold")
def hold(
    context: typer.Context,
    name: Name,
    actor: Actor,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Go on reading a channel, and write nothing to it.

    What would be written is shown by `crossdock restore review`.

    Example:

        crossdock channels hold shop --reason "prices are being moved"
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        news = hold_channel(hub, name, reason or "held by a person", actor=actor)
    output.show(
        {"name": name, "pushing": False, "changed": news},
        headline(f"{name} is not written to{'' if news else ', as before'}."),
    )


@app.command("release")
def release(
    context: typer.Context,
    name: Name,
    actor: Actor,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Read a channel that is held once more, and write to it again.

    Example:

        crossdock channels release shop
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        held = not hub.load_channel(name).pushing
        names = [name] if held else []
        let_go(hub, names, output, yes=yes, actor=actor, reason=reason)
    output.show(
        {"name": name, "pushing": True, "changed": held},
        headline(f"{name} is written to{'' if held else ', as before'}."),
    )


def _show_state(output: Output, name: str, state: ChannelState, news: bool) -> None:
    words = say_state(state).plain
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
