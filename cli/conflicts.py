"""``crossdock conflicts``: what the hub could not decide alone, and deciding it.

Shows the facts of both sides and the proposals. What a decision does is in
``sync.resolutions``; no proposal is ever applied by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import RenderableType
from rich.text import Text

from ..canonical.conflicts import KIND_TEXTS, Action, ConflictKind, Proposal
from ..canonical.errors import SettingsError
from ..canonical.listings import Component
from ..store import conflicts
from ..store.conflicts import ConflictRow
from ..sync.decisions_mapping import Decision
from ..sync.resolve import preview_resolution, resolve_conflict, undo_resolution
from .output import (
    Output,
    count,
    headline,
    indent,
    list_facts,
    make_table,
    plain,
    say_time,
)
from .session import Actor, Json, Reason, open_session
from .working import show_effect

app = typer.Typer(
    no_args_is_help=True, help="See what waits for a person, settle it, take it back."
)

Id = Annotated[int, typer.Argument(metavar="ID", help="The conflict's number.")]


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
            str(one.id),
            str(one.kind).replace("_", " "),
            one.channel,
            str(one.occurrences),
            _say_summary(one),
        )
    nothing = "No conflict. Nothing waits for you."
    output.show([_document(one) for one in found], table if found else nothing)
    if found and not everything:
        output.note(
            f"{count(len(found), 'conflict')} open. crossdock conflicts show ID"
        )


def _say_summary(one: ConflictRow) -> Text:
    if one.status == conflicts.OPEN:
        return plain(one.summary)
    by = (one.resolution or {}).get("by", "")
    return Text.assemble((f"resolved by {by}: ", "dim"), plain(one.summary))


def _document(one: ConflictRow) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "channel": one.channel,
        "status": one.status,
        "summary": one.summary,
        "facts": one.facts,
        "proposals": one.proposals,
        "actions": KIND_TEXTS[one.kind].actions,
        "occurrences": one.occurrences,
        "opened_at": one.opened_at,
        "seen_at": one.seen_at,
        "resolved_at": one.resolved_at,
        "resolution": one.resolution,
    }


@app.command("show")
def show(context: typer.Context, id_: Id, as_json: Json = False) -> None:
    """Show a conflict: what it means, the facts of both sides, what can be done.

    Example:

        crossdock conflicts show 4711
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        one = conflicts.load(connection, id_)
    output.show(_document(one), *_render(one))


def _render(one: ConflictRow) -> Sequence[RenderableType]:
    words = KIND_TEXTS[one.kind]
    pages: list[RenderableType] = [
        headline(str(one.kind).replace("_", " "), f"{one.subject} · {one.status}"),
        plain(one.summary),
        "",
        list_facts(
            [
                ("what it means", words.meaning),
                ("until then", words.impact),
                ("opened", say_time(one.opened_at)),
                (
                    "last seen",
                    f"{say_time(one.seen_at)}, {count(one.occurrences, 'time')}",
                ),
                ("resolved", say_time(one.resolved_at)),
            ]
        ),
        "",
        headline("Facts"),
        indent(list_facts([(key, _say(value)) for key, value in one.facts.items()])),
    ]
    if one.status != conflicts.OPEN:
        facts = [(key, _say(value)) for key, value in (one.resolution or {}).items()]
        undo = f"crossdock conflicts undo {one.id} takes it back"
        return [*pages, "", headline("Resolution", undo), indent(list_facts(facts))]
    return [*pages, "", headline("What you can do"), indent(_list_choices(one))]


def _say(value: Any) -> Text:
    if isinstance(value, dict):
        return plain(", ".join(f"{key}: {part}" for key, part in value.items()))
    if isinstance(value, list):
        return plain(", ".join(str(part) for part in value))
    return plain("" if value is None else value)


def _list_choices(one: ConflictRow) -> RenderableType:
    """Return the command for each proposal, then for the other actions."""
    table = make_table("command", "why", "score", numbers=("score",))
    proposed = {proposal.action for proposal in one.proposals}
    for proposal in one.proposals:
        score = "" if proposal.score is None else str(proposal.score)
        command = _write_command(one.id, proposal)
        table.add_row(Text(command, "bold"), plain(proposal.reason), score)
    for action in KIND_TEXTS[one.kind].actions:
        if action not in proposed:
            extra = " --sku SKU" if action is Action.MAP else ""
            command = f"crossdock conflicts resolve {one.id} {action}{extra}"
            table.add_row(Text(command, "bold"), "", "")
    return table


def _write_command(id_: int, proposal: Proposal) -> str:
    command = f"crossdock conflicts resolve {id_} {proposal.action}"
    if proposal.sku:
        quoted = f"'{proposal.sku}'" if " " in proposal.sku else proposal.sku
        command += f" --sku {quoted}"
        if proposal.units != 1:
            command += f" --units {proposal.units}"
    return command


@app.command("resolve")
def resolve(
    context: typer.Context,
    id_: Id,
    action: Annotated[Action, typer.Argument(help="What to do; show lists what fits.")],
    actor: Actor,
    skus: Annotated[
        list[str] | None,
        typer.Option(
            "--sku", help="What is sold, or received. Repeat it for a bundle."
        ),
    ] = None,
    units: Annotated[
        list[int] | None,
        typer.Option(
            "--units", min=1, help="Units of each --sku, in their order; else 1 each."
        ),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Make the SKUs that the hub does not know.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would do.")
    ] = False,
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
        if dry_run:
            done = preview_resolution(hub, id_, decision)
        else:
            done = resolve_conflict(hub, id_, decision, actor=actor, reason=reason)
            show_effect(hub, output, "Letting waiting lines go on")
    document = {
        "conflict": done.conflict_id,
        "action": action,
        "summary": done.summary,
        "lines_freed": done.lines_freed,
        "dry_run": dry_run,
    }
    verb = "would be" if dry_run else "is"
    output.show(document, headline(f"Conflict {id_} {verb} resolved."), done.summary)
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
        done = undo_resolution(hub, id_, actor=actor, reason=reason)
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
