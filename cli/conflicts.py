"""``crossdock conflicts``: what the hub could not decide alone, and deciding it.

Shows the facts of both sides and the proposals. What a decision does is in
``sync.resolutions``; no proposal is ever applied by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from pydantic import ValidationError

from ..canonical.conflicts import Action, ConflictKind
from ..canonical.errors import NotFoundError, RefusedError, SettingsError
from ..canonical.listings import Component
from ..store import conflicts
from ..store.conflicts import ConflictRow
from ..sync.decisions_mapping import Decision
from ..sync.hub import Hub
from ..sync.resolve import preview_resolution, resolve_conflict, undo_resolution
from .conflict_pages import document, render, say_summary, set_off
from .output import (
    Output,
    count,
    headline,
    make_table,
)
from .session import Actor, Json, Reason, open_session
from .working import show_effect

app = typer.Typer(
    no_args_is_help=True, help="See what waits for a person, settle it, take it back."
)

Id = Annotated[
    str, typer.Argument(metavar="ID", help="Its number, or the last digits of it.")
]


Chosen = Annotated[Action, typer.Argument(help="What to do; show lists what fits.")]
Skus = Annotated[
    list[str] | None,
    typer.Option("--sku", help="What is sold, or received. Repeat it for a bundle."),
]
Units = Annotated[
    list[int] | None,
    typer.Option(
        "--units", min=1, help="Units of each --sku, in their order; else 1 each."
    ),
]
Create = Annotated[
    bool, typer.Option("--create", help="Make the SKUs that the hub does not know.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")]

DIGITS_MIN = 3
"""Fewer digits than that are more likely a slip than a conflict's number."""


@app.command("list")
def list_all(
    context: typer.Context,
    kind: Annotated[
        ConflictKind | None, typer.Option("--kind", help="Only of this kind.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that are resolved too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what waits for a person, oldest first.

    Example:

        crossdock conflicts list
        crossdock conflicts list --kind unmapped_sku --json
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        status = None if everything else conflicts.OPEN
        found = conflicts.load_many(connection, status=status, kind=kind)
    table = make_table("id", "kind", "channel", "times", "what", numbers=("times",))
    for one in found:
        table.add_row(
            set_off(one.id),
            str(one.kind).replace("_", " "),
            one.channel,
            str(one.occurrences),
            say_summary(one),
        )
    nothing = "No conflict. Nothing waits for you."
    output.show([document(one) for one in found], table if found else nothing)
    if found and not everything:
        output.note(
            f"{count(len(found), 'conflict')} open. crossdock conflicts show ID"
        )


def find_conflict(hub: Hub, text: str) -> ConflictRow:
    """Return the conflict that a person means.

    Raises:
        NotFoundError: no number ends so.
        RefusedError: several do.
    """
    if not (text.isascii() and text.isdecimal()):
        raise SettingsError(
            f"{text} is not the number of a conflict",
            next_step="crossdock conflicts list shows the numbers.",
        )
    with hub.store.reading() as connection:
        everyone = conflicts.load_many(connection, status=None)
    exact = [one for one in everyone if str(one.id) == text]
    ending = [one for one in everyone if str(one.id).endswith(text)]
    found = exact or (ending if len(text) >= DIGITS_MIN else [])
    if not found:
        raise NotFoundError(
            f"There is no conflict {text}.",
            next_step="crossdock conflicts list shows the open ones.",
        )
    if len(found) > 1:
        raise RefusedError(
            f"{count(len(found), 'conflict')} have a number that ends in {text}.",
            next_step="Type more of its digits.",
        )
    return found[0]


@app.command("show")
def show(context: typer.Context, id_: Id, as_json: Json = False) -> None:
    """Show a conflict: what it means, the facts of both sides, what can be done.

    Example:

        crossdock conflicts show 4711
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        one = find_conflict(hub, id_)
    output.show(document(one), *render(one))


@app.command("resolve")
def resolve(
    context: typer.Context,
    id_: Id,
    action: Chosen,
    actor: Actor,
    skus: Skus = None,
    units: Units = None,
    create: Create = False,
    dry_run: DryRun = False,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Settle a conflict. Exactly the lines that waited for it go on.

    The decision is audited, and `crossdock conflicts undo` takes it back.

    Example:

        crossdock conflicts resolve 4711 map --sku TEA-GREEN --units 6
        crossdock conflicts resolve 4712 map --sku TEA-GREEN --sku MUG --dry-run
    """
    output = Output(as_json=as_json)
    decision = Decision(action, _read_parts(skus or [], units or []), create=create)
    with open_session(context, output) as hub:
        number = find_conflict(hub, id_).id
        if dry_run:
            done = preview_resolution(hub, number, decision)
        else:
            done = resolve_conflict(hub, number, decision, actor=actor, reason=reason)
            show_effect(hub, output, "Letting waiting lines go on")
    result = {
        "conflict": done.conflict_id,
        "action": action,
        "summary": done.summary,
        "lines_freed": done.lines_freed,
        "dry_run": dry_run,
    }
    verb = "would be" if dry_run else "is"
    output.show(result, headline(f"Conflict {id_} {verb} resolved."), done.summary)
    if not dry_run:
        output.note(f"crossdock conflicts undo {id_} takes it back.")


def _read_parts(skus: Sequence[str], units: Sequence[int]) -> tuple[Component, ...]:
    if units and len(units) != len(skus):
        raise SettingsError(
            f"--units was given {count(len(units), 'time')} and --sku "
            f"{count(len(skus), 'time')}",
            next_step="Give --units once for each --sku, or not at all.",
        )
    try:
        return tuple(
            Component(sku=sku.strip(), units=number)
            for sku, number in zip(skus, units or [1] * len(skus), strict=True)
        )
    except ValidationError as error:
        raise SettingsError("--sku is empty") from error


@app.command("undo")
def undo(
    context: typer.Context,
    id_: Id,
    actor: Actor,
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """Take a resolution back: its rule goes, its movement is reversed, lines wait.

    Example:

        crossdock conflicts undo 4711 --reason "the wrong tea"
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        number = find_conflict(hub, id_).id
        done = undo_resolution(hub, number, actor=actor, reason=reason)
        show_effect(hub, output, "Bringing stock in step")
    output.show(
        {
            "conflict": done.conflict_id,
            "summary": done.summary,
            "lines_parked": done.lines_freed,
        },
        headline(f"Conflict {id_} is open again."),
        done.summary,
    )
