"""``crossdock words``: what a channel's words mean, in the merchant's own terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from ..mapping.words import WordRule
from ..store import words
from ..sync.vocabulary import Reread, forget_word, preview_word, set_word
from .output import Output, count, headline, make_table, plain
from .session import Actor, Json, Reason, open_session
from .working import show_effect

app = typer.Typer(
    no_args_is_help=True,
    help="Say what a word of a channel means, where the hub does not know it.",
)

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="Whose word it is.")]
Path = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help="Where it stands, as the conflict tells it; carrier for the names of "
        "carriers that the channel is told.",
    ),
]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="The word.")]
Meaning = Annotated[
    str,
    typer.Argument(
        metavar="MEANING", help="A word that the connector knows, to be read instead."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
]


@app.command("list")
def list_all(
    context: typer.Context,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Only of this channel.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the words that have a meaning of your own.

    Example:

        crossdock words list --json
    """
    output = Output(as_json=as_json)
    with (
        open_session(context, output) as hub,
        hub.store.reading() as connection,
    ):
        rules = words.load_rules(connection, channel)
    table = make_table("channel", "path", "value", "meaning")
    for rule in rules:
        table.add_row(
            plain(rule.channel),
            plain(rule.path),
            plain(rule.value),
            plain(rule.meaning),
        )
    output.show(rules, headline(f"{count(len(rules), 'word')}."), table)


@app.command("set")
def set_one(
    context: typer.Context,
    channel: Channel,
    path: Path,
    value: Value,
    meaning: Meaning,
    actor: Actor,
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Say what a word means; the orders that carry it are read again.

    Example:

        crossdock words set web status wc-picked processing --dry-run
        crossdock words set web carrier DHL dhl_germany
    """
    output = Output(as_json=as_json)
    rule = WordRule(channel, path, value, meaning)
    with open_session(context, output) as hub:
        if dry_run:
            changed = preview_word(hub, rule)
        else:
            changed = set_word(hub, rule, actor=actor, reason=reason)
            show_effect(hub, output, "Bringing channels in step")
    _show(output, rule, changed, dry_run=dry_run)


def _show(
    output: Output, rule: WordRule, changed: list[Reread], *, dry_run: bool
) -> None:
    table = make_table("order", "before", "after")
    for one in changed:
        after = one.problem or _tell(one.after)
        table.add_row(plain(one.order_external_id), _tell(one.before), plain(after))
    verb = "would be" if dry_run else "were"
    output.show(
        {"rule": rule, "orders": changed, "dry_run": dry_run},
        headline(
            f"{rule.value} means {rule.meaning}: {count(len(changed), 'order')} "
            f"{verb} read again."
        ),
        table,
    )


def _tell(axes: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in axes.items() if text)


@app.command("forget")
def forget_one(
    context: typer.Context,
    channel: Channel,
    path: Path,
    value: Value,
    actor: Actor,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Drop the meaning of a word; orders read with it stay as they are.

    Example:

        crossdock words forget web status wc-picked
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        forget_word(hub, channel, path, value, actor=actor, reason=reason)
    output.show(
        {"channel": channel, "path": path, "value": value},
        headline(f"{value} has no meaning of yours any more."),
    )
