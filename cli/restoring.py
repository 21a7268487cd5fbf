"""``crossdock restore``: from a backup back to a hub that writes to its channels.

Three steps, because what a restored hub would write is yesterday's: put the backup in
place, look at the differences, let go. What happens is in ``sync.holding``; here it is
shown and confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from ..canonical.errors import RefusedError
from ..store import schema
from ..store.engine import Store
from ..store.restore import require_idle, restore_backup
from ..sync.compose import SystemClock
from ..sync.holding import (
    Review,
    begin_after_restore,
    release_channel,
    review_channels,
)
from ..sync.hub import Hub
from .output import Output, count, headline, list_facts, make_table, plain, say_time
from .session import Actor, Json, Reason, open_session, read_settings
from .working import follow_steps, read_channel, show_effect

ROWS_MAX = 40

app = typer.Typer(
    no_args_is_help=True,
    help="Put a backup in place, look at what it would change, and let it go on.",
)

Name = Annotated[
    str | None, typer.Argument(help="Only this channel.", show_default=False)
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("begin")
def begin(
    context: typer.Context,
    backup: Annotated[Path, typer.Argument(help="What crossdock backup wrote.")],
    actor: Actor,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put a backup in the database's place. Nothing is written to any channel after it.

    The database that was there is set aside (SQLite), or replaced in one transaction
    (PostgreSQL). Stop the hub before.

    Example:

        crossdock restore begin backups/crossdock-20261123-020000.sqlite3
    """
    output = Output(as_json=as_json)
    _confirm(f"Replace the hub's database by {backup}?", output, yes=yes)
    settings = read_settings(context)
    store = Store(settings.database_url)
    now = SystemClock().now()
    try:
        require_idle(store, now)
        with output.watch("Putting the backup in place"):
            aside = restore_backup(store, backup, now)
            schema.upgrade(store)
    finally:
        store.close()
    with open_session(context, output) as hub:
        held = begin_after_restore(hub, actor=actor)
    kept = str(aside) if aside else ""
    output.show(
        {"backup": str(backup), "set_aside": kept, "held": held},
        headline("The backup is in place. No channel is written to."),
        list_facts([("was there before", plain(kept or "nothing"))]),
    )
    output.note("Next: crossdock pull --all, then crossdock restore review")


@app.command("review")
def review(context: typer.Context, name: Name = None, as_json: Json = False) -> None:
    """Show what would be written to the channels that are held, listing by listing.

    Goods received, counts and decisions made after the backup are not in it: do those
    again first, and look again.

    Example:

        crossdock restore review
        crossdock restore review shop --json
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        found = review_channels(hub, name)
    output.show(
        [describe_review(one) for one in found],
        *[page for one in found for page in _render(one)]
        or ["No channel is held; every one is written to."],
    )


@app.command("finish")
def finish(
    context: typer.Context,
    actor: Actor,
    name: Name = None,
    yes: Yes = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Read the channels that are held once more, and write to them again.

    Example:

        crossdock restore finish
        crossdock restore finish shop --yes
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        if name is not None:
            hub.load_channel(name)
        names = [one.channel for one in review_channels(hub, name)]
        released = let_go(hub, names, output, yes=yes, actor=actor, reason=reason)
    output.show(
        released,
        headline(f"{count(len(released), 'channel')} written to again."),
    )


def let_go(
    hub: Hub,
    names: Sequence[str],
    output: Output,
    *,
    yes: bool,
    actor: str,
    reason: str,
) -> list[dict[str, Any]]:
    """Read channels, show what would be written, ask, and write to them again.

    Raises:
        RefusedError: one could not be read, or nobody confirmed it.
    """
    for name in names:
        _read_again(hub, name, output)
    show_effect(hub, output, "Bringing stock in step")
    found = [one for name in names for one in review_channels(hub, name)]
    changes = sum(len(one.differences) for one in found)
    if found:
        _confirm(
            f"Write to {', '.join(names)}? {count(changes, 'quantity', 'quantities')} "
            "would change.",
            output,
            yes=yes,
        )
    for one in found:
        release_channel(hub, one.channel, actor=actor, reason=reason)
    show_effect(hub, output, "Writing what differs")
    return [describe_review(one) for one in found]


def _read_again(hub: Hub, name: str, output: Output) -> None:
    channel = hub.load_channel(name)
    with output.watch(f"Reading {name}") as note, follow_steps(hub, note):
        read_channel(hub, channel, everything=True)


def _confirm(question: str, output: Output, *, yes: bool) -> None:
    if yes:
        return
    if output.as_json:
        raise RefusedError(
            "Nothing was done: nobody confirmed it.", next_step="Add --yes."
        )
    typer.confirm(question, abort=True, err=True)


def describe_review(one: Review) -> dict[str, Any]:
    """Return a review as a document."""
    return {
        "channel": one.channel,
        "reason": one.reason,
        "held_at": one.held_at,
        "unread": list(one.unread),
        "listings": one.listings,
        "zeroed": one.zeroed,
        "raised": one.raised,
        "parcels_untold": one.parcels_untold,
        "differences": [
            {
                "stock_record": each.stock_record,
                "sku": each.sku,
                "title": each.title,
                "shows": each.shows,
                "would_show": each.would_show,
                "change": each.change,
            }
            for each in one.differences
        ],
    }


def _render(one: Review) -> list[Any]:
    facts: list[tuple[str, RenderableType]] = [
        ("held since", plain(f"{say_time(one.held_at)} ({one.reason})")),
        ("still to be read", plain(", ".join(one.unread) or "nothing")),
        ("would change", plain(f"{len(one.differences)} of {one.listings}")),
        ("of these to zero", str(one.zeroed)),
        ("of these up", str(one.raised)),
        ("parcels to be told", str(one.parcels_untold)),
    ]
    table = make_table(
        "listing", "SKU", "shows", "would show", numbers=("shows", "would show")
    )
    for each in one.differences[:ROWS_MAX]:
        shows = "?" if each.shows is None else str(each.shows)
        table.add_row(
            plain(each.title or each.stock_record),
            plain(each.sku),
            shows,
            str(each.would_show),
        )
    left = len(one.differences) - ROWS_MAX
    pages = [headline(one.channel), list_facts(facts)]
    pages += [table] if one.differences else []
    return [*pages, f"... and {left} more: --json lists all."] if left > 0 else pages
